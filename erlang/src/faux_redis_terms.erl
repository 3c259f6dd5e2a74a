%% @private
%% @doc What a test says, as the native library takes it: matchers, answers, and what a rule is told besides.
%%
%% A function of the test's is known to the library by a number; the process of the server keeps the function itself.
%% So what is made here comes with the functions it speaks of.
-module(faux_redis_terms).

-export([named/1, word/2, matcher/2, client/1, effects/1, rule/3, replacement/1, actions/2, fault/1, times_of/2, banner/3]).

-export_type([kept/0]).

%% A function, by its number: what it is asked for, and the function.
-type kept() :: [{pos_integer(), answer | matches, fun((term()) -> term())}].

%% @doc The conditions of a matcher, and its functions.
-spec matcher(term(), list()) -> {[term()], kept()}.
matcher(Matcher, Options) ->
    {Conditions, Kept} = conditions(Matcher),
    lists:foldl(fun narrow/2, {Conditions, Kept}, faux_redis_ask:options(Options)).

%% @doc The conditions of a rule, what it is told, and its functions. `Answer' is `{answer, Term}' or `none'.
-spec rule(term(), {answer, term()} | none, list()) -> {[term()], [term()], kept()}.
rule(Matcher, Answer, Options) ->
    {Narrowing, Rest} = lists:partition(fun is_narrowing/1, Options),
    {Conditions, Kept} = matcher(Matcher, Narrowing),
    {Then, Telling} = take(then, Rest, last),
    {Answering, AnswerKept} = answering(Answer, Then),
    {Conditions, Answering ++ lists:append([edit(Option) || Option <- Telling]), Kept ++ AnswerKept}.

%% @doc What a rule is told to answer from now on, and the functions of it.
-spec replacement(term()) -> {term(), kept()}.
replacement([_ | _] = Sequence) ->
    {[Told], Kept} = answering({answer, Sequence}, last),
    {Told, Kept};
replacement(Answer) ->
    {Actions, Kept} = steps(Answer, fun callback/1),
    {{replace, Actions}, Kept}.

%% @doc The actions of an answer a callback has given. A function in it answers in its place, here and now.
-spec actions(term(), term()) -> [term()].
actions(Answer, Call) ->
    {Actions, []} = steps(Answer, fun(Function) -> {actions(Function(Call), Call), []} end),
    Actions.

%% @doc The actions of a fault. It is made of words: a function would have to know the server that it spoils.
-spec fault(term()) -> [term()].
fault(Fault) ->
    Refuse = fun(Function) -> faux_redis_error:fail(answer, "a fault is an answer or an action, not ~ts", [Function]) end,
    {Actions, []} = steps(Fault, Refuse),
    Actions.

%% Matchers.

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
    {[{category, <<"@", (without_at(word(category, Name)))/binary>>}], []};
conditions({flag, Name}) ->
    {[{flag, word(flag, Name)}], []};
conditions({fn, Function}) when is_function(Function, 1) ->
    {Callable, Kept} = predicate(Function, shown(Function)),
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

is_narrowing({Name, _}) when is_atom(Name) -> lists:member(Name, [key, conn, conn_id, conn_ids, via, 'when']) orelse is_option(Name);
is_narrowing(_) -> false.

%% Options of commands are written in capitals.
is_option(Name) ->
    Text = atom_to_list(Name),
    string:uppercase(Text) =:= Text andalso string:lowercase(Text) =/= Text.

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
    {Facts, Before} = take(conn, Conditions, []),
    {Known, Others} = take(ids, Facts, []),
    {Before ++ [{conn, [{ids, Known ++ ids(Name, Ids)} | Others]}], Kept};
narrow({via, Via}, {Conditions, Kept}) ->
    {Conditions ++ [{via, Via}], Kept};
narrow({'when', Function}, {Conditions, Kept}) when is_function(Function, 1) ->
    {Callable, CallableKept} = predicate(Function, shown(Function)),
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

%% @doc The effects of a link, in their order. A direction concerns those that follow it.
-spec effects(list()) -> [tuple()].
effects(Options) when is_list(Options) ->
    {Effects, _} = lists:mapfoldl(fun effect/2, nil, faux_redis_ask:without([name], Options)),
    lists:append(Effects);
effects(Other) ->
    faux_redis_error:fail(option, "the effects of a link are a list such as [{latency, 20}, {slice, 1}], not ~ts", [Other]).

