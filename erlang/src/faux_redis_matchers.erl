%% @private
%% @doc Which calls and connections are meant, as the native library takes it.
%%
%% A function of the test's is known to the library by a number; the process of the server keeps the function itself.
%% So what is made here comes with the functions it speaks of.
-module(faux_redis_matchers).

-export([matcher/2, client/1, is_narrowing/1]).

-export_type([kept/0]).

%% A function, by its number: what it is asked for, and the function.
-type kept() :: [{pos_integer(), answer | matches, fun((term()) -> term())}].

%% @doc The conditions of a matcher, and its functions.
-spec matcher(term(), list()) -> {[term()], kept()}.
matcher(Matcher, Options) ->
    {Conditions, Kept} = conditions(Matcher),
    lists:foldl(fun narrow/2, {Conditions, Kept}, faux_redis_ask:options(Options)).

%% @doc Which connections are meant, as the library takes it, and its functions.
-spec client(term()) -> {[term()], kept()}.
client(any) ->
    {[], []};
client(Client) ->
    {[{conn, Facts}], Kept} = narrow({conn, Client}, {[], []}),
    {Facts, Kept}.

%% @doc Whether an option narrows a matcher.
is_narrowing({Name, _}) when is_atom(Name) -> lists:member(Name, [key, conn, conn_id, conn_ids, via, 'when']) orelse is_option(Name);
is_narrowing(_) -> false.

%% Options of commands are written in capitals.
is_option(Name) ->
    Text = atom_to_list(Name),
    string:uppercase(Text) =:= Text andalso string:lowercase(Text) =/= Text.

conditions(any) ->
    {[], []};
