%% @private
%% @doc The fault sweep: a function of the test's, run again for each of its commands and each fault.
-module(faux_redis_sweep).

-export([run/4]).

-define(LIMIT, 200).
-define(TIMEOUT, 5000).

%% @doc Makes all runs, and tells what came of them.
-spec run([term()], fun((pid()) -> term()), list(), elixir | erlang) -> {ok, map()} | {error, faux_redis:error()}.
run(Faults, Function, Options, Language) ->
    faux_redis_ask:said(fun() -> swept(sweep(Faults, Function, Options, Language)) end).

sweep(Faults, Function, Options, Language) when is_list(Faults), Faults =/= [], is_function(Function, 1) ->
    Rest = faux_redis_ask:without([allow, limit, timeout], Options),
    #{
        faults => [faux_redis_answers:fault(Fault) || Fault <- Faults],
        titles => [title(Fault) || Fault <- Faults],
        function => Function,
        allow => [allowed(One) || One <- listed(proplists:get_value(allow, Options, []))],
        limit => faux_redis_ask:whole(limit, proplists:get_value(limit, Options, ?LIMIT), 1),
        timeout => faux_redis_ask:whole(timeout, proplists:get_value(timeout, Options, ?TIMEOUT), 1),
        options => Rest,
        language => Language
    };
sweep(Faults, Function, _, _) when is_function(Function, 1) ->
    faux_redis_error:fail(option, "a sweep takes a list of faults such as reset, one or more, not ~ts", [Faults]);
sweep(_, Function, _, _) ->
    faux_redis_error:fail(option, "a sweep takes a function of one argument, the server, not ~ts", [Function]).

listed(List) when is_list(List) -> List;
listed(Other) ->
    faux_redis_error:fail(option, "option 'allow' takes a list of commands, or of pairs of a command and a fault, not ~ts", [Other]).

title(Fault) -> faux_redis_error:message("~ts", [Fault]).

allowed({Command, Fault}) -> {command(Command), faux_redis_answers:fault(Fault)};
allowed(Command) -> {command(Command), any}.

command(Command) when is_atom(Command) -> string:uppercase(atom_to_binary(Command));
command(Command) when is_binary(Command) -> string:uppercase(Command);
command(Other) -> faux_redis_error:fail(option, "a command is an atom or a binary, not ~ts", [Other]).

swept(#{faults := Faults, titles := Titles, limit := Limit} = Sweep) ->
    {First, Steps} = ran(Sweep, 0, []),
    First =:= survived orelse throw({faux_redis, {sweep, without_fault(First)}}),
    Steps =/= [] orelse throw({faux_redis, {sweep, <<"the test sends no command, so there is nothing to spoil">>}}),
    Wanted = [{Step, Fault} || Step <- lists:seq(1, length(Steps)), Fault <- lists:seq(1, length(Faults))],
    {Made, LeftOut} = lists:split(min(Limit, length(Wanted)), Wanted),
    Runs = [came(Sweep#{steps => Steps}, Step, Fault) || {Step, Fault} <- Made],
    {ok, {Summary, Text, Failed}} = faux_redis_nif:swept(Steps, Titles, Runs, length(LeftOut)),
    case Failed of
        0 ->
            Told = [#{step => Step, fault => Fault, outcome => Came, why => Why} || {Step, Fault, Came, Why} <- Runs],
            {ok, #{
                steps => Steps, faults => Titles, runs => Told, left_out => length(LeftOut),
                summary => Summary, text => Text
            }};
        _ ->
            {error, {sweep, Text}}
    end.

without_fault({failed, Why}) -> <<"the test fails without any fault: ", Why/binary>>.

%% What came of a run with one fault at one step; both are counted from 0 in what is told.
came(#{faults := Faults, steps := Steps, allow := Allow} = Sweep, Step, Fault) ->
    Actions = lists:nth(Fault, Faults),
    {Came, Reached} = ran(Sweep, Step, Actions),
    {Outcome, Why} =
        case Came of
            survived when length(Reached) < Step -> {not_reached, <<>>};
            survived -> {survived, <<>>};
            {failed, How} ->
                case is_allowed(lists:nth(Step, Steps), Actions, Allow) of
                    true -> {allowed, first_line(How)};
                    false -> {failed, first_line(How)}
                end
        end,
    {Step - 1, Fault - 1, Outcome, Why}.

is_allowed(Step, Actions, Allow) ->
    lists:any(fun({Command, Fault}) ->
        (Step =:= Command orelse string:prefix(Step, [Command, " "]) =/= nomatch)
            andalso (Fault =:= any orelse Fault =:= Actions)
    end, Allow).

%% One run on a server of its own, and which calls there were.
ran(#{options := Options, language := Language, function := Function, timeout := Timeout} = Sweep, At, Fault) ->
    Server =
        case faux_redis:start_link(Options, Language) of
            {ok, Started} -> Started;
            {error, Error} -> throw({faux_redis, Error})
        end,
    try
        Handle = faux_redis:handle(Server),
        At =:= 0 andalso check(Handle, Sweep),
        inject(Handle, At, Fault),
        Came = verified(carried_out(Function, Server, Timeout), Handle),
        {Came, faux_redis_nif:injected(Handle)}
    after
        faux_redis:stop(Server)
    end.

%% A fault that makes no sense is told before anything is run.
check(Handle, #{faults := Faults, allow := Allow}) ->
    [inject(Handle, 0, Fault) || Fault <- Faults ++ [Spoilt || {_, Spoilt} <- Allow, Spoilt =/= any]].

inject(Handle, At, Fault) ->
    case faux_redis_nif:inject(Handle, At, Fault) of
        {ok, ok} -> ok;
        {error, Error} -> throw({faux_redis, Error})
    end.

verified(survived, Handle) ->
    case faux_redis:failures_of(Handle) of
        [] -> survived;
        [#{message := Message} | _] -> {failed, Message}
    end;
verified(Failed, _) ->
    Failed.

%% The function runs in a process of its own, so that a client that is linked to it can end it, and ends with it.
carried_out(Function, Server, Timeout) ->
    Callers = [self() | proplists:get_value('$callers', element(2, process_info(self(), dictionary)), [])],
    Tag = make_ref(),
    {Worker, Monitor} = spawn_monitor(fun() ->
        put('$callers', Callers),
        exit({shutdown, {Tag, said(Function, Server)}})
    end),
    receive
        {'DOWN', Monitor, process, Worker, {shutdown, {Tag, Said}}} ->
            Said;
        {'DOWN', Monitor, process, Worker, Reason} ->
            {failed, faux_redis_terms:banner(exit, Reason, [])}
    after Timeout ->
        exit(Worker, kill),
        receive
            {'DOWN', Monitor, process, Worker, _} -> ok
        end,
        Late = io_lib:format("it still ran after ~b ms, and was ended: does it wait without a timeout?", [Timeout]),
        {failed, iolist_to_binary(Late)}
    end.

said(Function, Server) ->
    try
        Function(Server),
        survived
    catch
        Class:Reason:Stack -> {failed, faux_redis_terms:banner(Class, Reason, Stack)}
    end.

%% The name of an exception whose message begins on another line is not left alone.
first_line(Text) ->
    Lines = [string:trim(Line) || Line <- string:split(Text, "\n", all)],
    case [Line || Line <- Lines, not string:is_empty(Line)] of
        [] -> <<>>;
        [First, Second | _] ->
            case string:slice(First, string:length(First) - 1) of
                <<":">> -> <<First/binary, " ", Second/binary>>;
                _ -> First
            end;
        [First] -> First
    end.
