%% @private
%% @doc Stubs and expectations: how a rule is made, and made to answer otherwise.
-module(faux_redis_rules).

-export([by_options/3, add/5, replace/3, info/1, times_of/2]).

by_options(Server, Kind, Options) ->
    faux_redis_ask:said(fun() -> of_options(Server, Kind, Options) end).

of_options(_, Kind, Other) when not is_list(Other) ->
    faux_redis_error:fail(option, "~ts takes a matcher and an answer, or a list of options with 'matcher' and 'respond', not ~ts",
        [{text, Kind}, Other]);
of_options(Server, Kind, Options) ->
    Rest = faux_redis_ask:without([matcher, respond], Options),
    Has = fun(Name) -> lists:keyfind(Name, 1, Options) end,
    case {Has(matcher), Has(respond)} of
        {{matcher, Matcher}, {respond, Answer}} -> add(Server, Kind, Matcher, {answer, Answer}, Rest);
        {{matcher, Matcher}, false} when Kind =:= expect -> add(Server, Kind, Matcher, none, Rest);
        {false, _} -> faux_redis_error:fail(option, "the option 'matcher' is missing", []);
        {_, false} -> faux_redis_error:fail(option, "the option 'respond' is missing", [])
    end.

add(Server, Kind, Matcher, Answer, Options) ->
    faux_redis_ask:said(fun() ->
        {Conditions, Edits, Kept} = rule(Matcher, Answer, faux_redis_ask:without([], Options)),
        faux_redis_ask:called(Server, {rule, Kind, Conditions, faux_redis_ask:place_of_caller(), Edits, Kept})
    end).

replace(Server, Rule, Answer) ->
    faux_redis_ask:said(fun() ->
        {Edit, Kept} = faux_redis_answers:replacement(Answer),
        _ = faux_redis_ask:called(Server, {keep, Kept}),
        faux_redis_ask:of_handle("a stub or an expectation", Rule, fun(_) -> faux_redis_nif:edit(Rule, [Edit]) end)
    end).

info(Rule) ->
    faux_redis_ask:said(fun() ->
        faux_redis_ask:of_handle("a stub or an expectation", Rule, fun faux_redis_nif:rule_info/1)
    end).

%% The conditions of a rule, what it is told, and its functions. `Answer' is `{answer, Term}' or `none'.
-spec rule(term(), {answer, term()} | none, list()) -> {[term()], [term()], faux_redis_matchers:kept()}.
rule(Matcher, Answer, Options) ->
    {Narrowing, Rest} = lists:partition(fun faux_redis_matchers:is_narrowing/1, Options),
    {Conditions, Kept} = faux_redis_matchers:matcher(Matcher, Narrowing),
    {Then, Telling} = faux_redis_terms:take(then, Rest, last),
    {Answering, AnswerKept} = faux_redis_answers:answering(Answer, Then),
    {Conditions, Answering ++ lists:append([edit(Option) || Option <- Telling]), Kept ++ AnswerKept}.

%% What a rule is told besides.

edit({Name, infinity}) when Name =:= max_calls; Name =:= times -> [];
edit({Name, nil}) when Name =:= max_calls; Name =:= times -> [];
edit({Name, N}) when Name =:= max_calls; Name =:= times -> [times_of(Name, N)];
edit({Name, N}) when Name =:= nth, is_integer(N), N > 0 -> [{nth, N}];
edit({'after', N}) when is_integer(N), N >= 0 -> [{'after', N}];
edit({priority, N}) when is_integer(N) -> [{priority, N}];
edit({p, P}) when is_number(P), P >= 0, P =< 1 -> [{p, float(P)}];
edit({scenario, [{_, _} | _] = Part}) ->
    Word = fun(Key) -> case proplists:get_value(Key, Part, nil) of nil -> nil; Text -> faux_redis_terms:named(Text) end end,
    [faux_redis_error:fail(option, "~ts is no part of the option 'scenario'; there are name, when and to", [Other])
        || Other <- faux_redis_ask:without([name, 'when', to], Part)],
    is_binary(Word(name)) orelse faux_redis_error:fail(option, "option 'scenario' takes its name, as in [{name, Text}, {'when', State}, "
        "{to, State}], not ~ts", [Part]),
    [{scenario, Word(name), Word('when'), Word(to)}];
edit({p, Other}) -> faux_redis_error:fail(option, "option 'p' takes a probability from 0 to 1, not ~ts", [Other]);
edit({scenario, Other}) ->
    faux_redis_error:fail(option, "option 'scenario' takes [{name, Text}, {'when', State}, {to, State}], not ~ts", [Other]);
edit({optional, true}) -> [optional];
edit({optional, false}) -> [];
edit({Name, Text}) when Name =:= name; Name =:= named -> [{named, faux_redis_terms:named(Text)}];
edit({nth, Other}) -> faux_redis_error:fail(option, "option 'nth' takes an integer of 1 or more, not ~ts", [Other]);
edit({'after', Other}) -> faux_redis_error:fail(option, "option 'after' takes an integer of 0 or more, not ~ts", [Other]);
edit({priority, Other}) -> faux_redis_error:fail(option, "option 'priority' takes an integer, not ~ts", [Other]);
edit({optional, Other}) -> faux_redis_error:fail(option, "option 'optional' takes true or false, not ~ts", [Other]);
edit(Other) ->
    faux_redis_error:fail(option, "~ts is no option of a rule; there are key, conn, conn_id, conn_ids, via, when, times, max_calls, "
        "nth, after, p, priority, scenario, optional, name and then, and in capitals those of the command", [Other]).

%% @doc How often at least and at most.
times_of(_, N) when is_integer(N), N >= 0 -> {times, N, N};
times_of(_, {at_least, N}) when is_integer(N), N >= 0 -> {times, N, infinity};
times_of(_, {at_most, N}) when is_integer(N), N >= 0 -> {times, 0, N};
times_of(_, {Least, Most}) when is_integer(Least), is_integer(Most), 0 =< Least, Least =< Most -> {times, Least, Most};
times_of(_, #{'__struct__' := 'Elixir.Range', first := First, last := Last}) when 0 =< First, First =< Last ->
    {times, First, Last};
times_of(Name, Other) ->
    faux_redis_error:fail(option, "option '~ts' takes a whole number, a range, {at_least, N} or {at_most, N}, not ~ts", [{text, Name}, Other]).
