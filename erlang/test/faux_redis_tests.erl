%% @doc The interface for Erlang, tried with a raw socket and with eredis, where that is installed.
-module(faux_redis_tests).

-include_lib("eunit/include/eunit.hrl").

%% Each test has a server of its own, which ends with the process that started it.
with_server(Options, Test) ->
    {setup,
        fun() -> {ok, Redis} = faux_redis:start_link(Options), Redis end,
        fun faux_redis:stop/1,
        fun(Redis) -> ?_test(Test(Redis)) end}.

stubs_test_() ->
    with_server([], fun(Redis) ->
        Client = connect(Redis),
        {ok, Rule} = faux_redis:stub(Redis, {command, get, [<<"user:1">>]}, <<"Ada">>),
        {ok, _} = faux_redis:stub(Redis, {command, <<"get">>, [{re, "^session:\\d+$"}]}, {error, <<"ERR no">>}),
        ?assertEqual(<<"Ada">>, ask(Client, ["GET", "user:1"])),
        ?assertEqual({error, <<"ERR no">>}, ask(Client, ["GET", "session:1"])),
        ?assertEqual(nil, ask(Client, ["GET", "session:x"])),
        ?assertEqual(1, faux_redis:hits(Rule)),
        ok = faux_redis:remove(Rule),
        ?assertEqual(nil, ask(Client, ["GET", "user:1"]))
    end).

sequences_and_faults_test_() ->
    with_server([{clock, 0}], fun(Redis) ->
        Client = connect(Redis),
        {ok, _} = faux_redis:stub(Redis, ping, [{delay, 500, <<"SLOW">>}, timeout, close]),
        send(Client, ["PING"]),
        {ok, _} = faux_redis:wait_for(Redis, ping),
        ok = faux_redis:advance(Redis, 500),
        ?assertEqual(<<"SLOW">>, answer(Client)),
        send(Client, ["PING"]),
        send(Client, ["PING"]),
        ?assertEqual(closed, answer(Client))
    end).

