%% @doc A controllable Redis that lives inside a test.
%%
%% A server is a process. It listens on a port of its own, answers as a real Redis answers, and ends with the process
%% that started it; everything about it is in the test's hands.
%%
%% ```
%% {ok, Redis} = faux_redis:start_link(),
%% {ok, _} = faux_redis:stub(Redis, {command, get, [<<"user:1">>]}, <<"Ada">>),
%% {ok, Client} = eredis:start_link([{host, "127.0.0.1"}, {port, faux_redis:port(Redis)}]),
%% {ok, <<"Ada">>} = eredis:q(Client, ["GET", "user:1"]),
%% [#{name := <<"GET">>}] = faux_redis:calls(Redis).
%% '''
%%
%% == Matchers ==
%% A command's name as an atom or a binary, whatever its case; `any'; `{command, Name, Patterns}'; or `{fn, Function}',
%% where the function gets the call and says `true'. A pattern is a binary, a number, `any' or `` '_' '', `rest' (any number of
%% arguments, to the end), `{glob, Pattern}', `{re, Expression}', `{re, Expression, Options}', or a function of the
%% argument.
%%
%% == Answers ==
%% A binary, an integer, a float, a boolean, `nil', `ok', a map, `{array, List}', `{set, List}', `{map, Pairs}',
%% `{push, List}', `{status, Text}', `{error, Line}', `{double, Number}', `{big_number, Integer}', `{verbatim, Text}',
%% `null_array', `{raw, Bytes}'. A list is a <em>sequence</em>: an answer for each call, the last one again and again. Actions are
%% `{delay, Ms, Answer}', `no_reply' (also `timeout'), `close', `{close, Answer}', `reset', `{reset, Answer}',
%% `{partial, Chunks}', `{partial, Chunks, GapMs}', `{protocol_error, Bytes}', `execute' (what the store answers),
%% `drop_reply', and `{do, Actions}' for several from left to right. A function of one argument answers with what it
%% returns; it gets the call, runs in a process of its own, and may use the server it answers for.
%%
%% == Errors ==
%% `{error, {Kind, Message}}', where the kind is `option', `pattern', `answer', `listen', `timeout', `stopped' or
%% `verification'.
-module(faux_redis).

-export([start_link/0, start_link/1, child_spec/1, stop/1, reset/1]).
-export([port/1, address/1, url/1, persona/1]).
-export([stub/2, stub/3, stub/4, expect/2, expect/3, expect/4]).
-export([remove/1, hits/1, rule_info/1]).
-export([calls/1, calls/2, calls/3, dropped_calls/1, unmatched/1, unused/1, transcript/1]).
-export([wait_for/2, wait_for/3, subscribe/2, subscribe/3]).
-export([verify/1, verify/2, verify/3, failures/1]).
-export([now/1, advance/2]).
%% For the modules of Elixir's.
-export([start_link/2, handle/1, failures_of/1, transcript_of/1]).

-export_type([server/0, matcher/0, answer/0, rule/0, call/0, error/0, failure/0]).

-type server() :: gen_server:server_ref().
-type matcher() ::
    any | atom() | binary() | {command, atom() | binary()} | {command, atom() | binary(), [pattern()]}
    | {fn, fun((call()) -> boolean())}.
-type pattern() ::
    binary() | number() | any | '_' | rest | {glob, iodata()} | {re, iodata()} | {re, iodata(), list()}
    | fun((binary()) -> boolean()).
-type answer() :: term().
-type rule() :: reference().
%% The identity of a stub or an expectation, which its calls carry as `rule_id'.
-type call() :: #{
    seq := pos_integer(), name := binary(), args := [binary()], key := binary() | nil, keys := [binary()],
    conn_id := pos_integer(), client_name := binary(), db := non_neg_integer(), user := binary(),
    protocol := 2 | 3, library := binary(), library_version := binary(), address := binary(),
    via := direct | exec, timestamp := non_neg_integer(), rule_id := rule() | nil,
    action := rule | store | unmocked | queued | unsupported | nil, reply := term(),
    duration_us := non_neg_integer() | nil
}.
%% One request. `timestamp' is in milliseconds since 1970; `reply' and `duration_us' are `nil' as long as nothing was answered.
-type error() :: {option | pattern | answer | listen | timeout | stopped | verification, binary()}.
-type failure() :: #{kind := unmet | callback | unmocked | unused, message := binary(), raised := term()}.

%% How long a wait lasts when nothing else is said, in milliseconds.
-define(PATIENCE, 5000).

%% Beginning and end.

%% @equiv start_link([])
-spec start_link() -> {ok, pid()} | {error, error()}.
start_link() -> start_link([]).