effect({direction, Way}, _) when Way =:= down; Way =:= up; Way =:= both -> {[], Way};
effect({latency, {Ms, Jitter}}, Way) -> {[{latency, Ms, Jitter, Way}], Way};
effect({latency, Ms}, Way) -> {[{latency, Ms, 0, Way}], Way};
effect({slice, {Size, Gap}}, Way) -> {[{slice, Size, Gap, Way}], Way};
effect({slice, Size}, Way) -> {[{slice, Size, 0, Way}], Way};
effect({limit, {Bytes, Then}}, Way) -> {[{limit, Bytes, Then, Way}], Way};
effect({limit, Bytes}, Way) -> {[{limit, Bytes, close, Way}], Way};
effect({blackhole, true}, Way) -> {[{blackhole, Way}], Way};
effect({reset, true}, Way) -> {[{reset, 0, Way}], Way};
effect({reset, {bytes, Bytes}}, Way) -> {[{reset_after_bytes, Bytes, Way}], Way};
effect({Name, Value}, Way) when Name =:= p; Name =:= bandwidth; Name =:= slow_close; Name =:= corrupt; Name =:= blackhole;
        Name =:= reset ->
    {[{Name, Value, Way}], Way};
effect(Other, _) ->
    faux_redis_error:fail(option, "~ts is no effect of a link; there are latency, bandwidth, slow_close, slice, limit, corrupt, blackhole and "
        "reset, and besides p, direction and name", [Other]).

%% @doc Which connections are meant, as the library takes it, and its functions.
-spec client(term()) -> {[term()], kept()}.
client(any) ->
    {[], []};
client(Client) ->
    {[{conn, Facts}], Kept} = narrow({conn, Client}, {[], []}),
    {Facts, Kept}.

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
            {{json, text(pattern, Path), Pattern}, Kept};
        false ->
            {{json_value, text(pattern, Path), Value}, []}
    end;
pattern({Both, One, Other}) when Both =:= 'and'; Both =:= 'or' ->
    {Patterns, Kept} = patterns([One, Other]),
    {list_to_tuple([case Both of 'and' -> all; 'or' -> either end | Patterns]), Kept};
pattern({'not', Pattern}) ->
    {Made, Kept} = pattern(Pattern),
    {{'not', Made}, Kept};
pattern({glob, Glob}) ->
    {{glob, text(pattern, Glob)}, []};
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
    predicate(Function, shown(Function));
pattern({fn, Function}) when is_function(Function, 1) ->
    predicate(Function, shown(Function));
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

%% Answers.

answering(none, last) ->
    {[], []};
answering(none, _) ->
    faux_redis_error:fail(option, "option 'then' says what comes after an answer, and there is none", []);
answering({answer, [_ | _] = Sequence}, Then) ->
    is_list(catch lists:reverse(Sequence)) orelse
        faux_redis_error:fail(answer, "a sequence is a list, not ~ts", [Sequence]),
    {Answers, Kept} = lists:unzip([steps(Answer, fun callback/1) || Answer <- Sequence]),
    {[{replies, Answers, Then}], lists:append(Kept)};
answering({answer, Answer}, last) ->
    {Actions, Kept} = steps(Answer, fun callback/1),
    {[{then, Actions}], Kept};
answering({answer, Answer}, Then) ->
    answering({answer, [Answer]}, Then).

callback(Function) ->
    Number = erlang:unique_integer([positive]),
    {[{callable, Number, shown(Function)}], [{Number, answer, Function}]}.

