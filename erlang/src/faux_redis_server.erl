%% @private
%% @doc The process that owns a server: it holds the handle and the test's functions, and has each call of one carried
%% out in a process of its own.
-module(faux_redis_server).
-behaviour(gen_server).

-export([start_link/2]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-record(state, {
    server :: reference(),
    %% The test's functions by their numbers.
    functions = #{} :: #{pos_integer() => {answer | matches, fun((term()) -> term())}},
    %% The processes that work on an answer, both ways.
    workers = #{} :: #{pid() => pos_integer()},
    questions = #{} :: #{pos_integer() => pid()},
    %% Whose server it is: processes of functions say they were called by these.
    callers :: [pid()]
}).

%% @doc Starts a server that ends with the calling process.
-spec start_link(list(), elixir | erlang) -> {ok, pid()} | {error, {atom(), binary()} | {already_started, pid()}}.
start_link(Options, Language) ->
    try faux_redis_options:start(Options, Language) of
        {Name, Taken, Host} -> started(started_as(Name, {Taken, Host, self()}))
    catch
        throw:{faux_redis, Error} -> {error, Error}
    end.

started({error, {shutdown, {faux_redis, Error}}}) -> {error, Error};
started(Started) -> Started.

started_as(None, Args) when None =:= undefined; None =:= nil -> gen_server:start_link(?MODULE, Args, []);
started_as(Name, Args) when is_atom(Name) -> gen_server:start_link({local, Name}, ?MODULE, Args, []);
started_as({local, Name}, Args) when is_atom(Name) -> gen_server:start_link({local, Name}, ?MODULE, Args, []);
started_as({global, _} = Name, Args) -> gen_server:start_link(Name, ?MODULE, Args, []);
started_as({via, _, _} = Name, Args) -> gen_server:start_link(Name, ?MODULE, Args, []);
started_as(_, _) -> {error, {option, <<"option 'name' takes an atom, {global, Term} or {via, Module, Term}">>}}.

init({Options, Host, Parent}) ->
    process_flag(trap_exit, true),
    case faux_redis_nif:start(self(), Options, Host) of
        {ok, Server} ->
            {ok, #state{server = Server, callers = callers()}};
        {error, Error} ->
            %% Whoever starts it is told, and need not end with it.
            unlink(Parent),
            {stop, {shutdown, {faux_redis, Error}}}
    end.

%% A supervisor may stand between the test and its server.
callers() ->
    [Pid || Pid <- get('$ancestors'), is_pid(Pid)].

handle_call(server, _From, #state{server = Server} = State) ->
    {reply, Server, State};
handle_call({rule, Kind, Conditions, Source, Edits, Kept}, _From, #state{server = Server} = State) ->
    Kept1 = keep(Kept, State),
    case faux_redis_nif:rule(Server, Kind, Conditions, Source, Edits) of
        {ok, Rule} -> {reply, {ok, Rule}, Kept1};
        {error, Error} -> {reply, {error, Error}, State}
    end;
handle_call({keep, Kept}, _From, #state{server = Server} = State) ->
    {reply, Server, keep(Kept, State)};
handle_call(reset, _From, #state{server = Server} = State) ->
    ok = faux_redis_nif:reset(Server),
    {reply, ok, State#state{functions = #{}}}.

handle_cast({forget, Kept}, #state{functions = Functions} = State) ->
    Numbers = [Number || {Number, _, _} <- Kept],
    {noreply, State#state{functions = maps:without(Numbers, Functions)}}.

handle_info({faux_redis_ask, Id, Number, Subject}, #state{functions = Functions} = State) ->
    case Functions of
        #{Number := {Kind, Function}} ->
            {noreply, ask(Id, Kind, Function, Subject, State)};
        _ ->
            faux_redis_nif:fail(State#state.server, Id, <<"the rule is gone">>, <<>>),
            {noreply, State}
    end;
handle_info({faux_redis_late, Id}, #state{questions = Questions} = State) ->
    case Questions of
        #{Id := Worker} -> exit(Worker, kill);
        _ -> ok
    end,
    {noreply, State};
handle_info({'EXIT', Worker, Reason}, #state{workers = Workers} = State) ->
    case maps:take(Worker, Workers) of
        {Id, Left} ->
            Reason =:= normal orelse given_up(State#state.server, Id, Reason),
            {noreply, State#state{workers = Left, questions = maps:remove(Id, State#state.questions)}};
        error when Reason =:= normal ->
            {noreply, State};
        error ->
            {stop, Reason, State}
    end;
handle_info(_, State) ->
    {noreply, State}.

terminate(_Reason, #state{server = Server, workers = Workers}) ->
    [exit(Worker, kill) || Worker <- maps:keys(Workers)],
    faux_redis_nif:stop(Server).

keep(Kept, #state{functions = Functions} = State) ->
    Add = fun({Number, Kind, Function}, Known) -> Known#{Number => {Kind, Function}} end,
    State#state{functions = lists:foldl(Add, Functions, Kept)}.

ask(Id, Kind, Function, Subject, #state{server = Server, callers = Callers} = State) ->
    Worker = spawn_link(fun() -> work(Server, Id, Kind, Function, Subject, Callers) end),
    #state{workers = Workers, questions = Questions} = State,
    State#state{workers = Workers#{Worker => Id}, questions = Questions#{Id => Worker}}.

work(Server, Id, Kind, Function, Subject, Callers) ->
    put('$callers', Callers),
    try
        answered(Kind, Server, Id, Function(Subject), Subject)
    catch
        throw:{faux_redis, {_, Message}} ->
            faux_redis_nif:fail(Server, Id, Message, <<>>);
        Class:Reason:Stack ->
            Message = faux_redis_terms:banner(Class, Reason, Stack),
            faux_redis_nif:fail(Server, Id, Message, term_to_binary({Class, Reason, Stack}))
    end.

answered(matches, Server, Id, Says, _) ->
    faux_redis_nif:matches(Server, Id, Says =:= true);
answered(answer, Server, Id, Answer, Call) ->
    case faux_redis_nif:answer(Server, Id, faux_redis_answers:actions(Answer, Call)) of
        {ok, _} -> ok;
        {error, Error} -> throw({faux_redis, Error})
    end.

%% Something has ended the process that worked on an answer.
given_up(Server, Id, Reason) ->
    Message = unicode:characters_to_binary(io_lib:format("its process was ended: ~0tp", [Reason])),
    faux_redis_nif:fail(Server, Id, Message, term_to_binary({exit, Reason, []})).
