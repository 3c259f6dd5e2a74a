%% @private
%% @doc The options of a server, as the native library takes them.
-module(faux_redis_options).

-export([start/2]).

-define(CALLBACK_TIMEOUT, 5000).
%% As good as no limit, and a number the library can count with.
-define(FOREVER, 1000 * 60 * 60 * 24 * 365).

%% @doc The name to register, the library's options, and what the library is told of its host.
-spec start(list(), elixir | erlang) -> {term(), [{atom(), term()}], {pos_integer(), [atom()]}}.
start(Options, Language) when is_list(Options) ->
    Compat = compat(proplists:get_value(compat, Options, application:get_env(faux_redis, compat, none))),
    Limit = limit(proplists:get_value(callback_timeout, Options, ?CALLBACK_TIMEOUT)),
    Ours = [name, compat, callback_timeout, 'require_auth?', require_auth],
    Others = [Option || Option <- proplists:unfold(Options), not lists:member(element(1, Option), Ours)],
    Password = password(Options, Others),
    Taken = lists:append([option(Option) || Option <- Password]),
    {proplists:get_value(name, Options), Taken ++ quirks(Compat), {Limit, style(Language, Compat)}};
start(Options, _) ->
    fail("options are a list, not ~0tp", [Options]).

option({_, Absent}) when Absent =:= nil; Absent =:= undefined -> [];
option({ip, Ip}) when is_tuple(Ip) ->
    case inet:ntoa(Ip) of
        {error, _} -> fail("option 'ip' takes an IP address such as {127,0,0,1}, not ~0tp", [Ip]);
        Text -> [{ip, list_to_binary(Text)}]
    end;
option({clock, #{'__struct__' := 'Elixir.DateTime'} = Time}) ->
    [{clock, 'Elixir.DateTime':to_unix(Time, microsecond) / 1.0e6}];
option({lint, Smells}) when is_list(Smells) -> [{lint, [text(Smell) || Smell <- Smells]}];
option({data, Data}) when is_map(Data) -> [{data, Data}];
option({clock, Clock}) when is_number(Clock) -> [{clock, Clock}];
option({config, Settings}) when is_map(Settings) -> option({config, maps:to_list(Settings)});
option({config, Settings}) when is_list(Settings) ->
    [{config, [{text(Name), setting(Value)} || {Name, Value} <- Settings]}];
option({Name, Value}) when is_boolean(Value); is_number(Value) -> [{Name, Value}];
option({Name, Value}) when is_atom(Value); is_list(Value); is_binary(Value) -> [{Name, text(Value)}];
option({Name, Value}) -> [{Name, Value}].

%% Version 1 asked for a password only where `require_auth?' said so.
password(Options, Others) ->
    Required = proplists:get_value('require_auth?', Options, proplists:get_value(require_auth, Options)),
    case {Required, lists:keymember(password, 1, Others)} of
        {true, false} -> fail("option 'require_auth?' needs the option 'password'", []);
        {false, _} -> lists:keydelete(password, 1, Others);
        {Word, _} when Word =:= true; Word =:= undefined; Word =:= nil -> Others;
        {Other, _} -> fail("option 'require_auth?' takes true or false, not ~0tp", [Other])
    end.

compat(None) when None =:= none; None =:= nil; None =:= undefined -> none;
compat(v1) -> v1;
compat(Other) -> fail("option 'compat' takes v1, not ~0tp", [Other]).

limit(infinity) -> ?FOREVER;
limit(Ms) when is_integer(Ms), Ms > 0 -> Ms;
limit(Other) -> fail("option 'callback_timeout' takes milliseconds, 1 or more, or infinity, not ~0tp", [Other]).

style(Language, Compat) ->
    ['__struct__' || Language =:= elixir] ++ [args || Compat =:= v1].

quirks(v1) -> [{membership_as_text, true}];
quirks(none) -> [].

setting(true) -> <<"yes">>;
setting(false) -> <<"no">>;
setting(Number) when is_integer(Number) -> integer_to_binary(Number);
setting(Value) -> text(Value).

text(Text) when is_atom(Text) -> atom_to_binary(Text);
text(Text) when is_binary(Text) -> Text;
text(Text) ->
    case catch unicode:characters_to_binary(Text) of
        Binary when is_binary(Binary) -> Binary;
        _ -> fail("a text is a binary or a string, not ~0tp", [Text])
    end.

-spec fail(string(), [term()]) -> no_return().
fail(Format, Values) ->
    throw({faux_redis, {option, unicode:characters_to_binary(io_lib:format(Format, Values))}}).
