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

    test "stands until nobody has it frozen any more", %{redis_server: server} do
      frozen = fn ->
        test = self()

        holder =
          spawn_link(fn ->
            Clock.frozen(server, fn ->
              send(test, {self(), :frozen})
              receive do: (:go_on -> :ok)
            end)

            send(test, {self(), :done})
          end)

        assert_receive {^holder, :frozen}, 5000
        holder
      end

      [first, second] = [frozen.(), frozen.()]
      moment = Clock.now(server)
      send(first, :go_on)
      assert_receive {^first, :done}, 5000
      assert Clock.now(server) == moment
      send(second, :go_on)
      assert_receive {^second, :done}, 5000
      assert fn -> Clock.now(server) end |> Stream.repeatedly() |> Enum.find(&(&1 > moment))
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

defmodule FauxRedis.FaultsTest do
  @moduledoc "Links, servers that are down, and what may be done to a reply, as Elixir says them."
  use FauxRedis.Case, async: true

  alias FauxRedis.{Clock, Link, Wire}

  setup %{redis_server: server} do
    %{client: Wire.connect(server)}
  end

  test "a link delays what goes through it, by the server's clock", %{redis_server: server, client: client} do
    Clock.freeze(server)
    link = Link.add!(server, :any, latency: 50)
    Wire.send(client, ["PING"])
    {:ok, _} = FauxRedis.wait_for(server, :ping)
    assert Wire.receive_reply(client, 1) == :silent
    Clock.advance(server, 50)
    assert Wire.receive_reply(client) == "PONG"
    assert Link.remove(link) == :ok
    assert Wire.ask(client, ["PING"]) == "PONG"
    assert Link.title(link) == nil
  end

  test "a link limits what comes through, and slices it", %{redis_server: server} do
    Link.within(server, [name: "short"], [limit: {3, :close}], fn ->
      client = Wire.connect(server)
      assert Wire.ask(client, ["CLIENT", "SETNAME", "short"]) in ["OK", :closed]
      Wire.send(client, ["PING"])
      assert Wire.receive_reply(client) == :closed
    end)

    Link.within(server, :any, [direction: :both, slice: 1], fn ->
      assert Wire.ask(Wire.connect(server), ["ECHO", "sliced"]) == "sliced"
    end)

    assert {:error, %{kind: :option, message: message}} = Link.add(server, :any, latncy: 1)
    assert message =~ "latency, bandwidth"
    assert {:error, %{kind: :option}} = Link.add(server, [name: ~r/x/], latency: 1)
  end

  test "a pause stops serving until it is over", %{redis_server: server, client: client} do
    {:ok, pause} = Link.pause(server)
    Wire.send(client, ["PING"])
    assert Wire.receive_reply(client, 1) == :silent
    Link.remove(pause)
    assert Wire.receive_reply(client) == "PONG"
  end

  test "a server goes down and comes up on the same port, with its data", ctx do
    %{redis_server: server, redis_port: port, client: client} = ctx
    Wire.ask(client, ["SET", "k", "v"])

    FauxRedis.down(server, :refuse, fn ->
      assert Wire.receive_reply(client) in [:closed, :reset]
      assert :gen_tcp.connect({127, 0, 0, 1}, port, []) == {:error, :econnrefused}
    end)

    assert Wire.ask(Wire.connect(port), ["GET", "k"]) == "v"
    assert FauxRedis.restart(server, keep: false) == :ok
    assert Wire.ask(Wire.connect(port), ["GET", "k"]) == nil
    assert {:error, %{kind: :option}} = FauxRedis.down(server, :sideways)
  end

  test "connections are killed, pushed to and limited", %{redis_server: server, client: client} do
    Wire.ask(client, ["HELLO", "3"])
    assert FauxRedis.push(server, :any, {:push, ["invalidate", {:array, ["k"]}]}) == {:ok, 1}
    assert Wire.receive_reply(client) == {:push, ["invalidate", ["k"]]}

    FauxRedis.max_clients(server, 1, fn ->
      assert Wire.receive_reply(Wire.connect(server)) == {:error, "ERR max number of clients reached"}
    end)

    assert {:ok, n} = FauxRedis.kill(server)
    assert n >= 1
    assert Wire.receive_reply(client) in [:closed, :reset]
  end

  test "replies are duplicated, reordered, truncated, spoilt, of another type, or never come", ctx do
    %{redis_server: server, client: client} = ctx
    FauxRedis.stub!(server, :get, {:do, ["twice", :duplicate]}, times: 1)
    Wire.send(client, ["GET", "k"])
    assert [Wire.receive_reply(client), Wire.receive_reply(client)] == ["twice", "twice"]
    FauxRedis.stub!(server, :get, {:do, ["first", :reorder]}, times: 1)
    assert Wire.pipeline(client, [["GET", "k"], ["ECHO", "second"]]) == ["second", "first"]
    FauxRedis.stub!(server, :get, {:do, [:execute, :wrong_type]}, times: 1)
    assert is_list(Wire.ask(client, ["GET", "k"]))
    FauxRedis.stub!(server, :get, {:delay, {:uniform, 1, 2}, "drawn"}, times: 1)
    assert Wire.ask(client, ["GET", "k"]) == "drawn"
    FauxRedis.stub!(server, :get, {:garbage, 5}, times: 1)
    Wire.send(client, ["GET", "k"])
    assert {:ok, <<_::binary-5>>} = Wire.receive_raw(client, 5)
    FauxRedis.stub!(server, :get, {:do, ["cut short", {:truncate, 4}]}, times: 1)
    Wire.send(client, ["GET", "k"])
    assert Wire.receive_raw(client, 4) == {:ok, "$9\r\n"}
    assert {:error, :closed} = Wire.receive_raw(client)
    other = Wire.connect(server)
    FauxRedis.stub!(server, :get, :hang, times: 1)
    Wire.send(other, ["GET", "k"])
    {:ok, _} = FauxRedis.wait_for(server, :get, when: &(&1.faults != []), timeout: 5_000)
    Wire.send(other, ["PING"])
    assert Wire.receive_reply(other, 1) == :silent
  end

  test "order, leftovers, exports and lint", %{redis_server: server, client: client} do
    Wire.pipeline(client, [["SET", "a", "1"], ["KEYS", "*"], ["GET", "a"]])
    assert FauxRedis.verify_order(server, [:set, :get]) == :ok
    assert {:error, %{kind: :verification}} = FauxRedis.verify_order(server, [:get, :set])
    assert {:error, %{kind: :verification, message: message}} = FauxRedis.verify_no_more(server)
    assert message =~ "KEYS"
    assert FauxRedis.export(server, :monitor) =~ ~s("SET" "a" "1")
    assert FauxRedis.export(server, :jsonl) =~ ~s("name":"SET")
    assert [%{smell: _, calls: [%{name: "KEYS"} | _], advice: _} | _] = FauxRedis.lint(server)
    assert_raise FauxRedis.Error, fn -> FauxRedis.lint(server, [:musty]) end
    smells = fn options -> for found <- FauxRedis.lint(server, [], options), do: found.smell end
    assert "keys" in smells.([])
    refute "keys" in smells.(ignore: [:keys])
    assert "round_trips" in smells.(max_round_trips: 0)
  end

  @tag faux_redis: [strict: :all, verify: false]
  test "a failure proposes code in Elixir", %{redis_server: server, client: client} do
    Wire.ask(client, ["GET", "k"])
    assert {:error, error} = FauxRedis.verify(server)
    assert error.message =~ ~s(FauxRedis.)
    assert error.message =~ ~s({:command, "GET", ["k"]})
  end
end
