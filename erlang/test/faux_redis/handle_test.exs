defmodule FauxRedis.HandleTest do
  @moduledoc "Handles: whatever a test sets up has a title, knows the line that made it, and can be taken away."
  use FauxRedis.Case, async: true

  alias FauxRedis.{Data, Gate, Link, State, Wire}

  # Each with a name, and in the line of its own that is expected of it.
  defp handles(server) do
    {:ok, stub} = FauxRedis.stub(server, :get, "Ada", name: "n")
    {:ok, expectation} = FauxRedis.expect(server, matcher: :set, times: 0, name: "n")
    {:ok, link} = Link.add(server, :any, slice: 1, name: "n")
    {:ok, pause} = Link.pause(server, name: "nobody")
    {:ok, state} = State.enter(server, :readonly, name: "n")
    {:ok, gate} = Gate.hold(server, :get, at: :after, name: "n")
    {:ok, limit} = FauxRedis.max_clients(server, 3, name: "n")
    snapshot = Data.snapshot(server, name: "n")
    line = __ENV__.line

    [
      {stub, "stub 'n' GET", line - 8},
      {expectation, "expect 'n' SET", line - 7},
      {link, "link 'n'(client()).slice(1)/down", line - 6},
      {pause, ~s[link 'pause'(client(name="nobody")).blackhole()], line - 5},
      {state, "readonly 'n'", line - 4},
      {gate, "hold 'n' GET at=after", line - 3},
      {limit, "max_clients 'n' 3", line - 2},
      {snapshot, "snapshot 'n'", line - 1}
    ]
  end

  test "every handle has a name and knows the line that made it", %{redis_server: server} do
    for {handle, title, line} <- handles(server) do
      assert FauxRedis.title(handle) == title
      assert FauxRedis.source(handle) == "test/faux_redis/handle_test.exs:#{line}"
    end
  end

  test "every handle can be taken away, and then knows its line alone", ctx do
    for {handle, title, line} <- handles(ctx.redis_server) do
      assert {FauxRedis.remove(handle), title} == {:ok, title}
      assert FauxRedis.title(handle) == nil
      assert FauxRedis.source(handle) =~ ":#{line}"
      assert FauxRedis.remove(handle) == :ok
    end

    client = Wire.connect(ctx.redis_port)

    assert Wire.pipeline(client, [["SET", "k", "v"], ["GET", "k"], ["CONFIG", "GET", "maxclients"]]) ==
             ["OK", "v", ["maxclients", "10000"]]
  end

  test "what functions of the case make is made where these are called", ctx do
    {:ok, stub} = stub(ctx, :get, "Ada")
    {:ok, expectation} = expect(ctx, :get, "Ada", times: 0)
    line = __ENV__.line
    assert FauxRedis.source(stub) == "test/faux_redis/handle_test.exs:#{line - 2}"
    assert FauxRedis.source(expectation) == "test/faux_redis/handle_test.exs:#{line - 1}"
    FauxRedis.remove(expectation)
  end

  test "a handle that is made in a last call is made where that was called from", %{redis_server: server} do
    rules = Enum.map([:get, :set], &FauxRedis.stub!(server, &1, "Ada"))
    line = __ENV__.line - 1

    assert Enum.map(rules, &FauxRedis.source/1) ==
             List.duplicate("test/faux_redis/handle_test.exs:#{line}", 2)
  end

  test "what fails tells the name and the line", %{redis_server: server} do
    {:ok, gate} = Gate.hold(server, :get, name: "stampede")
    assert {:error, %{kind: :timeout, message: message}} = Gate.await(gate, timeout: 1)
    assert message =~ "1 command at hold 'stampede' GET at=before"
    assert String.ends_with?(message, "\n  made at #{FauxRedis.source(gate)}")

    snapshot = Data.snapshot(server, name: "before")
    FauxRedis.reset!(server)
    assert {:error, %{kind: :option, message: message}} = Data.restore(server, snapshot)

    assert message ==
             "the snapshot 'before' was taken before the server was last reset or lost its data\n" <>
               "  made at #{FauxRedis.source(snapshot)}"

    FauxRedis.remove(snapshot)
    assert {:error, %{message: "the snapshot has been removed"}} = Data.restore(server, snapshot)
  end

  test "a server that cannot come up again says who took it down, and where" do
    # The path of a socket may have about a hundred bytes, and a test's own folder has more.
    place = Path.join(System.tmp_dir!(), "faux_redis_#{System.unique_integer([:positive])}")
    File.mkdir!(place)
    {:ok, server} = FauxRedis.start_link(unix_socket: Path.join(place, "s"))

    down = fn -> FauxRedis.down(server, [name: "outage"], fn -> File.rm_rf!(place) end) end
    error = assert_raise FauxRedis.Error, down
    line = __ENV__.line - 1
    assert error.kind == :listen
    assert error.message =~ "down 'outage' mode=refuse: cannot listen on"
    assert error.message =~ "made at test/faux_redis/handle_test.exs:#{line}"
  end

  test "what is no handle is an error that says what one is", %{redis_server: server} do
    for ask <- [&FauxRedis.title/1, &FauxRedis.source/1, &FauxRedis.remove/1],
        wrong <- [nil, server, make_ref()] do
      error = assert_raise FauxRedis.Error, fn -> ask.(wrong) end
      assert error.kind == :option
      assert error.message =~ "a handle is a stub, an expectation, a link"
    end
  end

  test "options that a handle does not have are errors that name them", %{redis_server: server} do
    for wrong <- [
          fn -> State.enter(server, :readonly, nmae: "x") end,
          fn -> FauxRedis.max_clients(server, 3, nmae: "x") end,
          fn -> FauxRedis.down(server, nmae: "x") end,
          fn -> Gate.hold(server, :get, nmae: "x") end,
          fn -> Link.add(server, :any, nmae: "x") end
        ] do
      assert {:error, %{kind: :option, message: message}} = wrong.()
      assert message =~ "nmae"
    end
  end
end
