%% @private
%% @doc Stubs and expectations: how a rule is made, and made to answer otherwise.
-module(faux_redis_rules).

-export([by_options/3, add/5, replace/3, info/1]).

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
        {Conditions, Edits, Kept} = faux_redis_terms:rule(Matcher, Answer, faux_redis_ask:without([], Options)),
        faux_redis_ask:called(Server, {rule, Kind, Conditions, faux_redis_ask:place_of_caller(), Edits, Kept})
    end).

replace(Server, Rule, Answer) ->
    faux_redis_ask:said(fun() ->
        {Edit, Kept} = faux_redis_terms:replacement(Answer),
        _ = faux_redis_ask:called(Server, {keep, Kept}),
        faux_redis_ask:of_handle("a stub or an expectation", Rule, fun(_) -> faux_redis_nif:edit(Rule, [Edit]) end)
    end).

info(Rule) ->
    faux_redis_ask:said(fun() ->
        faux_redis_ask:of_handle("a stub or an expectation", Rule, fun faux_redis_nif:rule_info/1)
    end).
