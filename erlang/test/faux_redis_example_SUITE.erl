%% @doc How a suite of Common Test has a server for each test case, verified at its end.
-module(faux_redis_example_SUITE).

-include_lib("stdlib/include/assert.hrl").

-export([all/0, init_per_testcase/2, end_per_testcase/2]).
-export([reads_a_user/1, survives_a_lost_connection/1]).

all() -> [reads_a_user, survives_a_lost_connection].

init_per_testcase(_Case, Config) ->
    %% The process of a test case is another one than this: the server must not end with it.
    {ok, Redis} = start_apart(),
    [{redis, Redis} | Config].

end_per_testcase(_Case, Config) ->
    Redis = proplists:get_value(redis, Config),
    Verified = faux_redis:verify(Redis),
    Verified =:= ok orelse ct:pal("~ts", [faux_redis:transcript(Redis)]),
    ok = faux_redis:stop(Redis),
    case Verified of
        ok -> ok;
        {error, {verification, Message, _}} -> {fail, unicode:characters_to_list(Message)}
    end.

reads_a_user(Config) ->
    Redis = proplists:get_value(redis, Config),
    {ok, _} = faux_redis:expect(Redis, {command, get, [<<"user:1">>]}, <<"Ada">>),
    ?assertEqual(<<"$3\r\nAda\r\n">>, exchange(Redis, <<"GET user:1\r\n">>)).

survives_a_lost_connection(Config) ->
    Redis = proplists:get_value(redis, Config),
    {ok, _} = faux_redis:stub(Redis, get, [close, <<"Ada">>]),
    ?assertEqual(closed, exchange(Redis, <<"GET user:1\r\n">>)),
    ?assertEqual(<<"$3\r\nAda\r\n">>, exchange(Redis, <<"GET user:1\r\n">>)).

start_apart() ->
    Test = self(),
    spawn(fun() ->
        {ok, Redis} = faux_redis:start_link(),
        Test ! {started, Redis},
        Monitor = monitor(process, Redis),
        receive {'DOWN', Monitor, process, Redis, _} -> ok end
    end),
    receive {started, Redis} -> {ok, Redis} end.

exchange(Redis, Bytes) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, faux_redis:port(Redis), [binary, {active, false}]),
    ok = gen_tcp:send(Socket, Bytes),
    case gen_tcp:recv(Socket, 0, 10000) of
        {ok, Reply} -> Reply;
        {error, Reason} -> Reason
    end.
