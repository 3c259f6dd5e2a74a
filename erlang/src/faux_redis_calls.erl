%% @private
%% @doc What happened: calls that match, waiting for them, and verification.
-module(faux_redis_calls).

-export([calls/3, wait_for/3, subscribe/3, export/2, lint/3, verify/1, verify/3, failures_of/1, verify_order/2]).

calls(Server, Matcher, Options) ->
    Ask = fun(Handle, Conditions, Reference) -> faux_redis_nif:calls_of(Handle, Conditions, Reference) end,
    case faux_redis_ask:search(Server, Matcher, Options, Ask) of
        {ok, Calls} -> Calls;
        Error -> Error
    end.

wait_for(Server, Matcher, Options) ->
    faux_redis_ask:said(fun() ->
        Rest = faux_redis_ask:without([times, timeout], Options),
        Count = faux_redis_ask:whole(times, proplists:get_value(times, Options, 1), 1),
        Timeout = faux_redis_ask:whole(timeout, proplists:get_value(timeout, Options, faux_redis_ask:patience()), 0),
        Ask = fun(Handle, Conditions, Reference) ->
            faux_redis_nif:wait_for(Handle, Conditions, Count, Timeout, Reference)
        end,
        case faux_redis_ask:search(Server, Matcher, Rest, Ask) of
            {ok, Calls} -> {ok, lists:nth(Count, Calls)};
            Error -> Error
        end
    end).

subscribe(Server, Matcher, Options) ->
    faux_redis_ask:said(fun() ->
        {Conditions, Kept} = faux_redis_matchers:matcher(Matcher, Options),
        Handle = faux_redis_ask:called(Server, {keep, Kept}),
        faux_redis_ask:plain(faux_redis_nif:subscribe(Handle, self(), Conditions))
    end).

export(Server, Format) ->
    faux_redis_ask:said(fun() ->
        faux_redis_nif:export(faux_redis:handle(Server), faux_redis_terms:word(format, Format))
    end).

lint(Server, Smells, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([ignore, max_round_trips, n_plus_one], Options),
        Ignored = [{lint_ignore, Ignore} || {ignore, Ignore} <- Options],
        Budgets = faux_redis_ask:without([ignore], Options),
        %% All smells, if none is named.
        LookedFor = case Smells of [] -> true; _ -> Smells end,
        faux_redis_nif:lint(faux_redis:handle(Server), [{lint, LookedFor} | Ignored ++ Budgets])
    end).

verify(Handle) ->
    case failures_of(Handle) of
        [] -> ok;
        Failures ->
            Listed = [["\n- ", Message] || #{message := Message} <- Failures],
            Text = iolist_to_binary(["verification failed", Listed, faux_redis_nif:context(Handle)]),
            {error, {verification, Text, Failures}}
    end.

verify(Server, Matcher, Options) ->
    faux_redis_ask:said(fun() ->
        Rest = faux_redis_ask:without([times], Options),
        {times, Least, Most} = faux_redis_rules:times_of(times, proplists:get_value(times, Options, {at_least, 1})),
        Ask = fun(Handle, Conditions, Reference) ->
            faux_redis_nif:verify_called(Handle, Conditions, Least, Most, Reference)
        end,
        case faux_redis_ask:search(Server, Matcher, Rest, Ask) of
            {ok, _} -> ok;
            Error -> Error
        end
    end).

failures_of(Handle) ->
    [Failure#{raised := raised(Raised)} || #{raised := Raised} = Failure <- faux_redis_nif:failures(Handle)].

verify_order(Server, Matchers) ->
    faux_redis_ask:said(fun() ->
        is_list(Matchers) orelse
            faux_redis_error:fail(option, "an order is a list of matchers, not ~ts", [Matchers]),
        {Steps, Kept} = lists:unzip([faux_redis_matchers:matcher(Matcher, []) || Matcher <- Matchers]),
        faux_redis_ask:keeping(Server, lists:append(Kept), fun(Handle) ->
            faux_redis_ask:answered(fun(Reference) -> faux_redis_nif:verify_order(Handle, Steps, Reference) end)
        end)
    end).

raised(Absent) when Absent =:= nil; Absent =:= <<>> -> nil;
raised(Binary) -> binary_to_term(Binary).
