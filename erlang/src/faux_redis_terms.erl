%% @private
%% @doc Texts, names and functions, as tests say them and messages show them.
-module(faux_redis_terms).

-export([named/1, word/2, text/2, shown/1, take/3, banner/3]).

%% @doc A name is a text or an atom.
named(Name) -> word(name, Name).

%% @doc A word that an option of this name takes: an atom, or a text.
word(_, Word) when is_atom(Word) -> atom_to_binary(Word);
word(_, Word) when is_binary(Word) -> Word;
word(Option, Word) ->
    case is_list(Word) andalso catch unicode:characters_to_binary(Word) of
        Text when is_binary(Text) -> Text;
        _ -> faux_redis_error:fail(option, "option '~ts' takes a text or an atom, not ~ts", [{text, Option}, Word])
    end.

%% @doc Bytes, as a binary or iodata.
text(Kind, Text) ->
    try
        iolist_to_binary(Text)
    catch
        error:badarg ->
            case is_list(Text) andalso unicode:characters_to_binary(Text) of
                Binary when is_binary(Binary) -> Binary;
                _ -> faux_redis_error:fail(Kind, "bytes are a binary or iodata, not ~ts", [Text])
            end
    end.

%% @doc A function as messages show it.
shown(Function) ->
    {module, Module} = erlang:fun_info(Function, module),
    case {erlang:fun_info(Function, type), erlang:fun_info(Function, name)} of
        {{type, external}, {name, Name}} -> faux_redis_error:message("fun ~ts:~ts/1", [{text, Module}, {text, Name}]);
        _ -> faux_redis_error:message("a function of ~ts", [{text, readable(atom_to_list(Module))}])
    end.

readable("Elixir." ++ Module) -> Module;
readable(Module) -> Module.

%% @doc A value by its name, and the pairs but for its.
take(Name, List, Default) ->
    case lists:keytake(Name, 1, List) of
        {value, {Name, Value}, Rest} -> {Value, Rest};
        false -> {Default, List}
    end.

%% @doc What was raised, in one line.
-spec banner(error | exit | throw, term(), list()) -> binary().
banner(error, #{'__exception__' := true, '__struct__' := Module} = Exception, _) ->
    Message = 'Elixir.Exception':message(Exception),
    iolist_to_binary([readable(atom_to_list(Module)), ": ", Message]);
banner(error, Reason, Stack) ->
    case code:ensure_loaded('Elixir.Exception') of
        {module, Module} -> banner(error, Module:normalize(error, Reason, Stack), Stack);
        _ -> faux_redis_error:message("error: ~ts", [Reason])
    end;
banner(Class, Reason, _) ->
    faux_redis_error:message("~ts: ~ts", [{text, Class}, Reason]).
