defmodule FauxRedis.CaseTest do
  use FauxRedis.Case, async: true, faux_redis: [databases: 3, version: "7.0.15"]

  alias FauxRedis.Wire

  @moduletag faux_redis: [databases: 4]

  test "the context has the server, its port and its URL", ctx do
    %{redis_server: server, redis_port: port, redis_url: url} = ctx
    assert FauxRedis.port(server) == port
    assert url == "redis://127.0.0.1:#{port}"
    assert Wire.ask(Wire.connect(port), ["PING"]) == "PONG"
  end

  test "options of use are taken, but for those a tag has too", ctx do
    assert FauxRedis.persona(ctx.redis_server) == "redis 7.0.15"
    assert Wire.ask(Wire.connect(ctx.redis_port), ["CONFIG", "GET", "databases"]) == ["databases", "4"]
  end

  @tag faux_redis: [mode: :mock_only, strict: true, databases: 5]
  test "options of the test's own tag come first", ctx do
    {:ok, _rule} = stub(ctx, :get, "stubbed")
    assert Wire.ask(Wire.connect(ctx.redis_port), ["GET", "k"]) == "stubbed"
  end

  test "assertions look at calls and return them", ctx do
    client = Wire.connect(ctx.redis_port)
    Wire.pipeline(client, [["MULTI"], ["INCR", "n"], ["EXEC"], ["GET", "n"]])
    assert [%{name: "INCR"}] = assert_called(ctx, {:command, :incr, ["n"]}, times: 1)
    assert refute_called(ctx, :incr, key: "m") == :ok

    assert [%{name: "MULTI"}, %{name: "INCR"}, %{name: "EXEC"}] =
             assert_command_order(ctx, [:multi, :incr, :exec])

    assert %{name: "GET"} = wait_for(ctx, :get)
    assert [%{name: "GET"}] = calls(ctx, :get)
    assert length(calls(ctx)) == 4
  end

  test "a subscription sends calls to the test's process", ctx do
    assert subscribe(ctx, :get) == :ok
    Wire.ask(Wire.connect(ctx.redis_port), ["GET", "k"])
    assert_receive {:faux_redis, :call, %{name: "GET", args: ["k"]}}, 5_000
  end

  describe "options of a description" do
    @describetag faux_redis: [seed: 7, databases: 6]

    @tag faux_redis: [databases: 7]
    test "and of its tests are taken together", ctx do
      assert FauxRedis.persona(ctx.redis_server) == "redis 7.0.15"
      assert Wire.ask(Wire.connect(ctx.redis_port), ["CONFIG", "GET", "databases"]) == ["databases", "7"]
      assert :faux_redis.context(ctx.redis_server) =~ "seed: 7"
    end

    @tag faux_redis: true
    test "stay where a tag says only that there is a server", ctx do
      assert :faux_redis.context(ctx.redis_server) =~ "seed: 7"
    end

    @tag faux_redis: false
    test "are left where a tag says that there is none", ctx do
      refute Map.has_key?(ctx, :redis_server)
    end
  end

  test "there may be more servers, each with options of its own", ctx do
    other = start_redis(version: "7.2.4")
    {:ok, _rule} = expect(other, :get, "of the other")
    assert Wire.ask(Wire.connect(other.redis_port), ["GET", "k"]) == "of the other"
    assert Wire.ask(Wire.connect(ctx.redis_port), ["GET", "k"]) == nil

    assert [FauxRedis.persona(ctx.redis_server), FauxRedis.persona(other.redis_server)] == [
             "redis 7.0.15",
             "redis 7.2.4"
           ]

    assert other.redis_url == "redis://127.0.0.1:#{other.redis_port}"
    assert_called(other, :get)
    {:ok, _rule} = expect(start_redis(verify: false), :get, "is not verified")
  end

  test "the test's own server is found by its name among those supervised, and may be stopped", ctx do
    start_redis()
    assert stop_supervised(FauxRedis) == :ok
    assert :gen_tcp.connect({127, 0, 0, 1}, ctx.redis_port, []) == {:error, :econnrefused}
    message = Task.await(Task.async(fn -> catch_error(start_redis()) end)) |> Exception.message()
    assert message =~ "is started by the process of a test"
  end

  sweep "a test may be swept", [{:error, "ERR no"}, :close], server do
    assert FauxRedis.persona(server) == "redis 7.0.15"
    Wire.ask(Wire.connect(server), ["CONFIG", "GET", "databases"])
  end

  sweep "what need not be survived is said", [:close], server, allow: [:get] do
    assert Wire.ask(Wire.connect(server), ["GET", "k"]) == nil
  end

  test "a context without a name may be left out" do
    assert self() |> is_pid()
  end

  test "blocks after the body are carried out", _context do
    assert true
  after
    send(self(), :after)
    assert_received :after
  end

  describe "a test that fails" do
    setup do
      script = Path.expand("../fixtures/failing.exs", __DIR__)
      ebin = :faux_redis |> :code.lib_dir() |> Path.join("ebin")
      {output, status} = System.cmd("elixir", ["-pa", ebin, script], stderr_to_stdout: true)
      [_ | failures] = String.split(output, ~r/^ +\d+\) test /m)

      %{
        output: output,
        status: status,
        failures: Map.new(failures, &(&1 |> String.split(" (", parts: 2) |> List.to_tuple()))
      }
    end

    @describetag faux_redis: false
    test "says why, and what its server was asked", %{output: output, failures: failures} do
      assert output =~ "24 tests, 20 failures"
      assert failures["unmet"] =~ ~s(expect SET "lock" ANY: expected at least once, got 0)
      assert failures["unmet"] =~ ~s(SET "lok" "1"  ->  +OK)
      assert failures["unmet"] =~ "failing.exs:11"
      assert failures["asserted wrongly"] =~ "1 + 1 == 3"
      assert failures["asserted wrongly"] =~ ~s(GET "asserted"  ->  (nil\))
      assert failures["thrown"] =~ "a_ball"
      assert output =~ ~s(GET "thrown"  ->  (nil\))
      assert failures["failed and unmet"] =~ "the one reason"
      refute failures["failed and unmet"] =~ "verification failed"
      assert failures["raised in a callback"] =~ "(RuntimeError) from the callback"
      assert failures["raised in a callback"] =~ "failing.exs:31"
      assert failures["strict"] =~ ~r/no stub answered .*GET "k"/
      assert failures["strict"] =~ "stub DEL was never used"
      assert failures["not called"] =~ "GET: expected at least once, got 0"

      assert failures["not called"] =~
               ~r/faux_redis at 127.0.0.1:\d+ \(redis [\d.]+, seed: 0\) was not called/

      assert failures["called"] =~ ~s(GET "k": expected never, got 1)
      assert failures["out of order"] =~ "expected in this order: SET, GET"
      assert failures["waited in vain"] =~ "waited 1ms for GET"

      assert output =~
               ~r/^Failing, test timed out\n\nfaux_redis at .* was called:\n\n.*\n.*GET "before it hung"/m

      assert output =~
               ~r/^Failing, test ended by a process\n\nfaux_redis at .*\n\n.*\n.*GET "before it was ended"/m

      refute failures["ended by a process"] =~ "verification failed"
      assert failures["no options"] =~ "the tag faux_redis takes options of FauxRedis.start_link/1"
      assert failures["no context"] =~ "a test's context with redis_server"
      assert failures["another server"] =~ "expect DEL: expected at least once, got 0"
      assert failures["another server"] =~ "expect GET: expected at least once, got 0"
      assert failures["another server"] =~ ~r/seed: 0\) was not called.*seed: 5\) was called:.*SET "k" "v"/s

      assert failures["raised with another server"] =~
               ~r/the reason.*was not called.*was called:.*SET "k" "v"/s

      assert failures["the only server"] =~ "expect GET: expected at least once, got 0"

      assert output =~
               ~r/^warning: Failing, test warned\n  keys: 1 call of KEYS\n      #1 conn 1: KEYS "\*"\n    why: /m

      refute output =~ ~s(KEYS "ignored")
      assert failures["too many trips"] =~ "round_trips: 2 round trips"
      assert failures["not survived"] =~ "fault sweep: 1 of 1 run not survived (1 command, 1 fault)"
      assert failures["an option"] =~ "option 'mode' takes mock_first, stateful_only or mock_only"
    end
  end
end
