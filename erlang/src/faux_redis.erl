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
%% argument; `absent'; `{gt, Number}', `{ge, Number}', `{lt, Number}', `{le, Number}', `{between, Least, Most}'; `{json, Path, Value}';
%% `{'and', Pattern, Pattern}', `{'or', Pattern, Pattern}', `{'not', Pattern}'. `{category, Name}' and `{flag, Name}' mean groups of
%% commands. Options of a command stand among the options of a rule, in capitals: `[{'NX', true}, {'EX', {gt, 30}}]'.
%%
%% == Answers ==
%% A binary, an integer, a float, a boolean, `nil', `ok', a map, `{array, List}', `{set, List}', `{map, Pairs}',
%% `{push, List}', `{status, Text}', `{error, Line}', `{double, Number}', `{big_number, Integer}', `{verbatim, Text}',
%% `null_array', `{raw, Bytes}', `{attribute, Pairs, Answer}', `{message, Channel, Payload}', `{invalidate, Keys}'.
%% A list is a <em>sequence</em>: an answer for each call, the last one again and again. Actions are
%% `{delay, Ms, Answer}', `no_reply' (also `timeout'), `close', `{close, Answer}', `reset', `{reset, Answer}',
%% `{partial, Chunks}', `{partial, Chunks, GapMs}', `{protocol_error, Bytes}', `execute' (what the store answers),
%% `drop_reply', and `{do, Actions}' for several from left to right. A function of one argument answers with what it
%% returns; it gets the call, runs in a process of its own, and may use the server it answers for.
%%
%% == Errors ==
%% `{error, {Kind, Message}}', where the kind is `option', `pattern', `answer', `listen', `timeout', `stopped' or `sweep'; and
%% `{error, {verification, Message, Failures}}' with what was found one by one, see {@link failures/1}.
-module(faux_redis).

%% A link is one of the network's here.
-compile({no_auto_import, [link/1, unlink/1]}).

-export([start_link/0, start_link/1, child_spec/1, stop/1, reset/1]).
-export([port/1, address/1, url/1, tls_ca/1, persona/1]).
-export([stub/2, stub/3, stub/4, expect/2, expect/3, expect/4]).
-export([title/1, source/1, remove/1, hits/1, rule_info/1]).
-export([calls/1, calls/2, calls/3, dropped_calls/1, dropped_bytes/1, unmatched/1, unused/1, transcript/1]).
-export([wait_for/2, wait_for/3, subscribe/2, subscribe/3]).
-export([verify/1, verify/2, verify/3, failures/1]).
-export([now/1, advance/2, set_time/2, freeze/1, resume/1, leap/1, frozen/2]).
-export([enter/2, enter/3, leave/1, in_force/1, within/3, scenario/2, set_scenario/3, replace/3]).
-export([hold/2, hold/3, held/1, held/2, held/3, release/1, release/2, remove_gate/1]).
-export([link/3, link_title/1, unlink/1, pause/1, pause/2]).
-export([down/1, down/2, end_down/1, up/1, is_down/1, restart/1, restart/2, kill/1, kill/2, kill/3, push/3]).
-export([max_clients/2, max_clients/3, end_max_clients/1, sweep/2, sweep/3]).
-export([verify_order/2, verify_no_more/1, context/1, export/2, lint/1, lint/2, lint/3]).
-export([wait_until_blocked/2, wait_until_blocked/3, wait_for_subscribers/3, wait_for_connections/3, wait_idle/1, wait_idle/2]).
%% For the modules of Elixir's.
-export([start_link/2, handle/1, verify_of/1, failures_of/1, context_of/1, transcript_of/1, findings_of/1, held_with/2, sweep/4]).

-export_type([server/0, matcher/0, answer/0, handle/0, rule/0, call/0, error/0, failure/0]).

-type server() :: gen_server:server_ref().
-type matcher() ::
    any | atom() | binary() | {command, atom() | binary()} | {command, atom() | binary(), [pattern()]}
    | {fn, fun((call()) -> boolean())}.
-type pattern() ::
    binary() | number() | any | '_' | rest | {glob, iodata()} | {re, iodata()} | {re, iodata(), list()}
    | fun((binary()) -> boolean()).
-type answer() :: term().
-type handle() :: reference().
%% What a test has set up.
-type rule() :: reference().
%% The identity of a stub or an expectation, which its calls carry as `rule_id'.
-type call() :: #{
    seq := pos_integer(), name := binary(), args := [binary()], key := binary() | nil, keys := [binary()],
    conn_id := pos_integer(), client_name := binary(), db := non_neg_integer(), user := binary(),
    protocol := 2 | 3, library := binary(), library_version := binary(), address := binary(),
    via := direct | exec | script, timestamp := non_neg_integer(), rule_id := rule() | nil,
    action := rule | store | unmocked | queued | unsupported | atom() | nil, reply := term(),
    duration_us := non_neg_integer() | nil, faults := [binary()], trip := pos_integer(), asserted := boolean()
}.
%% One request. `timestamp' is in milliseconds since 1970; `reply' and `duration_us' are `nil' as long as nothing was answered.
-type error() ::
    {option | pattern | answer | listen | timeout | stopped | sweep, binary()}
    | {verification, binary(), [failure()]}.
-type failure() :: #{kind := atom(), message := binary(), raised := term()}.

%% Beginning and end.

%% @equiv start_link([])
-spec start_link() -> {ok, pid()} | {error, error()}.
start_link() -> start_link([]).

%% @doc Starts a server. It answers when this returns, and ends with the calling process.
%%
%% Options: `port' (0, the default, takes a free one), `ip', `unix_socket', `mode' (`mock_first', `stateful_only' or
%% `mock_only'), `name', `password', `flavour' (`redis' or `valkey'), `version', `databases', `strict', `seed', `clock'
%% (`system', or a start time in seconds since 1970), `journal_limit', `lint', `lint_ignore', `max_round_trips', `n_plus_one', `config', `rdb', `data' (a map of keys and values, or the path of a
%% `.json', `.yaml' or `.rdb' file; see {@link faux_redis_data}), `tls' (connections are encrypted; {@link tls_ca/1}),
%% `callback_timeout' (milliseconds) and `compat' (`v1').
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
reset(Server) -> faux_redis_ask:called(Server, reset).

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

%% @doc The certificate that clients know the server by, as PEM; `nil' without `tls'.
-spec tls_ca(server()) -> binary() | nil.
tls_ca(Server) -> maps:get(tls_ca, info(Server)).

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
handle(Server) -> faux_redis_ask:called(Server, server).

%% Stubs and expectations.

%% @doc A stub of which everything is said by options: `matcher', `respond', and those of {@link stub/4}.
-spec stub(server(), list()) -> {ok, rule()} | {error, error()}.
stub(Server, Options) -> faux_redis_rules:by_options(Server, stub, Options).

%% @doc Calls that match are answered so. A stub demands nothing.
-spec stub(server(), matcher(), answer()) -> {ok, rule()} | {error, error()}.
stub(Server, Matcher, Answer) -> stub(Server, Matcher, Answer, []).

%% @doc A stub with options: `key' (what one of the command's keys must be), `conn', `conn_id', `conn_ids', `via'
%% (`direct' or `exec'), `when' (a function that gets the call), `times' or `max_calls', `nth', `after', `priority',
%% `name', `optional' and `then' (`last', `cycle', `store' or `error', after a sequence).
-spec stub(server(), matcher(), answer(), list()) -> {ok, rule()} | {error, error()}.
stub(Server, Matcher, Answer, Options) -> faux_redis_rules:add(Server, stub, Matcher, {answer, Answer}, Options).

%% @doc An expectation without an answer, so that older rules or the store answer; or one of which everything is said by
%% options.
-spec expect(server(), matcher() | list()) -> {ok, rule()} | {error, error()}.
expect(Server, Options) when is_list(Options) -> faux_redis_rules:by_options(Server, expect, Options);
expect(Server, Matcher) -> faux_redis_rules:add(Server, expect, Matcher, none, []).

%% @doc An expectation: verification fails unless it is met, at least once if nothing else is said.
-spec expect(server(), matcher(), answer()) -> {ok, rule()} | {error, error()}.
expect(Server, Matcher, Answer) -> expect(Server, Matcher, Answer, []).

%% @doc An expectation with the options of {@link stub/4}. `times' is an integer, `{Least, Most}', `{at_least, N}' or
%% `{at_most, N}'.
-spec expect(server(), matcher(), answer(), list()) -> {ok, rule()} | {error, error()}.
expect(Server, Matcher, Answer, Options) -> faux_redis_rules:add(Server, expect, Matcher, {answer, Answer}, Options).

%% @doc How many calls a rule has answered or counted.
-spec hits(rule()) -> non_neg_integer() | {error, error()}.
hits(Rule) ->
    case rule_info(Rule) of
        #{hits := Hits} -> Hits;
        Error -> Error
    end.

%% @doc What a rule is and has done: `title', `seen' (calls that matched), `hits' (those it answered or counted),
%% `excess' (those that came too many), and `failure' if it is not met.
-spec rule_info(rule()) -> map() | {error, error()}.
rule_info(Rule) -> faux_redis_rules:info(Rule).

%% Handles.

%% @doc A handle as messages show it, whatever it is for: a rule, a link, a condition, a gate, a server's being down, a limit
%% of clients or a snapshot. `nil' once it is gone.
-spec title(handle()) -> binary() | nil | {error, error()}.
title(Handle) -> faux_redis_ask:value(faux_redis_nif:title(Handle)).

%% @doc The line that made a handle, such as `<<"test/cache_tests.erl:12">>'.
-spec source(handle()) -> binary() | {error, error()}.
source(Handle) -> faux_redis_ask:value(faux_redis_nif:source(Handle)).

%% @doc Takes away what a handle is for: an expectation is no longer verified, what a gate holds goes on, a server comes up
%% again.
-spec remove(handle()) -> ok | {error, error()}.
remove(Handle) -> faux_redis_nif:remove(Handle).

%% What happened.

%% @doc All calls that are remembered, the oldest first.
-spec calls(server()) -> [call()].
calls(Server) -> faux_redis_nif:calls(handle(Server)).

%% @equiv calls(Server, Matcher, [])
-spec calls(server(), matcher()) -> [call()] | {error, error()}.
calls(Server, Matcher) -> calls(Server, Matcher, []).

%% @doc The calls that match.
-spec calls(server(), matcher(), list()) -> [call()] | {error, error()}.
calls(Server, Matcher, Options) -> faux_redis_calls:calls(Server, Matcher, Options).

%% @doc How many calls are no longer remembered, because there were too many.
-spec dropped_calls(server()) -> non_neg_integer().
dropped_calls(Server) -> faux_redis_nif:dropped_calls(handle(Server)).

%% @doc How many bytes of calls these were.
-spec dropped_bytes(server()) -> non_neg_integer().
dropped_bytes(Server) -> faux_redis_nif:dropped_bytes(handle(Server)).

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
wait_for(Server, Matcher, Options) -> faux_redis_calls:wait_for(Server, Matcher, Options).

%% @equiv subscribe(Server, Matcher, [])
-spec subscribe(server(), matcher()) -> ok | {error, error()}.
subscribe(Server, Matcher) -> subscribe(Server, Matcher, []).

%% @doc From now on the calling process gets `{faux_redis, call, Call}' for each call that matches, when it is received.
-spec subscribe(server(), matcher(), list()) -> ok | {error, error()}.
subscribe(Server, Matcher, Options) -> faux_redis_calls:subscribe(Server, Matcher, Options).

%% @doc Checks all that the test has said: expectations, functions that failed, and in strict mode what was not said.
-spec verify(server()) -> ok | {error, error()}.
verify(Server) -> faux_redis_ask:said(fun() -> verify_of(handle(Server)) end).

%% @private
verify_of(Handle) -> faux_redis_calls:verify(Handle).

%% @equiv verify(Server, Matcher, [])
-spec verify(server(), matcher()) -> ok | {error, error()}.
verify(Server, Matcher) -> verify(Server, Matcher, []).

%% @doc Checks that a call was made, as often as `times' says; at least once by default.
-spec verify(server(), matcher(), list()) -> ok | {error, error()}.
verify(Server, Matcher, Options) -> faux_redis_calls:verify(Server, Matcher, Options).

%% @doc All that is not as the test wants it so far. `raised' is `{Class, Reason, Stack}' where a function failed.
-spec failures(server()) -> [failure()].
failures(Server) -> failures_of(handle(Server)).

%% @private
findings_of(Handle) -> faux_redis_nif:findings(Handle).

%% @private
failures_of(Handle) -> faux_redis_calls:failures_of(Handle).

%% Time.

%% @doc The server's time, in seconds since 1970.
-spec now(server()) -> float().
now(Server) -> faux_redis_nif:now(handle(Server)).

%% @doc Moves the server's time on: keys expire, and timeouts and delays end. What becomes due is done before this
%% returns.
-spec advance(server(), non_neg_integer()) -> ok | {error, error()}.
advance(Server, Ms) -> faux_redis_planes:advance(Server, Ms).

%% @doc Moves the server's time on to a moment, in seconds since 1970.
-spec set_time(server(), number()) -> ok | {error, error()}.
set_time(Server, Seconds) -> faux_redis_planes:set_time(Server, Seconds).

%% @doc Stops the time; the way it went before.
-spec freeze(server()) -> binary().
freeze(Server) -> faux_redis_planes:pace(Server, <<"stands">>).

%% @doc Lets the time run with the system's, from where it is; the way it went before.
-spec resume(server()) -> binary().
resume(Server) -> faux_redis_planes:pace(Server, <<"runs">>).

%% @doc Lets time stand, and leap to the next deadline whenever every client waits; the way it went before.
-spec leap(server()) -> binary().
leap(Server) -> faux_redis_planes:pace(Server, <<"leaps">>).

%% @doc Stops the time as long as a function runs.
-spec frozen(server(), fun(() -> Result)) -> Result.
frozen(Server, Function) -> faux_redis_planes:frozen(Server, Function).

%% Conditions and scenarios.

%% @equiv enter(Server, Condition, [])
-spec enter(server(), atom()) -> {ok, reference()} | {error, error()}.
enter(Server, Condition) -> enter(Server, Condition, []).

%% @doc Puts the server into a condition in which a real one refuses commands or connections: `loading', `readonly', `oom',
%% `misconf', `busy', `masterdown', `noreplicas', `clusterdown', `maxclients', `noauth' or `protected'. It is in force until it is
%% left, or the server is reset. The option `name' names it in messages.
-spec enter(server(), atom(), [{name, binary()}]) -> {ok, reference()} | {error, error()}.
enter(Server, Condition, Options) -> faux_redis_planes:enter(Server, Condition, Options).

%% @doc Leaves a condition. False if it had ended before.
-spec leave(reference()) -> boolean() | {error, error()}.
leave(State) -> faux_redis_planes:leave(State).

%% @doc The conditions in force, in the order in which they were entered.
-spec in_force(server()) -> [binary()].
in_force(Server) -> faux_redis_nif:in_force(handle(Server)).

%% @doc Has the server be in a condition as long as a function runs.
-spec within(server(), atom(), fun(() -> Result)) -> Result | {error, error()}.
within(Server, Condition, Function) -> faux_redis_planes:within(Server, Condition, Function).

%% @doc The state that a scenario is in.
-spec scenario(server(), binary()) -> {ok, binary()} | {error, error()}.
scenario(Server, Name) ->
    faux_redis_ask:said(fun() -> faux_redis_nif:scenario(handle(Server), faux_redis_terms:named(Name)) end).

%% @doc Puts a scenario into a state.
-spec set_scenario(server(), binary(), binary()) -> ok | {error, error()}.
set_scenario(Server, Name, State) ->
    faux_redis_ask:said(fun() ->
        {Scenario, To} = {faux_redis_terms:named(Name), faux_redis_terms:word(state, State)},
        faux_redis_ask:plain(faux_redis_nif:set_scenario(handle(Server), Scenario, To))
    end).

%% @doc Has a rule answer so from now on; all else about it stays.
-spec replace(server(), rule(), answer()) -> ok | {error, error()}.
replace(Server, Rule, Answer) -> faux_redis_rules:replace(Server, Rule, Answer).

%% Gates.

%% @equiv hold(Server, Matcher, [])
-spec hold(server(), matcher()) -> {ok, reference()} | {error, error()}.
hold(Server, Matcher) -> hold(Server, Matcher, []).

%% @doc A gate: it holds commands that match `at' `before', the default, they are carried out, or `after' that and before they
%% are answered; no more of them than `times' says. `name' names it in messages.
-spec hold(server(), matcher(), list()) -> {ok, reference()} | {error, error()}.
hold(Server, Matcher, Options) -> faux_redis_planes:hold(Server, Matcher, Options).

%% @doc The commands that a gate holds.
-spec held(reference()) -> [call()] | {error, error()}.
held(Gate) -> faux_redis_planes:held(Gate).

%% @equiv held(Gate, Count, 5000)
-spec held(reference(), pos_integer()) -> {ok, [call()]} | {error, error()}.
held(Gate, Count) -> held(Gate, Count, faux_redis_ask:patience()).

%% @doc The commands that a gate holds, once there are so many.
-spec held(reference(), pos_integer(), non_neg_integer()) -> {ok, [call()]} | {error, error()}.
held(Gate, Count, Timeout) -> faux_redis_planes:held(Gate, Count, Timeout).

%% @private
held_with(Gate, Options) -> faux_redis_planes:held_with(Gate, Options).

%% @equiv release(Gate, all)
-spec release(reference()) -> non_neg_integer() | {error, error()}.
release(Gate) -> release(Gate, all).

%% @doc Lets all commands go on that a gate holds; or so many, those that came first; or one call. How many that were.
-spec release(reference(), all | pos_integer() | call()) -> non_neg_integer() | {error, error()}.
release(Gate, Which) -> faux_redis_planes:release(Gate, Which).

%% @equiv remove(Gate)
-spec remove_gate(reference()) -> ok | {error, error()}.
remove_gate(Gate) -> remove(Gate).

%% Links, and servers that are down.

%% @doc A link: what the bytes of some connections go through, those included that come later, until it is removed or the
%% server is reset. Connections are said as the option `conn' of {@link stub/4} says them, or `any'. Effects are gone
%% through in their order: `{latency, Ms}' or `{latency, {Ms, Jitter}}', `{bandwidth, BytesASecond}', `{slow_close, Ms}',
%% `{slice, Size}' or `{slice, {Size, GapMs}}', `{limit, Bytes}' or `{limit, {Bytes, close | reset | blackhole}}',
%% `{corrupt, Rate}', `blackhole' or `{blackhole, Ms}', `reset', `{reset, Ms}' or `{reset, {bytes, N}}'. `{direction, down | up | both}'
%% concerns those that follow; `{p, Chance}' says how likely a connection is to be met,
%% and `{name, Text}' names the link in messages.
-spec link(server(), term(), list()) -> {ok, reference()} | {error, error()}.
link(Server, Client, Effects) -> faux_redis_planes:link(Server, Client, Effects).

%% @equiv title(Link)
-spec link_title(reference()) -> binary() | nil | {error, error()}.
link_title(Link) -> title(Link).

%% @doc Takes a link away, as {@link remove/1} does. What is under way keeps its time; what it held back comes now.
-spec unlink(reference()) -> ok | {error, error()}.
unlink(Link) -> remove(Link).

%% @equiv pause(Server, any)
-spec pause(server()) -> {ok, reference()} | {error, error()}.
pause(Server) -> pause(Server, any).

%% @doc Stops serving these connections, until the link that this gives is removed.
-spec pause(server(), term()) -> {ok, reference()} | {error, error()}.
pause(Server, Client) -> link(Server, Client, [{name, <<"pause">>}, blackhole]).

%% @equiv down(Server, refuse)
-spec down(server()) -> {ok, reference()} | {error, error()}.
down(Server) -> down(Server, refuse).

%% @doc Takes the server down: its connections are cut, and new ones are refused (`refuse'), accepted and closed at once
%% (`accept_close'), or accepted and never read (`blackhole'). It comes up again on the same port, with its data. In place of
%% the mode there may be options, `mode' and `name'.
-spec down(server(), Mode | [{mode, Mode} | {name, binary() | atom()}]) -> {ok, reference()} | {error, error()} when
    Mode :: refuse | accept_close | blackhole.
down(Server, Mode) -> faux_redis_planes:down(Server, Mode).

%% @doc Ends one reason for which a server is down, as {@link remove/1} does.
-spec end_down(reference()) -> ok | {error, error()}.
end_down(Down) -> remove(Down).

%% @doc Brings the server up again, whoever has it down.
-spec up(server()) -> ok | {error, error()}.
up(Server) -> faux_redis_ask:said(fun() -> faux_redis_nif:up(handle(Server)) end).

%% @doc Whether the server is down.
-spec is_down(server()) -> boolean().
is_down(Server) -> faux_redis_nif:is_down(handle(Server)).

%% @equiv restart(Server, [])
-spec restart(server()) -> ok | {error, error()}.
restart(Server) -> restart(Server, []).

%% @doc Does what clients see when the server's process ends and starts anew on its port. The data is kept, unless
%% `{keep, false}' is said. Stubs, links and calls stay.
-spec restart(server(), [{keep, boolean()}]) -> ok | {error, error()}.
restart(Server, Options) -> faux_redis_planes:restart(Server, Options).

%% @equiv kill(Server, any)
-spec kill(server()) -> {ok, non_neg_integer()} | {error, error()}.
kill(Server) -> kill(Server, any).

%% @equiv kill(Server, Client, close)
-spec kill(server(), term()) -> {ok, non_neg_integer()} | {error, error()}.
kill(Server, Client) -> kill(Server, Client, close).

%% @doc Ends these connections at once, by a FIN (`close') or a RST (`reset'), and tells how many there were.
-spec kill(server(), term(), close | reset) -> {ok, non_neg_integer()} | {error, error()}.
kill(Server, Client, How) -> faux_redis_planes:kill(Server, Client, How).

%% @doc Sends these connections a message that nobody asked for, such as `{message, Channel, Payload}' or
%% `{invalidate, Keys}', and tells how many there were. Over RESP2 only subscribers can take one, and only messages.
-spec push(server(), term(), answer()) -> {ok, non_neg_integer()} | {error, error()}.
push(Server, Client, Value) -> faux_redis_planes:push(Server, Client, Value).

%% @equiv max_clients(Server, Most, [])
-spec max_clients(server(), pos_integer()) -> {ok, reference()} | {error, error()}.
max_clients(Server, Most) -> max_clients(Server, Most, []).

%% @doc Lets so many clients be connected at a time; others get the real server's error and are closed. The option `name'
%% names the limit in messages.
-spec max_clients(server(), pos_integer(), [{name, binary() | atom()}]) -> {ok, reference()} | {error, error()}.
max_clients(Server, Most, Options) -> faux_redis_planes:max_clients(Server, Most, Options).

%% @doc Lets as many clients be connected as before, as {@link remove/1} does.
-spec end_max_clients(reference()) -> ok | {error, error()}.
end_max_clients(Limit) -> remove(Limit).

%% The fault sweep.

%% @equiv sweep(Faults, Function, [])
-spec sweep([answer()], fun((pid()) -> term())) -> {ok, map()} | {error, error()}.
sweep(Faults, Function) -> sweep(Faults, Function, []).

%% @doc Runs a function that gets a server: once without a fault, to see which commands it has sent (those of a
%% connection's handshake do not count), and then once for each command and each fault, each time on a new server, whose
%% rules the fault goes before. A run survives when the function ends in time and nothing is raised, no process that is
%% linked to it ends it, and the server's expectations are met. What the function returns tells nothing.
%%
%% A fault is an answer or an action, such as `reset' or `{error, <<"LOADING Redis is loading the dataset in memory">>}'.
%% Options are those of {@link start_link/1} and `allow' (commands at which it need not survive, or pairs of a command and
%% a fault), `limit' (no more runs than these, 200 by default) and `timeout' (how many milliseconds a run may take,
%% 5000 by default). The function runs in a process of its own each time, and clients that are linked to it end with it.
%%
%% A sweep that went well is a map of the `steps', the `faults', the `runs', how many were `left_out', a `summary' of one
%% line and a `text', a table; an error has the table as its message.
-spec sweep([answer()], fun((pid()) -> term()), list()) -> {ok, map()} | {error, error()}.
sweep(Faults, Function, Options) -> sweep(Faults, Function, Options, erlang).

%% @private
sweep(Faults, Function, Options, Language) -> faux_redis_sweep:run(Faults, Function, Options, Language).

%% More verification.

%% @doc Checks that such calls were made in this order; others may have come between them.
-spec verify_order(server(), [matcher()]) -> ok | {error, error()}.
verify_order(Server, Matchers) -> faux_redis_calls:verify_order(Server, Matchers).

%% @doc Checks that every call is accounted for: by a stub, an expectation, or a verification.
-spec verify_no_more(server()) -> ok | {error, error()}.
verify_no_more(Server) -> faux_redis_ask:said(fun() -> faux_redis_nif:verify_no_more(handle(Server)) end).

%% @doc What helps to see why something failed: the last calls of each connection, and the seed.
-spec context(server()) -> binary().
context(Server) -> context_of(handle(Server)).

%% @private
context_of(Handle) -> faux_redis_nif:context(Handle).

%% @doc All calls that are remembered, for other programs: `text', `jsonl' or `monitor'.
-spec export(server(), atom()) -> {ok, binary()} | {error, error()}.
export(Server, Format) -> faux_redis_calls:export(Server, Format).

%% @equiv lint(Server, [])
-spec lint(server()) -> {ok, [map()]} | {error, error()}.
lint(Server) -> lint(Server, []).

%% @equiv lint(Server, Smells, [])
-spec lint(server(), [atom()]) -> {ok, [map()]} | {error, error()}.
lint(Server, Smells) -> lint(Server, Smells, []).

%% @doc What a look at the calls finds that a reviewer would remark on; for these smells, or all. Options are `ignore' (smells that
%% are not looked for), `max_round_trips' (more are found too) and `n_plus_one' (how many calls in a row, each for another key, are
%% found; 5 by default).
-spec lint(server(), [atom()], [{ignore, [atom()]} | {max_round_trips, non_neg_integer()} | {n_plus_one, pos_integer()}]) ->
    {ok, [map()]} | {error, error()}.
lint(Server, Smells, Options) -> faux_redis_calls:lint(Server, Smells, Options).

%% Waiting.

%% @equiv wait_until_blocked(Server, Key, [])
-spec wait_until_blocked(server(), binary() | nil) -> ok | {error, error()}.
wait_until_blocked(Server, Key) -> wait_until_blocked(Server, Key, []).

%% @doc Waits until clients are blocked on a key, or for `nil' on any: as many as `n' says, one by default, for no longer than
%% `timeout' milliseconds.
-spec wait_until_blocked(server(), binary() | nil, list()) -> ok | {error, error()}.
wait_until_blocked(Server, Key, Options) -> faux_redis_planes:wait_until_blocked(Server, Key, Options).

%% @doc Waits until so many clients would hear what is published on a channel.
-spec wait_for_subscribers(server(), binary(), list()) -> ok | {error, error()}.
wait_for_subscribers(Server, Channel, Options) -> faux_redis_planes:wait_for_subscribers(Server, Channel, Options).

%% @doc Waits until there are so many of these connections: `any', ids, or what must be so of one, as the option `conn' of
%% {@link stub/4} takes it. With `{n, 0}' until there is none.
-spec wait_for_connections(server(), term(), list()) -> ok | {error, error()}.
wait_for_connections(Server, Client, Options) -> faux_redis_planes:wait_for_connections(Server, Client, Options).

%% @equiv wait_idle(Server, [])
-spec wait_idle(server()) -> ok | {error, error()}.
wait_idle(Server) -> wait_idle(Server, []).

%% @doc Waits until all is done that was sent to the server: carried out, answered, and handed to the system.
-spec wait_idle(server(), list()) -> ok | {error, error()}.
wait_idle(Server, Options) -> faux_redis_planes:wait_idle(Server, Options).