%% @doc Starts a server. It answers when this returns, and ends with the calling process.
%%
%% Options: `port' (0, the default, takes a free one), `ip', `unix_socket', `mode' (`mock_first', `stateful_only' or
%% `mock_only'), `name', `password', `flavour' (`redis' or `valkey'), `version', `databases', `strict', `seed', `clock'
%% (`system', or a start time in seconds since 1970), `journal_limit', `config', `rdb', `callback_timeout' (milliseconds)
%% and `compat' (`v1').
-spec start_link(list()) -> {ok, pid()} | {error, error() | {already_started, pid()}}.
start_link(Options) -> start_link(Options, erlang).

%% @private
start_link(Options, Language) -> faux_redis_server:start_link(Options, Language).

%% @doc A server as a supervisor starts it.
-spec child_spec(list()) -> supervisor:child_spec().
child_spec(Options) ->
    #{
        id => proplists:get_value(name, Options, ?MODULE),
        start => {?MODULE, start_link, [Options]},
        type => worker
    }.

%% @doc Stops a server, and returns when its last connection has ended.
-spec stop(server()) -> ok.
stop(Server) -> gen_server:stop(Server).

%% @doc Puts everything back: no keys, rules or calls; settings as at the start; clients are disconnected.
-spec reset(server()) -> ok.
reset(Server) -> gen_server:call(Server, reset, infinity).

%% Where it is.

%% @doc The port; 0 on a Unix socket.
-spec port(server()) -> inet:port_number().
port(Server) -> maps:get(port, info(Server)).

%% @doc The host and the port, or `{local, Path}' on a Unix socket.
-spec address(server()) -> {binary(), inet:port_number()} | {local, binary()}.
address(Server) ->
    case info(Server) of
        #{unix_socket := nil, port := Port, address := Address} -> {host(Address), Port};
        #{unix_socket := Path} -> {local, Path}
    end.

%% @doc The URL for clients, with the password if there is one.
-spec url(server()) -> binary().
url(Server) -> maps:get(url, info(Server)).

%% @doc Which server is played, such as `<<"redis 7.0.15">>'.
-spec persona(server()) -> binary().
persona(Server) -> maps:get(persona, info(Server)).

%% A server that listens everywhere is found on the loopback address.
host(Address) ->
    {Host, _} = lists:split(length(Address) - length(string:find(Address, ":", trailing)), Address),
    case Host of
        "0.0.0.0" -> <<"127.0.0.1">>;
        "[::]" -> <<"::1">>;
        "[" ++ _ -> list_to_binary(string:trim(Host, both, "[]"));
        _ -> list_to_binary(Host)
    end.

info(Server) ->
    Info = #{address := Address} = faux_redis_nif:info(handle(Server)),
    Info#{address := binary_to_list(Address)}.

%% @private
-spec handle(server()) -> reference().
handle(Server) -> gen_server:call(Server, server, infinity).

%% Stubs and expectations.

%% @doc A stub of which everything is said by options: `matcher', `respond', and those of {@link stub/4}.
-spec stub(server(), list()) -> {ok, rule()} | {error, error()}.
stub(Server, Options) when is_list(Options) -> by_options(Server, stub, Options).

%% @doc Calls that match are answered so. A stub demands nothing.
-spec stub(server(), matcher(), answer()) -> {ok, rule()} | {error, error()}.
stub(Server, Matcher, Answer) -> stub(Server, Matcher, Answer, []).

