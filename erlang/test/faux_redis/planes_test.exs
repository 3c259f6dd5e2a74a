defmodule FauxRedis.PlanesTest do
  @moduledoc "Matching by the grammar, conditions, the clock, gates and waiting, as Elixir says them."
  use FauxRedis.Case, async: true

  alias FauxRedis.{Clock, Gate, State, Wire}

  setup %{redis_server: server} do
    %{client: Wire.connect(server)}
  end

  describe "matching" do
    test "asks for options by name, in any order", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, {:command, :set, ["lock", :rest]}, "held", NX: true, EX: {:gt, 30}, GET: false)
      assert Wire.ask(client, ["SET", "lock", "me", "EX", "60", "NX"]) == "held"
      assert Wire.ask(client, ["SET", "lock", "me", "NX", "EX", "60"]) == "held"
      assert Wire.ask(client, ["SET", "lock", "me", "EX", "20", "NX"]) == "OK"
      assert Wire.ask(client, ["SET", "lock", "me", "EX", "60"]) == "OK"
      assert {:error, %{kind: :option, message: message}} = FauxRedis.stub(server, :set, "x", EXX: 1)
      assert message =~ "EXX"
      assert {:error, %{kind: :option}} = FauxRedis.stub(server, :set, "x", ex: 1)
    end

    test "means commands by what they have in common", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, {:category, "@write"}, {:error, "ERR no writes"})
      FauxRedis.stub!(server, {:flag, "blocking"}, nil)

      assert Wire.pipeline(client, [["SET", "k", "v"], ["GET", "k"], ["BLPOP", "l", "0"]]) ==
               [{:error, "ERR no writes"}, nil, nil]

      assert {:error, %{kind: :option}} = FauxRedis.stub(server, {:category, "nonsense"}, "x")
    end

    test "compares numbers, JSON, and combines patterns", %{redis_server: server, client: client} do
      matched = fn pattern, text ->
        rule = FauxRedis.stub!(server, {:command, :echo, [pattern]}, "matched")
        reply = Wire.ask(client, ["ECHO", text])
        FauxRedis.remove(rule)
        reply == "matched"
      end

      assert matched.({:between, 1, 10}, "7.5")
      refute matched.({:between, 1, 10}, "11")
      assert matched.({:json, "$.user.id", 7}, ~s({"user": {"id": 7}}))
      refute matched.({:json, "$.user.id", 7}, ~s({"user": {"id": 8}}))
      assert matched.({:json, "$.tags", ["a", %{"b" => nil}]}, ~s({"tags": ["a", {"b": null}]}))
      assert matched.({:json, "$.name", {:glob, "A*"}}, ~s({"name": "Ada"}))
      assert matched.({:and, {:gt, 1}, {:not, 5}}, "4")
      refute matched.({:and, {:gt, 1}, {:not, 5}}, "5")
      assert matched.({:or, ~r/^a/, &(&1 == "b")}, "b")
      assert matched.({:or, "x", "y"}, "y")
    end

    test "leaves some to chance, from the server's seed", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "hit", p: 0.5)
      replies = for _ <- 1..50, do: Wire.ask(client, ["GET", "k"])
      assert "hit" in replies and nil in replies
      assert {:error, %{kind: :option}} = FauxRedis.stub(server, :get, "x", p: 2)
    end

    test "goes by scenarios", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "old", scenario: [name: "failover", to: "over"])
      FauxRedis.stub!(server, :get, "new", scenario: [name: "failover", when: "over"])
      assert for(_ <- 1..3, do: Wire.ask(client, ["GET", "k"])) == ["old", "new", "new"]
      assert FauxRedis.scenario(server, "failover") == "over"
    end

    test "a rule's answer is replaced while it is in use", %{redis_server: server, client: client} do
      rule = FauxRedis.stub!(server, :get, "before")
      assert Wire.ask(client, ["GET", "k"]) == "before"
      assert FauxRedis.replace(server, rule, fn call -> "after #{call.key}" end) == :ok
      assert Wire.ask(client, ["GET", "k"]) == "after k"
      assert FauxRedis.hits(rule) == 2
      assert {:error, %{kind: :answer}} = FauxRedis.replace(server, rule, :nonsense)
    end
  end

  describe "state" do
    test "refuses what a real server refuses, in its words", %{redis_server: server, client: client} do
      state = State.enter!(server, :readonly)

      assert [{:error, "READONLY You can't write against a read only replica."}, nil] =
               Wire.pipeline(client, [["SET", "k", "v"], ["GET", "k"]])

      assert State.leave(state)
      refute State.leave(state)
      assert Wire.ask(client, ["SET", "k", "v"]) == "OK"

      State.within(server, :loading, fn ->
        assert {:error, "LOADING " <> _} = Wire.ask(client, ["GET", "k"])
      end)

      assert Wire.ask(client, ["GET", "k"]) == "v"
      assert {:error, %{kind: :option, message: message}} = State.enter(server, :tired)
      assert message =~ "loading, readonly, oom"
    end
  end

  describe "the clock" do
    test "stands as long as it is frozen", %{redis_server: server, client: client} do
      Clock.freeze(server)
      Wire.ask(client, ["SET", "k", "v", "PX", "50"])
      Clock.advance(server, 50)
      assert Wire.ask(client, ["PTTL", "k"]) == 0
      Clock.advance(server, 1)
      assert Wire.ask(client, ["GET", "k"]) == nil
      Clock.resume(server)
    end

    test "is set to a moment", %{redis_server: server, client: client} do
      assert Clock.set(server, ~U[2100-01-01 00:00:00Z]) == :ok
      assert [seconds, _] = Wire.ask(client, ["TIME"])
      assert String.to_integer(seconds) >= 4_102_444_800
    end

    test "leaps when every client waits", %{redis_server: server, client: client} do
      Clock.leap(server)
      assert Wire.ask(client, ["BLPOP", "jobs", "3600"]) == nil
    end
  end

  describe "a gate" do
    test "holds commands before they are carried out", %{redis_server: server, client: client} do
      {:ok, gate} = Gate.hold(server, :set, key: "lock")
      Wire.send(client, ["SET", "lock", "first"])
      assert {:ok, [%{args: ["lock", "first"], reply: nil} = call]} = Gate.await(gate)
      other = Wire.connect(server)
      assert Wire.ask(other, ["GET", "lock"]) == nil
      assert [%{seq: seq}] = Gate.held(gate)
      assert seq == call.seq
      assert Gate.release(gate, call) == 1
      assert Wire.receive_reply(client) == "OK"
      assert Wire.ask(other, ["GET", "lock"]) == "first"
      assert Gate.remove(gate) == :ok
    end

    test "holds replies of commands that were carried out", %{redis_server: server, client: client} do
      {:ok, gate} = Gate.hold(server, :incr, at: :after, times: 1)
      Wire.send(client, ["INCR", "n"])
      assert {:ok, [_]} = Gate.await(gate)
      other = Wire.connect(server)
      assert Wire.pipeline(other, [["GET", "n"], ["INCR", "n"]]) == ["1", 2]
      assert Gate.release(gate) == 1
      assert Wire.receive_reply(client) == 1
      assert {:error, %{kind: :timeout}} = Gate.await(gate, timeout: 1)
      assert {:error, %{kind: :option}} = Gate.hold(server, :incr, at: :noon)
    end
  end

  describe "waiting" do
    test "for clients that are blocked", %{redis_server: server, client: client} do
      Wire.send(client, ["BLPOP", "jobs", "0"])
      assert FauxRedis.wait_until_blocked(server, "jobs") == :ok

      assert {:error, %{kind: :timeout, message: message}} =
               FauxRedis.wait_until_blocked(server, "jobs", n: 2, timeout: 1)

      assert message =~ "jobs"
      assert Wire.ask(Wire.connect(server), ["RPUSH", "jobs", "a"]) == 1
      assert Wire.receive_reply(client) == ["jobs", "a"]
    end

    test "for subscribers and connections", %{redis_server: server, client: client} do
      Wire.ask(client, ["CLIENT", "SETNAME", "worker-1"])
      Wire.send(client, ["SUBSCRIBE", "news"])
      assert FauxRedis.wait_for_subscribers(server, "news") == :ok
      assert FauxRedis.wait_for_connections(server, name: {:glob, "worker-*"}) == :ok
      Wire.close(client)
      assert FauxRedis.wait_for_connections(server, [name: {:glob, "worker-*"}], n: 0) == :ok
      assert {:error, %{kind: :option}} = FauxRedis.wait_for_connections(server, :any, m: 1)
    end

    test "until all is done", %{redis_server: server, client: client} do
      Wire.send(client, ["SET", "k", "v"])
      assert {:ok, _} = FauxRedis.wait_for(server, :set)
      assert FauxRedis.wait_idle(server) == :ok
      assert [%{reply: :ok}] = FauxRedis.calls(server, :set)
    end
  end
end
