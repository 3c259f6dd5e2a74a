%% @private
%% @doc The planes of a server: gates, links, connections, conditions, time, and waiting until something is so.
-module(faux_redis_planes).

%% A link is one of the network's here.
-compile({no_auto_import, [link/1]}).

-export([hold/3, held/3, release/2, link/3, down/2, max_clients/3, kill/3, push/3, frozen/2, pace/2, enter/3, within/3]).
-export([wait_until_blocked/3, wait_for_subscribers/3, wait_for_connections/3, wait_idle/2]).

hold(Server, Matcher, Options) ->
    faux_redis_ask:said(fun() ->
        At = proplists:get_value(at, Options, before),
        Times = faux_redis_ask:whole(times, proplists:get_value(times, Options, 0), 0),
        Rest = faux_redis_ask:without([at, times, name], Options),
        {Conditions, Kept} = faux_redis_terms:matcher(Matcher, Rest),
        Handle = gen_server:call(Server, {keep, Kept}, infinity),
        faux_redis_nif:hold(Handle, Conditions, atom_to_binary(At), Times, faux_redis_ask:label(Options))
    end).

held(Gate, Count, Timeout) ->
    faux_redis_ask:answered(fun(Reference) -> faux_redis_nif:gate_wait(Gate, Count, Timeout, Reference) end).

release(Gate, #{seq := Seq}) ->
    case faux_redis_nif:gate_release_call(Gate, Seq) of
        true -> 1;
        false -> 0
    end;
release(Gate, Count) when is_integer(Count), Count > 0 -> faux_redis_nif:gate_release(Gate, Count).

link(Server, Client, Effects) ->
    faux_redis_ask:said(fun() ->
        {Facts, []} = faux_redis_ask:unasked(faux_redis_terms:client(Client)),
        Made = faux_redis_terms:effects(Effects),
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
        {Facts, []} = faux_redis_ask:unasked(faux_redis_terms:client(Client)),
        faux_redis_nif:kill(faux_redis:handle(Server), Facts, How)
    end).

push(Server, Client, Value) ->
    faux_redis_ask:said(fun() ->
        {Facts, []} = faux_redis_ask:unasked(faux_redis_terms:client(Client)),
        faux_redis_nif:push(faux_redis:handle(Server), Facts, Value)
    end).

frozen(Server, Function) ->
    Before = pace(Server, <<"stands">>),
    try
        Function()
    after
        pace(Server, Before)
    end.

enter(Server, Condition, Options) ->
    faux_redis_ask:said(fun() ->
        ok = faux_redis_ask:only([name], Options),
        faux_redis_nif:enter(faux_redis:handle(Server), atom_to_binary(Condition), faux_redis_ask:label(Options))
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
    faux_redis_ask:waited(Server, Options, fun(Handle, Count, Timeout, Reference) ->
        faux_redis_nif:wait_until_blocked(Handle, Key, Count, Timeout, Reference)
    end).

wait_for_subscribers(Server, Channel, Options) ->
    faux_redis_ask:waited(Server, Options, fun(Handle, Count, Timeout, Reference) ->
        faux_redis_nif:wait_for_subscribers(Handle, Channel, Count, Timeout, Reference)
    end).

wait_for_connections(Server, Client, Options) ->
    faux_redis_ask:said(fun() ->
        {Facts, Kept} = faux_redis_terms:client(Client),
        _ = gen_server:call(Server, {keep, Kept}, infinity),
        faux_redis_ask:waited(Server, Options, fun(Handle, Count, Timeout, Reference) ->
            faux_redis_nif:wait_for_connections(Handle, Facts, Count, Timeout, Reference)
        end)
    end).

wait_idle(Server, Options) ->
    faux_redis_ask:waited(Server, Options, fun(Handle, _, Timeout, Reference) ->
        faux_redis_nif:wait_idle(Handle, Timeout, Reference)
    end).

pace(Server, How) ->
    {ok, Before} = faux_redis_nif:pace(faux_redis:handle(Server), How),
    Before.