%% @doc A stub with options: `key' (what one of the command's keys must be), `conn', `conn_id', `conn_ids', `via'
%% (`direct' or `exec'), `when' (a function that gets the call), `times' or `max_calls', `nth', `after', `priority',
%% `name', `optional' and `then' (`last', `cycle', `store' or `error', after a sequence).
-spec stub(server(), matcher(), answer(), list()) -> {ok, rule()} | {error, error()}.
stub(Server, Matcher, Answer, Options) -> rule(Server, stub, Matcher, {answer, Answer}, Options).

%% @doc An expectation without an answer, so that older rules or the store answer; or one of which everything is said by
%% options.
-spec expect(server(), matcher() | list()) -> {ok, rule()} | {error, error()}.
expect(Server, Options) when is_list(Options) -> by_options(Server, expect, Options);
expect(Server, Matcher) -> rule(Server, expect, Matcher, none, []).

%% @doc An expectation: verification fails unless it is met, at least once if nothing else is said.
-spec expect(server(), matcher(), answer()) -> {ok, rule()} | {error, error()}.
expect(Server, Matcher, Answer) -> expect(Server, Matcher, Answer, []).

%% @doc An expectation with the options of {@link stub/4}. `times' is an integer, `{Least, Most}', `{at_least, N}' or
%% `{at_most, N}'.
-spec expect(server(), matcher(), answer(), list()) -> {ok, rule()} | {error, error()}.
expect(Server, Matcher, Answer, Options) -> rule(Server, expect, Matcher, {answer, Answer}, Options).

by_options(Server, Kind, Options) ->
    Has = fun(Name) -> lists:keyfind(Name, 1, Options) end,
    Rest = [Option || Option <- Options, not lists:member(element(1, Option), [matcher, respond])],
    case {Has(matcher), Has(respond)} of
        {{matcher, Matcher}, {respond, Answer}} -> rule(Server, Kind, Matcher, {answer, Answer}, Rest);
        {{matcher, Matcher}, false} when Kind =:= expect -> rule(Server, Kind, Matcher, none, Rest);
        {false, _} -> {error, {option, <<"the option 'matcher' is missing">>}};
        {_, false} -> {error, {option, <<"the option 'respond' is missing">>}}
    end.

rule(Server, Kind, Matcher, Answer, Options) ->
    said(fun() ->
        {Conditions, Edits, Kept} = faux_redis_terms:rule(Matcher, Answer, proplists:unfold(Options)),
        gen_server:call(Server, {rule, Kind, Conditions, place_of_caller(), Edits, Kept}, infinity)
    end).

%% @doc Takes a stub or an expectation away. An expectation is no longer verified.
-spec remove(rule()) -> ok.
remove(Rule) -> faux_redis_nif:remove(Rule).

%% @doc How many calls a rule has answered or counted.
-spec hits(rule()) -> non_neg_integer().
hits(Rule) -> maps:get(hits, rule_info(Rule)).

%% @doc What a rule is and has done: `title', `seen' (calls that matched), `hits' (those it answered or counted),
%% `excess' (those that came too many), and `failure' if it is not met.
-spec rule_info(rule()) -> map().
rule_info(Rule) -> faux_redis_nif:rule_info(Rule).

%% What happened.

%% @doc All calls that are remembered, the oldest first.
-spec calls(server()) -> [call()].
calls(Server) -> faux_redis_nif:calls(handle(Server)).

%% @equiv calls(Server, Matcher, [])
-spec calls(server(), matcher()) -> [call()] | {error, error()}.
calls(Server, Matcher) -> calls(Server, Matcher, []).

%% @doc The calls that match.
-spec calls(server(), matcher(), list()) -> [call()] | {error, error()}.
calls(Server, Matcher, Options) ->
    Ask = fun(Handle, Conditions, Reference) -> faux_redis_nif:calls_of(Handle, Conditions, Reference) end,
    case search(Server, Matcher, Options, Ask) of
        {ok, Calls} -> Calls;
        Error -> Error
    end.

%% @doc How many calls are no longer remembered, because there were too many.
-spec dropped_calls(server()) -> non_neg_integer().
dropped_calls(Server) -> faux_redis_nif:dropped_calls(handle(Server)).

%% @doc Calls that no rule answered, but for the handshake of connections.
-spec unmatched(server()) -> [call()].
unmatched(Server) -> faux_redis_nif:unmatched(handle(Server)).

%% @doc Stubs that no call has used, as texts.
-spec unused(server()) -> [binary()].
unused(Server) -> faux_redis_nif:unused(handle(Server)).

%% @doc Tells what happened on each connection, in order, as text to read.
-spec transcript(server()) -> binary().
transcript(Server) -> transcript_of(handle(Server)).

%% @private
transcript_of(Handle) -> faux_redis_nif:transcript(Handle).

%% @equiv wait_for(Server, Matcher, [])
-spec wait_for(server(), matcher()) -> {ok, call()} | {error, error()}.
wait_for(Server, Matcher) -> wait_for(Server, Matcher, []).

%% @doc Waits until as many calls match as `times' says, one by default, and returns the last of them. Calls that were made
%% before count. `timeout' is in milliseconds, 5000 by default.
-spec wait_for(server(), matcher(), list()) -> {ok, call()} | {error, error()}.
wait_for(Server, Matcher, Options) ->
    said(fun() ->
        Count = whole(times, proplists:get_value(times, Options, 1), 1),
        Timeout = whole(timeout, proplists:get_value(timeout, Options, ?PATIENCE), 0),
        Rest = [Option || Option <- Options, not lists:member(element(1, Option), [times, timeout])],
        Ask = fun(Handle, Conditions, Reference) ->
            faux_redis_nif:wait_for(Handle, Conditions, Count, Timeout, Reference)
        end,
        case search(Server, Matcher, Rest, Ask) of
            {ok, Calls} -> {ok, lists:nth(Count, Calls)};
            Error -> Error
        end
    end).

%% @equiv subscribe(Server, Matcher, [])
-spec subscribe(server(), matcher()) -> ok | {error, error()}.
subscribe(Server, Matcher) -> subscribe(Server, Matcher, []).

%% @doc From now on the calling process gets `{faux_redis, call, Call}' for each call that matches, when it is received.
-spec subscribe(server(), matcher(), list()) -> ok | {error, error()}.
subscribe(Server, Matcher, Options) ->
    said(fun() ->
        {Conditions, Kept} = faux_redis_terms:matcher(Matcher, Options),
        Handle = gen_server:call(Server, {keep, Kept}, infinity),
        case faux_redis_nif:subscribe(Handle, self(), Conditions) of
            {ok, ok} -> ok;
            Error -> Error
        end
    end).

%% @doc Checks all that the test has said.
-spec verify(server()) -> ok | {error, error()}.
verify(Server) ->
    case failures(Server) of
        [] -> ok;
        Failures ->
            Listed = [["\n- ", Message] || #{message := Message} <- Failures],
            {error, {verification, iolist_to_binary(["verification failed", Listed])}}
    end.

%% @equiv verify(Server, Matcher, [])
-spec verify(server(), matcher()) -> ok | {error, error()}.
verify(Server, Matcher) -> verify(Server, Matcher, []).

%% @doc Checks that a call was made, as often as `times' says; at least once by default.
-spec verify(server(), matcher(), list()) -> ok | {error, error()}.
verify(Server, Matcher, Options) ->
    said(fun() ->
        {times, Least, Most} = faux_redis_terms:times_of(times, proplists:get_value(times, Options, {at_least, 1})),
        Ask = fun(Handle, Conditions, Reference) ->
            faux_redis_nif:verify_called(Handle, Conditions, Least, Most, Reference)
        end,
        case search(Server, Matcher, proplists:delete(times, Options), Ask) of
            {ok, _} -> ok;
            Error -> Error
        end
    end).

%% @doc All that is not as the test wants it so far. `raised' is `{Class, Reason, Stack}' where a function failed.
-spec failures(server()) -> [failure()].
failures(Server) -> failures_of(handle(Server)).

%% @private
failures_of(Handle) ->
    [Failure#{raised := raised(Raised)} || #{raised := Raised} = Failure <- faux_redis_nif:failures(Handle)].

raised(Absent) when Absent =:= nil; Absent =:= <<>> -> nil;
raised(Binary) -> binary_to_term(Binary).

%% Time.

%% @doc The server's time, in seconds since 1970.
-spec now(server()) -> float().
now(Server) -> faux_redis_nif:now(handle(Server)).

%% @doc Moves the server's time on: keys expire, and timeouts and delays end.
-spec advance(server(), non_neg_integer()) -> ok | {error, error()}.
advance(Server, Ms) ->
    case faux_redis_nif:advance(handle(Server), Ms) of
        true -> ok;
        false -> {error, {option, <<"the system's clock moves by itself; start the server with {clock, 0}">>}}
    end.

%% Asks the library something that takes time, and waits for its message.
search(Server, Matcher, Options, Ask) ->
    said(fun() ->
        {Conditions, Kept} = faux_redis_terms:matcher(Matcher, Options),
        Handle = gen_server:call(Server, {keep, Kept}, infinity),
        Reference = make_ref(),
        try Ask(Handle, Conditions, Reference) of
            {ok, ok} ->
                receive
                    {Reference, Answer} -> Answer
                end;
            Error ->
                Error
        after
            Kept =:= [] orelse gen_server:cast(Server, {forget, Kept})
        end
    end).

%% What was said wrongly comes back as an error.
said(Say) ->
    try
        Say()
    catch
        throw:{faux_redis, Error} -> {error, Error}
    end.

whole(_, N, Least) when is_integer(N), N >= Least -> N;
whole(Name, Other, Least) ->
    Message = io_lib:format("option '~ts' takes an integer of ~b or more, not ~0tp", [Name, Least, Other]),
    throw({faux_redis, {option, unicode:characters_to_binary(Message)}}).

%% The file and line that called into this application.
place_of_caller() ->
    {current_stacktrace, Stack} = process_info(self(), current_stacktrace),
    place(Stack).

place([{Module, _, _, Where} | Stack]) ->
    case is_ours(Module) orelse proplists:get_value(line, Where) of
        Line when is_integer(Line), Line > 0 ->
            iolist_to_binary([proplists:get_value(file, Where, "?"), ":", integer_to_list(Line)]);
        _ ->
            place(Stack)
    end;
place([]) ->
    <<"(unknown)">>.

is_ours(Module) ->
    lists:member(Module, [?MODULE, faux_redis_terms, 'Elixir.FauxRedis', 'Elixir.FauxRedis.Case', 'Elixir.Process']).
