defmodule FauxRedis.WrongTest do
  @moduledoc "What is said wrongly is an error that names what was wrong and what is accepted, in Elixir's own spelling."
  use FauxRedis.Case, async: true

  alias FauxRedis.{Clock, Data, Error, Gate, Link, State}

  # It is told as an error of this kind, returned or raised, with this in its message.
  defp told(kind, part, ask) do
    error =
      try do
        ask.()
      rescue
        error in Error -> {:error, error}
      end

    assert {:error, %Error{kind: ^kind, message: message}} = error
    assert message =~ part
  end

  test "options that are no list of pairs", %{redis_server: server} do
    for ask <- [
          fn -> FauxRedis.start_link(:port) end,
          fn -> FauxRedis.stub(server, :get, "x", :once) end,
          fn -> FauxRedis.expect(server, :get, "x", %{times: 1}) end,
          fn -> FauxRedis.calls(server, :get, 1) end,
          fn -> FauxRedis.verify(server, :get, [{:times, 1} | :once]) end,
          fn -> FauxRedis.wait_for(server, :get, 100) end,
          fn -> FauxRedis.wait_until_blocked(server, "jobs", 100) end,
          fn -> FauxRedis.wait_idle(server, 100) end,
          fn -> FauxRedis.restart(server, :keep) end,
          fn -> FauxRedis.sweep([:reset], fn _ -> :ok end, 5) end,
          fn -> State.enter(server, :oom, "name") end,
          fn -> Gate.hold(server, :get, :after) end,
          fn -> Data.get(server, "k", 1) end
        ] do
      told(:option, "options are a list of pairs, not ", ask)
    end

    told(:option, "pairs of a name and a value; 1 is none", fn -> FauxRedis.start_link([1]) end)

    told(:option, "option 'config' takes settings as in redis.conf", fn ->
      FauxRedis.start_link(config: [1])
    end)

    told(:option, "option 'maxmemory' takes a text", fn -> FauxRedis.start_link(config: [maxmemory: {1}]) end)
  end

  test "options that there are not", %{redis_server: server} do
    told(:option, "{:kepp, false} is no option here; there is keep", fn ->
      FauxRedis.restart(server, kepp: false)
    end)

    told(:option, "{:n, 1} is no option here; there is timeout", fn -> FauxRedis.wait_idle(server, n: 1) end)
    {:ok, gate} = Gate.hold(server, :get)
    told(:option, "there are n and timeout", fn -> Gate.await(gate, tiemout: 1) end)
    told(:option, "unknown option 'verfy'; there are port,", fn -> FauxRedis.start_link(verfy: false) end)
  end

  test "values that options do not take", %{redis_server: server} do
    told(:option, "takes mock_first, stateful_only or mock_only, not :mocking", fn ->
      FauxRedis.start_link(mode: :mocking)
    end)

    told(:option, "a smell is round_trips,", fn -> FauxRedis.start_link(lint: [:nonsense]) end)
    told(:option, "a smell is round_trips,", fn -> FauxRedis.lint(server, [:nonsense]) end)
    told(:option, "a list of smells, not :keys", fn -> FauxRedis.lint(server, :keys) end)

    told(:option, "an integer of 0 or more, not -1", fn -> FauxRedis.lint(server, [], max_round_trips: -1) end)

    told(:option, "an integer of 2 or more, not 1", fn -> FauxRedis.start_link(n_plus_one: 1) end)
    told(:option, "{:igonre, []} is no option here", fn -> FauxRedis.lint(server, [], igonre: []) end)
    told(:option, "a format is text, jsonl or monitor", fn -> FauxRedis.export(server, :xml) end)
    told(:option, "option 'format' takes json or yaml", fn -> Data.dump(server, :xml) end)
    told(:option, "option 'keep' takes true or false, not 1", fn -> FauxRedis.restart(server, keep: 1) end)

    told(:option, "option 'name' takes a text or an atom, not 5", fn ->
      FauxRedis.stub(server, :get, "x", name: 5)
    end)

    told(:option, "direct, exec or script, not :air", fn -> FauxRedis.stub(server, :get, "x", via: :air) end)

    told(:option, "last, cycle, store or error, not :what", fn ->
      FauxRedis.stub(server, :get, "x", then: :what)
    end)

    told(:option, "there is none", fn -> FauxRedis.expect(server, matcher: :get, then: :store) end)

    told(:option, "{:at_least, n} or {:at_most, n}, not \"1\"", fn ->
      FauxRedis.verify(server, :get, times: "1")
    end)

    told(:option, "a list of matchers, not :get", fn -> FauxRedis.verify_order(server, :get) end)
    told(:option, "a key is a binary, not :jobs", fn -> FauxRedis.wait_until_blocked(server, :jobs) end)
    told(:option, "a matcher and an answer", fn -> FauxRedis.stub(server, :get) end)

    told(:option, "option 'times' takes an integer of 1 or more, not 0", fn ->
      Gate.hold(server, :get, times: 0)
    end)

    told(:option, "refuse, accept_close or blackhole, not :sideways", fn ->
      FauxRedis.down(server, :sideways)
    end)

    told(:option, "option 'how' takes close or reset", fn -> FauxRedis.kill(server, :any, :explode) end)
    told(:option, "an integer of 1 or more, not 0", fn -> FauxRedis.max_clients(server, 0) end)
    told(:option, "loading, readonly, oom", fn -> State.within(server, :tired, fn -> :ok end) end)
    told(:option, "an integer of 0 or more, not 1.5", fn -> FauxRedis.advance(server, 1.5) end)
    told(:option, "seconds since 1970, not \"noon\"", fn -> Clock.set(server, "noon") end)

    told(:option, "latency takes milliseconds, or {ms, jitter}", fn ->
      Link.add(server, :any, latency: "x")
    end)

    told(:option, "{bytes, :close}, {bytes, :reset}", fn -> Link.add(server, :any, limit: {1, :what}) end)

    told(:pattern, "the lesser number first", fn ->
      FauxRedis.stub(server, {:command, :get, [{:between, 5, 1}]}, 1)
    end)

    told(:pattern, "{:glob, pattern}", fn -> FauxRedis.stub(server, {:command, :get, [{:what, 1}]}, "x") end)
    told(:answer, "a sequence is a list", fn -> FauxRedis.stub(server, :get, ["a" | "b"]) end)
    told(:answer, "{:array, list}", fn -> FauxRedis.stub(server, :get, {:array, ["a" | "b"]}) end)
    told(:answer, "{:array, list}", fn -> FauxRedis.stub(server, :get, {:what, "é", %{a: [b: 1]}, 1.5}) end)

    told(:answer, ~s(not {:what, "é", %{:a => [b: 1]}, 1.5}), fn ->
      FauxRedis.stub(server, :get, {:what, "é", %{a: [b: 1]}, 1.5})
    end)
  end

  test "handles that are of something else", %{redis_server: server} do
    {:ok, gate} = Gate.hold(server, :get)
    rule = FauxRedis.stub!(server, :get, "x")
    told(:option, "a gate was expected here, not nil", fn -> Gate.held(nil) end)
    told(:option, "a gate was expected here, not #Ref", fn -> Gate.await(rule) end)
    told(:option, "a gate was expected here", fn -> Gate.release(rule) end)
    told(:option, "all, a number of commands from 1 on, or one call, not 0", fn -> Gate.release(gate, 0) end)
    told(:option, "a condition that was entered", fn -> State.leave(gate) end)
    told(:option, "a stub or an expectation was expected here", fn -> FauxRedis.hits(gate) end)

    told(:option, "a stub or an expectation was expected here", fn -> FauxRedis.replace(server, gate, "x") end)

    told(:option, "a snapshot was expected here", fn -> Data.restore(server, gate) end)
    told(:option, "a snapshot was expected here", fn -> Data.diff(server, gate) end)
    told(:option, "a snapshot was expected here", fn -> Data.diff(server, Data.snapshot(server), to: 1) end)
  end

  test "servers that do not run, and what is none" do
    {:ok, stopped} = FauxRedis.start_link()
    :ok = FauxRedis.stop(stopped)

    for server <- [stopped, :no_server_has_this_name, "no name"],
        ask <- [
          &FauxRedis.stub(&1, :get, "x"),
          &FauxRedis.expect!(&1, :get),
          &FauxRedis.calls(&1, :get),
          &FauxRedis.verify(&1),
          &FauxRedis.verify(&1, :get),
          &FauxRedis.verify_order(&1, [:get]),
          &FauxRedis.verify_no_more(&1),
          &FauxRedis.wait_for(&1, :get),
          &FauxRedis.wait_idle(&1),
          &FauxRedis.subscribe(&1, :get),
          &FauxRedis.down(&1),
          &FauxRedis.up(&1),
          &FauxRedis.restart(&1),
          &FauxRedis.kill/1,
          &FauxRedis.max_clients(&1, 3),
          &Link.add(&1, :any, latency: 1),
          &State.enter(&1, :oom),
          &Gate.hold(&1, :get),
          &Clock.advance(&1, 1),
          &Data.put(&1, "k", "v"),
          &Data.snapshot/1
        ] do
      told(:stopped, "the server #{inspect(server)} does not run", fn -> ask.(server) end)
    end

    assert catch_exit(FauxRedis.port(stopped)) |> elem(0) == :noproc
    assert catch_exit(FauxRedis.port("no name")) |> elem(0) == :noproc
  end

  test "what may return an error may raise it, and then returns what it has" do
    {:ok, server} = FauxRedis.start_link()
    assert FauxRedis.wait_idle!(server) == :ok
    assert FauxRedis.wait_for_connections!(server, :any, n: 0) == :ok
    assert FauxRedis.subscribe!(server, :get) == :ok
    assert [FauxRedis.kill!(server), FauxRedis.push!(server, :any, {:push, ["x"]})] == [0, 0]
    assert [FauxRedis.down!(server), FauxRedis.up!(server), FauxRedis.restart!(server)] == [:ok, :ok, :ok]
    assert FauxRedis.verify_no_more!(server) == :ok
    assert FauxRedis.replace!(server, FauxRedis.stub!(server, matcher: :get, respond: "x"), "y") == :ok
    assert FauxRedis.title(FauxRedis.max_clients!(server, 3)) == "max_clients 3"
    assert FauxRedis.title(Gate.hold!(server, :get)) == "hold GET at=before"
    assert FauxRedis.title(Link.pause!(server)) =~ "link 'pause'"

    told(:timeout, "nobody is blocked", fn -> FauxRedis.wait_until_blocked!(server, "jobs", timeout: 1) end)

    told(:timeout, "nobody is subscribed", fn ->
      FauxRedis.wait_for_subscribers!(server, "news", timeout: 1)
    end)

    told(:timeout, "nothing was called", fn -> Gate.await!(Gate.hold!(server, :get), timeout: 1) end)

    told(:verification, "expected in this order: GET, SET", fn ->
      FauxRedis.verify_order!(server, [:get, :set])
    end)

    told(:option, "time does not go back", fn -> Clock.set!(server, 1) end)
  end

  test "an answer that is no sequence may be followed by the store", %{redis_server: server} do
    FauxRedis.stub!(server, :get, "once", then: :store)
    client = FauxRedis.Wire.connect(server)
    assert FauxRedis.Wire.pipeline(client, [["GET", "k"], ["GET", "k"]]) == ["once", nil]
  end
end
