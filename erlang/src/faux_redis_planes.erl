%% @private
%% @doc The planes of a server: gates, links, connections, conditions, time, and waiting until something is so.
-module(faux_redis_planes).

%% A link is one of the network's here.
-compile({no_auto_import, [link/1]}).

-export([hold/3, held/1, held/3, held_with/2, release/2, link/3, down/2, max_clients/3, kill/3, push/3, enter/3, leave/1, within/3]).
-export([restart/2, advance/2, set_time/2, frozen/2, pace/2]).
-export([wait_until_blocked/3, wait_for_subscribers/3, wait_for_connections/3, wait_idle/2]).

hold(Server, Matcher, Options) ->
    faux_redis_ask:said(fun() ->
        Rest = faux_redis_ask:without([at, times, name], Options),
        At = faux_redis_terms:word(at, proplists:get_value(at, Options, before)),
        Times = most(proplists:get_value(times, Options, infinity)),
        {Conditions, Kept} = faux_redis_matchers:matcher(Matcher, Rest),
        Handle = faux_redis_ask:called(Server, {keep, Kept}),
        faux_redis_nif:hold(Handle, Conditions, At, Times, faux_redis_ask:label(Options))
    end).

%% No limit is 0 in the library.
most(infinity) -> 0;
most(Times) -> faux_redis_ask:whole(times, Times, 1).

held(Gate) ->
    of_gate(Gate, fun faux_redis_nif:gate_held/1).

held(Gate, Count, Timeout) ->
    of_gate(Gate, fun(_) ->
        Enough = faux_redis_ask:whole(n, Count, 1),
        Patience = faux_redis_ask:whole(timeout, Timeout, 0),
        faux_redis_ask:answered(fun(Reference) -> faux_redis_nif:gate_wait(Gate, Enough, Patience, Reference) end)
    end).

held_with(Gate, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([n, timeout], Options),
        Patience = proplists:get_value(timeout, Options, faux_redis_ask:patience()),
        held(Gate, proplists:get_value(n, Options, 1), Patience)
    end).

release(Gate, all) ->
    of_gate(Gate, fun(_) -> faux_redis_nif:gate_release(Gate, 0) end);
release(Gate, #{seq := Seq}) when is_integer(Seq), Seq >= 0 ->
    of_gate(Gate, fun(_) ->
        case faux_redis_nif:gate_release_call(Gate, Seq) of
            true -> 1;
            false -> 0
        end
    end);
release(Gate, Count) when is_integer(Count), Count > 0 ->
    of_gate(Gate, fun(_) -> faux_redis_nif:gate_release(Gate, Count) end);
release(_, Other) ->
    faux_redis_ask:said(fun() ->
        faux_redis_error:fail(option, "a gate releases all, a number of commands from 1 on, or one call, not ~ts", [Other])
    end).

of_gate(Gate, Ask) -> faux_redis_ask:said(fun() -> faux_redis_ask:of_handle("a gate", Gate, Ask) end).

link(Server, Client, Effects) ->
    faux_redis_ask:said(fun() ->
        {Facts, []} = faux_redis_ask:unasked(faux_redis_matchers:client(Client)),
        Made = effects(Effects),
        faux_redis_nif:link(faux_redis:handle(Server), Facts, Made, faux_redis_ask:label(Effects))
    end).

down(Server, Options) when is_list(Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([mode, name], Options),
        Mode = proplists:get_value(mode, Options, refuse),
        faux_redis_nif:down(faux_redis:handle(Server), Mode, faux_redis_ask:label(Options))
    end);
down(Server, Mode) ->
    down(Server, [{mode, Mode}]).

max_clients(Server, Most, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([name], Options),
        Count = faux_redis_ask:whole(max_clients, Most, 1),
        faux_redis_nif:max_clients(faux_redis:handle(Server), Count, faux_redis_ask:label(Options))
    end).

kill(Server, Client, How) ->
    faux_redis_ask:said(fun() ->
        {Facts, []} = faux_redis_ask:unasked(faux_redis_matchers:client(Client)),
        faux_redis_nif:kill(faux_redis:handle(Server), Facts, How)
    end).

push(Server, Client, Value) ->
    faux_redis_ask:said(fun() ->
        {Facts, []} = faux_redis_ask:unasked(faux_redis_matchers:client(Client)),
        faux_redis_nif:push(faux_redis:handle(Server), Facts, Value)
    end).

frozen(Server, Function) ->
    Handle = faux_redis:handle(Server),
    {ok, Number} = faux_redis_nif:freeze(Handle),
    try
        Function()
    after
        faux_redis_nif:thaw(Handle, Number)
    end.

enter(Server, Condition, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([name], Options),
        Word = faux_redis_terms:word(condition, Condition),
        faux_redis_nif:enter(faux_redis:handle(Server), Word, faux_redis_ask:label(Options))
    end).

leave(State) ->
    faux_redis_ask:said(fun() ->
        faux_redis_ask:of_handle("a condition that was entered", State, fun faux_redis_nif:leave/1)
    end).

advance(Server, Ms) ->
    faux_redis_ask:said(fun() ->
        By = faux_redis_ask:whole(ms, Ms, 0),
        faux_redis_nif:advance(faux_redis:handle(Server), By)
    end).

set_time(Server, Seconds) ->
    faux_redis_ask:said(fun() ->
        is_number(Seconds) orelse
            faux_redis_error:fail(option, "a time is in seconds since 1970, not ~ts", [Seconds]),
        faux_redis_nif:set_time(faux_redis:handle(Server), float(Seconds))
    end).

restart(Server, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([keep], Options),
        faux_redis_nif:restart(faux_redis:handle(Server), proplists:get_value(keep, Options, true))
    end).

within(Server, Condition, Function) ->
    case faux_redis:enter(Server, Condition) of
        {ok, State} ->
            try
                Function()
            after
                faux_redis:leave(State)
            end;
        Error ->
            Error
    end.

wait_until_blocked(Server, Key, Options) ->
    faux_redis_ask:waited(Server, {blocked, Key}, [n, timeout], Options).

wait_for_subscribers(Server, Channel, Options) ->
    faux_redis_ask:waited(Server, {subscribed, Channel}, [n, timeout], Options).

wait_for_connections(Server, Client, Options) ->
    faux_redis_ask:said(fun() ->
        {Facts, Kept} = faux_redis_matchers:client(Client),
        faux_redis_ask:keeping(Server, Kept, fun(_) ->
            faux_redis_ask:waited(Server, {connected, Facts}, [n, timeout], Options)
        end)
    end).

wait_idle(Server, Options) ->
    faux_redis_ask:waited(Server, idle, [timeout], Options).

pace(Server, How) ->
    {ok, Before} = faux_redis_nif:pace(faux_redis:handle(Server), How),
    Before.

%% The effects of a link, in their order. A direction concerns those that follow it.
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