callbacks_test_() ->
    with_server([], fun(Redis) ->
        Client = connect(Redis),
        Test = self(),
        {ok, _} = faux_redis:stub(Redis, any, fun(#{name := Name, args := Args} = Call) ->
            Test ! {call, Call},
            {array, [Name | Args]}
        end),
        ?assertEqual([<<"SET">>, <<"k">>, <<"v">>], ask(Client, ["SET", "k", "v"])),
        receive
            {call, Call} ->
                ?assertMatch(#{conn_id := _, db := 0, key := <<"k">>, via := direct, rule_id := Rule} when is_reference(Rule), Call),
                ?assertNot(is_map_key('__struct__', Call))
        end
    end).

data_by_hand_test_() ->
    with_server([{data, #{<<"tags">> => {set, [<<"a">>]}}}], fun(Redis) ->
        Client = connect(Redis),
        Board = {zset, [{<<"ada">>, 2.0}]},
        ok = faux_redis_data:put(Redis, "board", Board, [{ttl, 60000}]),
        ?assertEqual(<<"2">>, ask(Client, ["ZSCORE", "board", "ada"])),
        ?assertEqual(Board, faux_redis_data:get(Redis, <<"board">>)),
        ?assertEqual({set, [<<"a">>]}, faux_redis_data:get(Redis, <<"tags">>)),
        Before = faux_redis_data:snapshot(Redis),
        ?assertEqual(true, faux_redis_data:delete(Redis, <<"tags">>)),
        {ok, #{changes := [#{key := <<"tags">>, 'after' := nil}], text := Text}} = faux_redis_data:diff(Redis, Before),
        ?assertMatch(<<"- \"tags\" set", _/binary>>, Text),
        ?assertMatch({error, {verification, _, [#{kind := changed}]}}, faux_redis_data:unchanged(Redis, fun() -> ask(Client, ["SET", "k", "v"]) end)),
        ?assertEqual({ok, 2}, faux_redis_data:restore(Redis, Before)),
        ?assertMatch({error, {option, _}}, faux_redis_data:get(Redis, not_a_key))
    end).

a_sweep_test() ->
    Fragile = fun(Redis) -> <<"PONG">> = ask(connect(Redis), ["PING"]) end,
    {error, {sweep, Table}} = faux_redis:sweep([reset, {error, <<"ERR no">>}], Fragile),
    ?assertMatch(<<"fault sweep: 2 of 2 runs not survived (1 command, 2 faults)", _/binary>>, Table),
    {ok, #{steps := [<<"PING">>], runs := Runs}} = faux_redis:sweep([reset], Fragile, [{allow, [ping]}]),
    ?assertMatch([#{step := 0, fault := 0, outcome := allowed}], Runs).

callbacks_that_fail_test_() ->
    with_server([], fun(Redis) ->
        Client = connect(Redis),
        {ok, _} = faux_redis:stub(Redis, get, fun(_) -> error(no_such_user) end),
        ?assertMatch({error, <<"ERR faux_redis: callback failed: ", _/binary>>}, ask(Client, ["GET", "k"])),
        ?assertMatch([#{kind := callback, raised := {error, no_such_user, [_ | _]}}], faux_redis:failures(Redis)),
        {error, {verification, Message, [#{kind := callback}]}} = faux_redis:verify(Redis),
        ?assertMatch({match, _}, re:run(Message, "no_such_user"))
    end).

expectations_test_() ->
    with_server([], fun(Redis) ->
        Client = connect(Redis),
        {ok, Rule} = faux_redis:expect(Redis, {command, set, [<<"lock">>, any]}, ok, [{times, 2}, {name, lock}]),
        ?assertEqual(<<"OK">>, ask(Client, ["SET", "lock", "1"])),
        {error, {verification, Message, [#{kind := unmet}]}} = faux_redis:verify(Redis),
        ?assertMatch({match, _}, re:run(Message, "last calls of conn 1:\n.*\nseed: 0$")),
        ?assertMatch({match, _}, re:run(Message, "expect 'lock' SET \"lock\" ANY: expected 2 times, got 1")),
        ?assertMatch({match, _}, re:run(Message, "faux_redis_tests.erl:\\d+")),
        ?assertMatch(#{hits := 1, failure := #{kind := unmet}}, faux_redis:rule_info(Rule)),
        ?assertEqual(<<"OK">>, ask(Client, ["SET", "lock", "2"])),
        ?assertEqual(ok, faux_redis:verify(Redis)),
        ?assertEqual(ok, faux_redis:verify(Redis, set, [{times, 2}])),
        ?assertMatch({error, {verification, _, [#{kind := unmet, message := <<"SET: expected at most once, got 2", _/binary>>}]}},
            faux_redis:verify(Redis, set, [{times, {at_most, 1}}])),
        ?assertMatch({error, {verification, _, [#{kind := order}]}}, faux_redis:verify_order(Redis, [set, get]))
    end).

what_would_have_passed_is_told_in_erlang_test_() ->
    with_server([{strict, true}], fun(Redis) ->
        <<"OK">> = ask(connect(Redis), ["SET", "lok", "1"]),
        {error, {verification, Message, _}} = faux_redis:verify(Redis),
        ?assertMatch({_, _}, binary:match(Message,
            <<"{ok, _} = faux_redis:stub(Server, {command, <<\"SET\">>, [<<\"lok\">>, <<\"1\">>]}, execute)">>)),
        {error, {verification, Nearest, _}} = faux_redis:verify(Redis, {command, set, [<<"lock">>, any]}),
        ?assertMatch({_, _}, binary:match(Nearest,
            <<"ok = faux_redis:verify(Server, {command, <<\"SET\">>, [<<\"lok\">>, <<\"1\">>]}, [{times, 1}])">>)),
        ok = faux_redis:verify(Redis, {command, <<"SET">>, [<<"lok">>, <<"1">>]}, [{times, 1}])
    end).

calls_test_() ->
    with_server([], fun(Redis) ->
        Client = connect(Redis),
        ok = faux_redis:subscribe(Redis, set, [{key, {glob, "a*"}}]),
        [ask(Client, Words) || Words <- [["SET", "ab", "1"], ["SET", "b", "2"], ["GET", "ab"]]],
        ?assertMatch([#{name := <<"SET">>, reply := ok}, _, #{reply := <<"1">>}], faux_redis:calls(Redis)),
        ?assertMatch([#{args := [<<"b">>, <<"2">>]}], faux_redis:calls(Redis, {command, set, ['_', 2]})),
        receive {faux_redis, call, #{key := Key}} -> ?assertEqual(<<"ab">>, Key) end,
        ?assertMatch({match, _}, re:run(faux_redis:transcript(Redis), "GET \"ab\"  ->  \"1\"")),
        ok = faux_redis:reset(Redis),
        ?assertEqual([], faux_redis:calls(Redis))
    end).

what_the_journal_dropped_is_told_in_calls_and_bytes_test_() ->
    with_server([{journal_limit, 1}], fun(Redis) ->
        Client = connect(Redis),
        ?assertEqual({0, 0}, {faux_redis:dropped_calls(Redis), faux_redis:dropped_bytes(Redis)}),
        [ask(Client, ["ECHO", Word]) || Word <- ["dropped", "kept"]],
        ?assertEqual(1, faux_redis:dropped_calls(Redis)),
        ?assert(faux_redis:dropped_bytes(Redis) >= length("ECHOdropped"))
    end).

pushes_have_words_of_their_own_test_() ->
    with_server([], fun(Redis) ->
        Client = connect(Redis),
        ?assertMatch(#{<<"proto">> := 3}, ask(Client, ["HELLO", "3"])),
        ?assertEqual({ok, 1}, faux_redis:push(Redis, any, {message, <<"news">>, <<"hello">>})),
        ?assertEqual({push, [<<"message">>, <<"news">>, <<"hello">>]}, answer(Client)),
        ?assertEqual({ok, 1}, faux_redis:push(Redis, any, {invalidate, [<<"k">>]})),
        ?assertEqual({push, [<<"invalidate">>, [<<"k">>]]}, answer(Client))
    end).

planes_test_() ->
    with_server([], fun(Redis) ->
        Client = connect(Redis),
        {ok, _} = faux_redis:stub(Redis, {command, set, [<<"lock">>, rest]}, nil, [{'NX', true}, {'EX', {gt, 30}}]),
        ?assertEqual(nil, ask(Client, ["SET", "lock", "me", "EX", "60", "NX"])),
        ?assertEqual(<<"OK">>, ask(Client, ["SET", "lock", "me", "EX", "20", "NX"])),
        Refused = faux_redis:within(Redis, readonly, fun() -> ask(Client, ["SET", "k", "v"]) end),
        ?assertMatch({error, <<"READONLY", _/binary>>}, Refused),
        {ok, Gate} = faux_redis:hold(Redis, get),
        send(Client, ["GET", "k"]),
        {ok, [#{args := [<<"k">>]}]} = faux_redis:held(Gate, 1),
        ?assertEqual(1, faux_redis:release(Gate)),
        ?assertEqual(nil, answer(Client)),
        ok = faux_redis:remove_gate(Gate),
        {ok, Link} = faux_redis:link(Redis, any, [{slice, 1}]),
        ?assertEqual(<<"sliced">>, ask(Client, ["ECHO", "sliced"])),
        ok = faux_redis:unlink(Link),
        {ok, Down} = faux_redis:down(Redis),
        ?assert(faux_redis:is_down(Redis)),
        ok = faux_redis:end_down(Down),
        ?assertEqual(<<"PONG">>, ask(connect(Redis), ["PING"])),
        ?assertEqual(ok, faux_redis:verify_order(Redis, [set, get, ping]))
    end).

every_handle_has_a_name_and_knows_the_line_that_made_it_test_() ->
    with_server([], fun(Redis) ->
        Named = [{name, n}],
        {ok, Rule} = faux_redis:stub(Redis, get, <<"Ada">>, Named),
        {ok, Link} = faux_redis:link(Redis, any, [{slice, 1} | Named]),
        {ok, State} = faux_redis:enter(Redis, readonly, Named),
        {ok, Gate} = faux_redis:hold(Redis, get, Named),
        {ok, Limit} = faux_redis:max_clients(Redis, 3, Named),
        Snapshot = faux_redis_data:snapshot(Redis, Named),
        {ok, Down} = faux_redis:down(Redis, Named), Line = ?LINE,
        Handles = [{Rule, "stub 'n' GET"}, {Link, "link 'n'(client()).slice(1)/down"}, {State, "readonly 'n'"},
            {Gate, "hold 'n' GET at=before"}, {Limit, "max_clients 'n' 3"}, {Snapshot, "snapshot 'n'"},
            {Down, "down 'n' mode=refuse"}],
        lists:foldr(fun({Handle, Title}, At) ->
            ?assertEqual(list_to_binary(Title), faux_redis:title(Handle)),
            ?assertMatch({match, _}, re:run(faux_redis:source(Handle), ["faux_redis_tests.erl:", integer_to_list(At), "$"])),
            ?assertEqual(ok, faux_redis:remove(Handle)),
            ?assertEqual(nil, faux_redis:title(Handle)),
            At - 1
        end, Line, Handles),
        ?assertMatch({error, {option, <<"a handle is ", _/binary>>}}, faux_redis:title(Redis)),
        ?assertEqual(nil, ask(connect(Redis), ["GET", "k"]))
    end).

errors_are_a_kind_and_a_message_test() ->
    ?assertMatch({error, {option, <<"option 'mode' takes ", _/binary>>}}, faux_redis:start_link([{mode, mocking}])),
    {ok, Redis} = faux_redis:start_link([{name, {local, of_errors}}, {password, "secret"}]),
    ?assertMatch({error, {listen, _}}, faux_redis:start_link([{port, faux_redis:port(Redis)}])),
    ?assertMatch({error, {pattern, _}}, faux_redis:stub(Redis, {command, get, [{re, "("}]}, ok)),
    ?assertMatch({error, {answer, _}}, faux_redis:stub(Redis, get, self())),
    {error, {option, Message}} = faux_redis:verify(Redis, get, [{times, [<<"x">>, one]}]),
    ?assertEqual(<<"option 'times' takes a whole number, a range, {at_least, N} or {at_most, N}, not [<<\"x\">>,one]">>, Message),
    ?assertMatch({error, {timeout, _}}, faux_redis:wait_for(Redis, get, [{timeout, 1}])),
    ?assertMatch(<<"redis://:secret@127.0.0.1:", _/binary>>, faux_redis:url(of_errors)),
    ok = faux_redis:stop(of_errors),
    ?assertEqual({error, {stopped, <<"the server of_errors does not run">>}}, faux_redis:stub(of_errors, get, <<"x">>)).

a_supervisor_starts_it_test() ->
    #{id := here, start := {Module, Function, Args}} = faux_redis:child_spec([{name, here}]),
    {ok, Redis} = apply(Module, Function, Args),
    ?assertEqual({<<"127.0.0.1">>, faux_redis:port(here)}, faux_redis:address(Redis)),
    ok = faux_redis:stop(Redis).

%% A client of one's own.

connect(Redis) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, faux_redis:port(Redis), [binary, {active, false}]),
    Socket.

send(Socket, Words) ->
    {ok, Bytes} = faux_redis_nif:encode([list_to_binary(Word) || Word <- Words], 2),
    ok = gen_tcp:send(Socket, Bytes).

ask(Socket, Words) ->
    send(Socket, Words),
    answer(Socket).

answer(Socket) -> answer(Socket, <<>>).

answer(Socket, Before) ->
    case gen_tcp:recv(Socket, 0, 10000) of
        {ok, More} ->
            case faux_redis_nif:decode(<<Before/binary, More/binary>>) of
                {ok, Reply, <<>>} -> Reply;
                more -> answer(Socket, <<Before/binary, More/binary>>)
            end;
        {error, Reason} -> Reason
    end.