conditions({command, Name, Args}) when is_list(Args) ->
    {Patterns, Kept} = patterns(Args),
    Named = name_of(Name),
    case Patterns of
        [] ->
            {None, NoneKept} = predicate(fun(#{args := Given}) -> Given =:= [] end, <<"no arguments">>),
            {Named ++ [{'when', None}], NoneKept};
        _ ->
            {Named ++ [{arg, Pattern} || Pattern <- Patterns], Kept}
    end;
conditions({command, Name}) ->
    {name_of(Name), []};
conditions({category, Name}) ->
    {[{category, <<"@", (without_at(faux_redis_terms:word(category, Name)))/binary>>}], []};
conditions({flag, Name}) ->
    {[{flag, faux_redis_terms:word(flag, Name)}], []};
conditions({fn, Function}) when is_function(Function, 1) ->
    {Callable, Kept} = predicate(Function, faux_redis_terms:shown(Function)),
    {[{'when', Callable}], Kept};
conditions(Function) when is_function(Function, 1) ->
    conditions({fn, Function});
conditions(Name) when is_atom(Name); is_binary(Name) ->
    {name_of(Name), []};
conditions(Other) ->
    faux_redis_error:fail(pattern, "a matcher is a command's name, any, {command, Name, Patterns}, {category, Name}, {flag, Name} or {fn, Function}, "
        "not ~ts", [Other]).

without_at(<<"@", Name/binary>>) -> Name;
without_at(Name) -> Name.

name_of(any) ->
    [];
name_of(Name) when is_atom(Name), Name =/= nil, Name =/= undefined ->
    [{name, atom_to_binary(Name)}];
name_of(Name) when is_binary(Name), Name =/= <<>> ->
    [{name, Name}];
name_of(Other) ->
    faux_redis_error:fail(pattern, "a command is its name as an atom or a binary, or any, not ~ts", [Other]).

narrow({key, Pattern}, {Conditions, Kept}) ->
    {Key, KeyKept} = pattern(Pattern),
    {Conditions ++ [{key, Key}], Kept ++ KeyKept};
narrow({Name, nil}, Matcher) when Name =:= conn; Name =:= conn_id; Name =:= conn_ids ->
    Matcher;
narrow({conn, Facts}, {Conditions, Kept}) when is_map(Facts) ->
    narrow({conn, maps:to_list(Facts)}, {Conditions, Kept});
narrow({conn, [{_, _} | _] = Facts}, {Conditions, Kept}) ->
    {Known, FactKept} = lists:unzip([fact(Fact) || Fact <- Facts]),
    {Conditions ++ [{conn, Known}], Kept ++ lists:append(FactKept)};
narrow({Name, Ids}, {Conditions, Kept}) when Name =:= conn; Name =:= conn_id; Name =:= conn_ids ->
    {Facts, Before} = faux_redis_terms:take(conn, Conditions, []),
    {Known, Others} = faux_redis_terms:take(ids, Facts, []),
    {Before ++ [{conn, [{ids, Known ++ ids(Name, Ids)} | Others]}], Kept};
narrow({via, Via}, {Conditions, Kept}) ->
    {Conditions ++ [{via, Via}], Kept};
narrow({'when', Function}, {Conditions, Kept}) when is_function(Function, 1) ->
    {Callable, CallableKept} = predicate(Function, faux_redis_terms:shown(Function)),
    {Conditions ++ [{'when', Callable}], Kept ++ CallableKept};
narrow({'when', Other}, _) ->
    faux_redis_error:fail(option, "option 'when' takes a function that gets the call, not ~ts", [Other]);
narrow({Name, Value}, {Conditions, Kept}) when is_atom(Name) ->
    is_option(Name) orelse no_option({Name, Value}),
    {Wanted, ValueKept} = option(Value),
    {Conditions ++ [{option, atom_to_binary(Name), Wanted}], Kept ++ ValueKept};
narrow(Other, _) ->
    no_option(Other).

-spec no_option(term()) -> no_return().
no_option(Option) ->
    faux_redis_error:fail(option, "~ts is no option here; there are key, conn, conn_id, conn_ids, via and when, and in capitals those of "
        "the command", [Option]).

option(Given) when is_boolean(Given) -> {Given, []};
option(Values) when is_list(Values) -> patterns(Values);
option(Value) -> pattern(Value).

fact({id, Id}) ->
    {{ids, ids(conn, Id)}, []};
fact({Name, Value}) when Name =:= name; Name =:= user; Name =:= library; Name =:= address ->
    {Pattern, Kept} = pattern(Value),
    {{Name, Pattern}, Kept};
fact(Other) ->
    {Other, []}.

ids(_, Id) when is_integer(Id), Id >= 0 ->
    [Id];
ids(Name, Ids) ->
    case is_list(Ids) andalso lists:all(fun(Id) -> is_integer(Id) andalso Id >= 0 end, Ids) of
        true -> Ids;
        false -> faux_redis_error:fail(option, "option '~ts' takes a connection's id or a list of ids, not ~ts", [{text, Name}, Ids])
    end.

patterns(Patterns) ->
    {Made, Kept} = lists:unzip([pattern(Pattern) || Pattern <- Patterns]),
    {Made, lists:append(Kept)}.

pattern(Exact) when is_binary(Exact) ->
    {Exact, []};
pattern(Exact) when is_integer(Exact) ->
    {integer_to_binary(Exact), []};
pattern(Exact) when is_float(Exact) ->
    {float_to_binary(Exact, [short]), []};
pattern('_') ->
    {any, []};
pattern(Word) when Word =:= any; Word =:= rest; Word =:= absent ->
    {Word, []};
pattern({Word, Number}) when Word =:= gt; Word =:= ge; Word =:= lt; Word =:= le ->
    {{Word, Number}, []};
pattern({between, Least, Most}) ->
    {{between, Least, Most}, []};
pattern({json, Path, Value}) ->
    case is_tuple(Value) orelse is_function(Value) orelse Value =:= any orelse is_regex(Value) of
        true ->
            {Pattern, Kept} = pattern(Value),
            {{json, faux_redis_terms:text(pattern, Path), Pattern}, Kept};
        false ->
            {{json_value, faux_redis_terms:text(pattern, Path), Value}, []}
    end;
pattern({Both, One, Other}) when Both =:= 'and'; Both =:= 'or' ->
    {Patterns, Kept} = patterns([One, Other]),
    {list_to_tuple([case Both of 'and' -> all; 'or' -> either end | Patterns]), Kept};
pattern({'not', Pattern}) ->
    {Made, Kept} = pattern(Pattern),
    {{'not', Made}, Kept};
pattern({glob, Glob}) ->
    {{glob, faux_redis_terms:text(pattern, Glob)}, []};
pattern(#{'__struct__' := 'Elixir.Regex'} = Regex) ->
    predicate(fun(Arg) -> matches_regex(Regex, Arg) end, 'Elixir.Kernel':inspect(Regex));
pattern({re, Expression}) ->
    pattern({re, Expression, []});
pattern({re, Expression, Options}) ->
    case catch re:compile(Expression, Options) of
        {ok, Compiled} ->
            predicate(fun(Arg) -> runs(Arg, Compiled) end, faux_redis_error:message("re(~ts)", [Expression]));
        Wrong ->
            faux_redis_error:fail(pattern, "~ts is no regular expression: ~ts", [Expression, Wrong])
    end;
pattern(Function) when is_function(Function, 1) ->
    predicate(Function, faux_redis_terms:shown(Function));
pattern({fn, Function}) when is_function(Function, 1) ->
    predicate(Function, faux_redis_terms:shown(Function));
pattern(Other) ->
    faux_redis_error:fail(pattern, "a pattern is a binary, a number, any, rest, absent, {glob, Pattern}, {gt, Number} and its like, "
        "{json, Path, Value}, {'and', P, P}, {'or', P, P}, {'not', P}, a regular expression or a function of one argument, "
        "not ~ts", [Other]).

is_regex(#{'__struct__' := 'Elixir.Regex'}) -> true;
is_regex(_) -> false.

%% An expression for UTF-8 matches no other bytes.
matches_regex(Regex, Arg) ->
    try
        'Elixir.Regex':'match?'(Regex, Arg)
    catch
        error:_ -> false
    end.

runs(Arg, Compiled) ->
    try
        re:run(Arg, Compiled, [{capture, none}]) =:= match
    catch
        error:badarg -> false
    end.

predicate(Function, Name) ->
    Number = erlang:unique_integer([positive]),
    {{callable, Number, Name}, [{Number, matches, Function}]}.