%% The actions of an answer; `OnFunction' says what stands for a function.
steps({delay, Ms, Answer}, OnFunction) ->
    before([{delay, Ms}], Answer, OnFunction);
steps({delay, Ms}, _) ->
    {[{delay, Ms}], []};
steps(Word, _) when Word =:= timeout; Word =:= no_reply ->
    {[no_reply], []};
steps(Word, _) when Word =:= close; Word =:= reset; Word =:= execute; Word =:= drop_reply; Word =:= hang;
        Word =:= duplicate; Word =:= reorder; Word =:= wrong_type ->
    {[Word], []};
steps({Ending, Answer}, OnFunction) when Ending =:= close; Ending =:= reset ->
    {Actions, Kept} = steps(Answer, OnFunction),
    {Actions ++ [Ending], Kept};
steps({Word, Length}, _) when is_integer(Length), Length >= 0, (Word =:= truncate orelse Word =:= garbage) ->
    {[{Word, Length}], []};
steps({template, Text}, _) ->
    {[{template, text(answer, Text)}], []};
steps({protocol_error, Bytes}, _) ->
    {[{reply, {raw, text(answer, Bytes)}}], []};
steps({raw, Bytes}, _) ->
    {[{reply, {raw, text(answer, Bytes)}}], []};
steps({partial, Chunks}, OnFunction) ->
    steps({partial, Chunks, 0}, OnFunction);
steps({partial, Chunks, Gap}, _) when is_list(Chunks) ->
    {[{partial, [chunk(Chunk) || Chunk <- Chunks], Gap}], []};
steps({do, Steps}, OnFunction) when is_list(Steps) ->
    {Actions, Kept} = lists:unzip([steps(Step, OnFunction) || Step <- Steps]),
    {lists:append(Actions), lists:append(Kept)};
steps({'fun', Function}, OnFunction) when is_function(Function, 1) ->
    OnFunction(Function);
steps(Function, OnFunction) when is_function(Function, 1) ->
    OnFunction(Function);
steps(Function, _) when is_function(Function) ->
    faux_redis_error:fail(answer, "a callback takes one argument, the call; this one does not: ~ts", [Function]);
steps({error, Line}, _) when is_list(Line) ->
    {[{reply, {error, text(answer, Line)}}], []};
steps(Value, _) ->
    {[{reply, Value}], []}.

before(First, Answer, OnFunction) ->
    {Actions, Kept} = steps(Answer, OnFunction),
    {First ++ Actions, Kept}.

chunk(Length) when is_integer(Length) -> Length;
chunk(Bytes) -> text(answer, Bytes).

%% What a rule is told besides.

edit({Name, infinity}) when Name =:= max_calls; Name =:= times -> [];
edit({Name, nil}) when Name =:= max_calls; Name =:= times -> [];
edit({Name, N}) when Name =:= max_calls; Name =:= times -> [times_of(Name, N)];
edit({Name, N}) when Name =:= nth, is_integer(N), N > 0 -> [{nth, N}];
edit({'after', N}) when is_integer(N), N >= 0 -> [{'after', N}];
edit({priority, N}) when is_integer(N) -> [{priority, N}];
edit({p, P}) when is_number(P), P >= 0, P =< 1 -> [{p, float(P)}];
edit({scenario, [{_, _} | _] = Part}) ->
    Word = fun(Key) -> case proplists:get_value(Key, Part, nil) of nil -> nil; Text -> named(Text) end end,
    is_binary(Word(name)) orelse faux_redis_error:fail(option, "option 'scenario' takes its name, as in [{name, Text}, {'when', State}, "
        "{to, State}], not ~ts", [Part]),
    [{scenario, Word(name), Word('when'), Word(to)}];
edit({p, Other}) -> faux_redis_error:fail(option, "option 'p' takes a probability from 0 to 1, not ~ts", [Other]);
edit({scenario, Other}) ->
    faux_redis_error:fail(option, "option 'scenario' takes [{name, Text}, {'when', State}, {to, State}], not ~ts", [Other]);
edit({optional, true}) -> [optional];
edit({optional, false}) -> [];
edit({Name, Text}) when Name =:= name; Name =:= named -> [{named, named(Text)}];
edit({nth, Other}) -> faux_redis_error:fail(option, "option 'nth' takes an integer of 1 or more, not ~ts", [Other]);
edit({'after', Other}) -> faux_redis_error:fail(option, "option 'after' takes an integer of 0 or more, not ~ts", [Other]);
edit({priority, Other}) -> faux_redis_error:fail(option, "option 'priority' takes an integer, not ~ts", [Other]);
edit({optional, Other}) -> faux_redis_error:fail(option, "option 'optional' takes true or false, not ~ts", [Other]);
edit(Other) ->
    faux_redis_error:fail(option, "~ts is no option of a rule; there are key, conn, conn_id, conn_ids, via, when, times, max_calls, "
        "nth, after, p, priority, scenario, optional, name and then, and in capitals those of the command", [Other]).

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

%% @doc How often at least and at most.
times_of(_, N) when is_integer(N), N >= 0 -> {times, N, N};
times_of(_, {at_least, N}) when is_integer(N), N >= 0 -> {times, N, infinity};
times_of(_, {at_most, N}) when is_integer(N), N >= 0 -> {times, 0, N};
times_of(_, {Least, Most}) when is_integer(Least), is_integer(Most), 0 =< Least, Least =< Most -> {times, Least, Most};
times_of(_, #{'__struct__' := 'Elixir.Range', first := First, last := Last}) when 0 =< First, First =< Last ->
    {times, First, Last};
times_of(Name, Other) ->
    faux_redis_error:fail(option, "option '~ts' takes a whole number, a range, {at_least, N} or {at_most, N}, not ~ts", [{text, Name}, Other]).

%% Texts.

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

shown(Function) ->
    {module, Module} = erlang:fun_info(Function, module),
    case {erlang:fun_info(Function, type), erlang:fun_info(Function, name)} of
        {{type, external}, {name, Name}} -> faux_redis_error:message("fun ~ts:~ts/1", [{text, Module}, {text, Name}]);
        _ -> faux_redis_error:message("a function of ~ts", [{text, readable(atom_to_list(Module))}])
    end.

readable("Elixir." ++ Module) -> Module;
readable(Module) -> Module.

take(Name, List, Default) ->
    case lists:keytake(Name, 1, List) of
        {value, {Name, Value}, Rest} -> {Value, Rest};
        false -> {Default, List}
    end.

%% What a function raised.

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
