defmodule FauxRedis.WordsPlanesTest do
  @moduledoc "Words of links, conditions, gates and calls that no other test shows, each at work through a socket."
  use FauxRedis.Case, async: true

  alias FauxRedis.{Clock, Gate, Link, State, Wire}

  setup %{redis_server: server}, do: %{client: Wire.connect(server)}

  # The time stands: nothing comes through until it is moved on. What a client has sent may not have been read yet when it
  # is, so it is moved again.
  defp comes_after(server, client, ms, tries \\ 1_000) do
    if tries == 1_000, do: assert(Wire.receive_reply(client, 1) == :silent)
    Clock.advance(server, ms)

    case Wire.receive_reply(client, 10) do
      :silent when tries > 0 -> comes_after(server, client, ms, tries - 1)
      reply -> reply
    end
  end

  # How it ends, whatever comes before.
  defp ends(client) do
    case Wire.receive_reply(client) do
      ended when ended in [:closed, :reset, :silent] -> ended
      _reply -> ends(client)
    end
  end

  describe "a link" do
    test "takes the time that its effects say", %{redis_server: server, client: client} do
      Clock.freeze(server)

      for effect <- [
            [latency: {50, 10}],
            [bandwidth: 10],
            [slice: {1, 20}],
            [direction: :both, latency: 50]
          ] do
        link = Link.add!(server, :any, effect)
        Wire.send(client, ["ECHO", "k"])
        assert {effect, comes_after(server, client, 60)} == {effect, "k"}
        assert FauxRedis.remove(link) == :ok
      end
    end

    test "leaves alone the direction it is not for", %{redis_server: server, client: client} do
      Clock.freeze(server)
      Link.add!(server, :any, direction: :up, latency: 50)
      Wire.send(client, ["ECHO", "k"])
      assert comes_after(server, client, 50) == "k"
      assert {:error, %{kind: :option}} = Link.add(server, :any, direction: :sideways, latency: 1)
    end

    test "meets as many connections as chance says", %{redis_server: server, client: client} do
      Clock.freeze(server)
      Link.add!(server, :any, p: 0, latency: 50)
      assert Wire.ask(client, ["PING"]) == "PONG"
      Link.add!(server, :any, p: 1, latency: 50)
      Wire.send(client, ["PING"])
      assert comes_after(server, client, 50) == "PONG"
    end

    test "spoils bytes", %{redis_server: server, client: client} do
      Link.within(server, :any, [corrupt: 1], fn ->
        Wire.send(client, ["ECHO", "spoilt"])
        assert {:ok, bytes} = Wire.receive_raw(client, 12)
        assert bytes != "$6\r\nspoilt\r\n"
      end)

      assert Wire.ask(client, ["ECHO", "whole"]) == "whole"
    end

    test "is half open, for good or for a time", %{redis_server: server} do
      Clock.freeze(server)
      silent = Wire.connect(server)
      closed = Wire.connect(server)
      ids = for client <- [silent, closed], do: Wire.ask(client, ["CLIENT", "ID"])

      [one, other] =
        for {id, effect} <- Enum.zip(ids, [true, 50]), do: Link.add!(server, id, blackhole: effect)

      Wire.send(silent, ["PING"])
      Wire.send(closed, ["PING"])
      assert comes_after(server, closed, 50) in [:closed, :reset]
      assert Wire.receive_reply(silent, 1) == :silent
      Enum.each([one, other], &Link.remove/1)
      assert Wire.receive_reply(silent) == "PONG"
    end

    test "resets at once, after a time, or after bytes", %{redis_server: server} do
      Clock.freeze(server)

      for {reset, sent} <- [{true, nil}, {50, "PONG"}, {{:bytes, 3}, {:ok, "+PO"}}] do
        client = Wire.connect(server)
        id = Wire.ask(client, ["CLIENT", "ID"])
        link = Link.add!(server, id, reset: reset)
        Wire.send(client, ["PING"])
        if is_tuple(reset), do: assert(Wire.receive_raw(client, 3) == sent)
        if is_integer(reset), do: assert(Wire.receive_reply(client) == sent)
        ending = if is_integer(reset), do: comes_after(server, client, 50), else: ends(client)
        assert {reset, ending in [:reset, :closed]} == {reset, true}
        Link.remove(link)
      end
    end

    test "keeps a connection open that a client or a server closes", %{redis_server: server, client: client} do
      Clock.freeze(server)
      Link.add!(server, :any, slow_close: 50)
      Wire.send(client, ["QUIT"])
      assert Wire.receive_reply(client) == "OK"
      assert comes_after(server, client, 50) in [:closed, :reset]
    end

    test "lets so many bytes through, and then is silent", %{redis_server: server, client: client} do
      Link.add!(server, :any, limit: {3, :blackhole})
      Wire.send(client, ["ECHO", "cut short"])
      assert Wire.receive_raw(client, 3) == {:ok, "$9\r"}
      assert Wire.receive_reply(client, 1) == :silent
    end
  end

  test "a server that is down closes at once, or is never heard", %{redis_server: server, redis_port: port} do
    refute FauxRedis.down?(server)

    for {mode, patience, meets} <- [{:accept_close, 10_000, [:closed, :reset]}, {:blackhole, 1, [:silent]}] do
      assert FauxRedis.down(server, mode) == :ok
      assert FauxRedis.down?(server)
      client = Wire.connect(port)
      Wire.send(client, ["PING"])
      assert {mode, Wire.receive_reply(client, patience) in meets} == {mode, true}
      assert FauxRedis.up(server) == :ok
      assert Wire.ask(Wire.connect(port), ["PING"]) == "PONG"
    end
  end

  test "clients are told what nobody asked for", %{redis_server: server, client: client} do
    subscriber = Wire.connect(server)
    assert Wire.ask(subscriber, ["SUBSCRIBE", "news"]) == ["subscribe", "news", 1]
    assert [%{conn_id: id}] = FauxRedis.calls(server, :subscribe)
    assert FauxRedis.push(server, id, {:message, "news", "hello"}) == {:ok, 1}
    assert Wire.receive_reply(subscriber) == ["message", "news", "hello"]

    assert %{"proto" => 3, "id" => id} = Wire.ask(client, ["HELLO", "3"])
    for keys <- [["k", "l"], "k", []], do: assert(FauxRedis.push(server, id, {:invalidate, keys}) == {:ok, 1})
    told = for _ <- 1..3, do: Wire.receive_reply(client)
    assert told == [push: ["invalidate", ["k", "l"]], push: ["invalidate", ["k"]], push: ["invalidate", nil]]

    for wrong <- [{:message, "news"}, {:message, :news, "hello"}, {:invalidate, [1]}, {:invalidate, :k}] do
      assert {:error, %{kind: :answer, message: message}} = FauxRedis.push(server, :any, wrong)
      assert message =~ "an answer is a binary"
    end
  end

  describe "a condition" do
    test "refuses a command in the server's words", %{redis_server: server, client: client} do
      for {condition, request, reply} <- [
            {:loading, ["GET", "k"], "LOADING Redis is loading the dataset in memory"},
            {:readonly, ["SET", "k", "v"], "READONLY You can't write against a read only replica."},
            {:oom, ["SET", "k", "v"], "OOM command not allowed when used memory > 'maxmemory'."},
            {:misconf, ["SET", "k", "v"], "MISCONF "},
            {:busy, ["GET", "k"], "BUSY "},
            {:masterdown, ["GET", "k"], "MASTERDOWN "},
            {:noreplicas, ["SET", "k", "v"], "NOREPLICAS "},
            {:clusterdown, ["GET", "k"], "CLUSTERDOWN "},
            {:noauth, ["GET", "k"], "NOAUTH "}
          ] do
        state = State.enter!(server, condition)
        assert {:error, line} = Wire.ask(client, request)
        assert {condition, String.starts_with?(line, reply)} == {condition, true}
        assert State.leave(state)
        assert Wire.ask(client, ["DEL", "k"]) == 0
      end
    end

    test "turns clients away", %{redis_server: server} do
      for {condition, reply} <- [maxclients: "ERR max number", protected: "DENIED "] do
        assert {:error, line} =
                 State.within(server, condition, fn -> Wire.receive_reply(Wire.connect(server)) end)

        assert {condition, String.starts_with?(line, reply)} == {condition, true}
      end
    end

    test "is in force until it is left, beside others", %{redis_server: server, client: client} do
      State.enter!(server, :oom)
      loading = State.enter!(server, :loading, name: "start")
      assert State.in_force(server) == ["oom", "loading 'start'"]
      assert {:error, "LOADING " <> _} = Wire.ask(client, ["SET", "k", "v"])
      State.leave(loading)
      assert State.in_force(server) == ["oom"]
      assert {:error, "OOM " <> _} = Wire.ask(client, ["SET", "k", "v"])
    end
  end

  test "time is frozen as long as a function runs", %{redis_server: server, client: client} do
    Clock.frozen(server, fn ->
      before = Clock.now(server)
      assert Wire.ask(client, ["SET", "k", "v", "PX", "50"]) == "OK"
      assert Clock.advance(server, 51) == :ok
      assert Wire.ask(client, ["GET", "k"]) == nil
      assert_in_delta Clock.now(server) - before, 0.051, 0.000_1
    end)

    # It runs again: a client that waits is let go by the time itself.
    assert Wire.ask(client, ["BLPOP", "none", "0.01"]) == nil
  end

  test "a gate holds so many, and a test waits for several", %{redis_server: server} do
    {:ok, gate} = Gate.hold(server, :get, at: :before, times: 2)
    clients = for n <- 1..3, do: {n, Wire.connect(server)}

    for {n, client} <- clients,
        do: {Wire.send(client, ["GET", "#{n}"]), FauxRedis.wait_for!(server, :get, times: n)}

    assert {:ok, [%{key: "1"}, %{key: "2"}]} = Gate.await(gate, n: 2)
    [first, second, third] = Enum.map(clients, &elem(&1, 1))
    assert Wire.receive_reply(third) == nil
    assert Gate.release(gate, 1) == 1
    assert Wire.receive_reply(first) == nil
    assert [%{key: "2"}] = Gate.held(gate)
    assert Gate.release(gate) == 1
    assert Wire.receive_reply(second) == nil
  end

  describe "a call" do
    test "tells its every part", %{redis_server: server, client: client} do
      Wire.pipeline(client, [["CLIENT", "SETNAME", "app"], ["SELECT", "2"]])
      rule = FauxRedis.stub!(server, :mget, {:do, [["a", "b"], :duplicate]})
      Wire.pipeline(client, [["MULTI"], ["INCR", "n"], ["EXEC"]])
      Wire.ask(client, ["MGET", "k", "l"])

      assert %FauxRedis.Call{
               seq: 6,
               name: "MGET",
               args: ["k", "l"],
               key: "k",
               keys: ["k", "l"],
               client_name: "app",
               db: 2,
               user: "default",
               protocol: 2,
               via: :direct,
               rule_id: ^rule,
               action: :rule,
               reply: ["a", "b"],
               faults: ["duplicate()"],
               trip: 3,
               asserted: false
             } = call = server |> FauxRedis.calls() |> List.last()

      assert is_integer(call.conn_id) and is_integer(call.duration_us)
      assert_in_delta call.timestamp, System.system_time(:millisecond), 60_000
      assert [%{via: :exec, trip: 2}] = FauxRedis.calls(server, :incr)
      assert FauxRedis.verify(server, :mget, times: 1) == :ok
      assert [%{asserted: true}] = FauxRedis.calls(server, :mget)
    end

    test "is one of several that are waited for", %{redis_server: server, client: client} do
      Wire.send_raw(client, Enum.map(1..3, &FauxRedis.RESP.encode(["GET", "#{&1}"])))
      assert {:ok, %{key: "3"}} = FauxRedis.wait_for(server, :get, times: 3)
      assert %{key: "2"} = wait_for(server, {:command, :get, ["2"]})

      assert {:error, %{kind: :timeout, message: message}} =
               FauxRedis.wait_for(server, :get, times: 4, timeout: 1)

      assert message =~ "GET"
    end
  end

  describe "verification" do
    @tag faux_redis: [verify: false]
    test "can be left out", %{redis_server: server} do
      FauxRedis.expect!(server, :get)
      assert {:error, %{kind: :verification}} = FauxRedis.verify(server)
    end

    @tag faux_redis: [strict: true, verify: false]
    test "may want every call answered by a stub and every stub used", ctx do
      %{redis_server: server, client: client} = ctx
      FauxRedis.stub!(server, :del, 1)
      Wire.ask(client, ["GET", "k"])
      assert {:error, %{failures: failures}} = FauxRedis.verify(server)
      assert failures |> Enum.map(& &1.kind) |> Enum.sort() == [:unmocked, :unused]
    end

    @tag faux_redis: [strict: :all, verify: false]
    test "may want every call asserted", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "x")
      Wire.ask(client, ["GET", "k"])
      assert {:error, %{failures: [%{kind: :unasserted, message: message}]}} = FauxRedis.verify(server)
      assert message =~ ~s(GET "k")
      assert [%{asserted: false}] = FauxRedis.calls(server, :get)
      assert FauxRedis.verify(server, :get) == :ok
      assert FauxRedis.verify(server) == :ok
    end
  end

  test "calls are exported as text, as objects and as MONITOR shows them", ctx do
    %{redis_server: server, client: client} = ctx
    Wire.ask(client, ["SET", "a", "1"])
    assert FauxRedis.export(server, :text) =~ ~s(SET "a" "1"  ->  +OK)
    assert FauxRedis.export(server, :jsonl) =~ ~r/^{.*"name":"SET".*}$/m
    assert FauxRedis.export(server, :monitor) =~ ~r/^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "a" "1"$/m
  end

  describe "a lint" do
    @tag faux_redis: [lint: [:keys], verify: false]
    test "looks for what it is told to", %{redis_server: server, client: client} do
      Wire.pipeline(client, [["KEYS", "*"], ["FLUSHALL"]])
      assert [%{smell: "keys"}] = FauxRedis.lint(server, [:keys])
      assert ["keys", "flush"] = server |> FauxRedis.lint([:keys, :flush]) |> Enum.map(& &1.smell)
      assert FauxRedis.verify(server) == :ok
    end

    test "finds more round trips than a budget has", %{redis_server: server, client: client} do
      Wire.pipeline(client, [["SET", "a", "1"], ["SET", "b", "2"]])
      assert FauxRedis.lint(server, [:keys], max_round_trips: 1) == []
      Wire.ask(client, ["GET", "a"])
      assert [%{smell: "round_trips", message: message}] = FauxRedis.lint(server, [:keys], max_round_trips: 1)
      assert message == "2 round trips, no more than 1 allowed"
    end

    @tag faux_redis: [max_round_trips: 1, verify: false]
    test "fails for a budget that is exceeded", %{redis_server: server, client: client} do
      Wire.pipeline(client, [["SET", "a", "1"], ["KEYS", "*"]])
      assert FauxRedis.verify(server) == :ok
      Wire.ask(client, ["GET", "a"])
      assert {:error, %{failures: [%{kind: :lint, message: message}]}} = FauxRedis.verify(server)
      assert message =~ "2 round trips, no more than 1 allowed"
    end
  end
end
