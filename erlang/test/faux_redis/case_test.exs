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
      assert output =~ "13 tests, 11 failures"
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
      assert failures["an option"] =~ "option 'mode' takes mock_first, stateful_only or mock_only"
    end
  end
end
