%% @private
%% @doc Stubs and expectations: how a rule is made, and made to answer otherwise.
-module(faux_redis_rules).

-export([by_options/3, add/5, replace/3]).

by_options(Server, Kind, Options) ->
    Has = fun(Name) -> lists:keyfind(Name, 1, Options) end,
    Rest = [Option || Option <- Options, not lists:member(element(1, Option), [matcher, respond])],
    case {Has(matcher), Has(respond)} of
        {{matcher, Matcher}, {respond, Answer}} -> add(Server, Kind, Matcher, {answer, Answer}, Rest);
        {{matcher, Matcher}, false} when Kind =:= expect -> add(Server, Kind, Matcher, none, Rest);
        {false, _} -> {error, {option, <<"the option 'matcher' is missing">>}};
        {_, false} -> {error, {option, <<"the option 'respond' is missing">>}}
    end.

add(Server, Kind, Matcher, Answer, Options) ->
    faux_redis_ask:said(fun() ->
        {Conditions, Edits, Kept} = faux_redis_terms:rule(Matcher, Answer, proplists:unfold(Options)),
        gen_server:call(Server, {rule, Kind, Conditions, faux_redis_ask:place_of_caller(), Edits, Kept}, infinity)
    end).

replace(Server, Rule, Answer) ->
    faux_redis_ask:said(fun() ->
        {Edit, Kept} = faux_redis_terms:replacement(Answer),
        _ = gen_server:call(Server, {keep, Kept}, infinity),
        faux_redis_nif:edit(Rule, [Edit])
    end).
