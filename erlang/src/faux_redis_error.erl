%% @private
%% @doc How something is told that was said wrongly: in words of whose language it was said.
-module(faux_redis_error).

-export([fail/3, message/2]).

%% @doc Gives up, with an error of this kind. The message says what is accepted, and shows the values for its `~ts'.
-spec fail(atom(), string(), [term()]) -> no_return().
fail(Kind, Format, Values) -> throw({faux_redis, {Kind, message(Format, Values)}}).

%% @doc A text with values in it: terms, or `{text, Text}' for what stands there as it is.
-spec message(string(), [term()]) -> binary().
message(Format, Values) ->
    Spelt = faux_redis_nif:forms(unicode:characters_to_binary(Format)),
    unicode:characters_to_binary(io_lib:format(Spelt, [shown(Value) || Value <- Values])).

shown({text, Text}) when is_atom(Text) -> atom_to_binary(Text);
shown({text, Text}) -> Text;
shown(Term) -> faux_redis_nif:shown(Term).
