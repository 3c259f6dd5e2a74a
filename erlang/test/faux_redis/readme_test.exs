defmodule FauxRedis.ReadmeTest do
  @moduledoc "What the README of version 1 promises, each example with the results it states."
  use FauxRedis.Case, async: true

  alias FauxRedis.{RESP, Wire}

  defp connect(port) do
    {:ok, socket} = :gen_tcp.connect(~c"localhost", port, [:binary, packet: :raw, active: false])
    socket
  end

  defp exchange(socket, requests) do
    :ok = :gen_tcp.send(socket, requests |> Enum.map(&RESP.encode/1) |> IO.iodata_to_binary())
    collect(socket, length(requests), "")
  end

  defp collect(_socket, 0, ""), do: []

  defp collect(socket, count, buffer) do
    case RESP.decode(buffer) do
      {:ok, value, rest} ->
        [value | collect(socket, count - 1, rest)]

      :more ->
        {:ok, more} = :gen_tcp.recv(socket, 0, 5_000)
        collect(socket, count, buffer <> more)
    end
  end

  test "a server started by hand answers PING and ECHO on a random port" do
    {:ok, server} = FauxRedis.start_link(port: 0, mode: :mock_first)
    socket = connect(FauxRedis.port(server))
    assert exchange(socket, [["PING"], ["ECHO", "hi"]]) == ["PONG", "hi"]
    :gen_tcp.close(socket)
    assert FauxRedis.stop(server) == :ok
  end

  test "the case gives each test a server and a port", %{redis_server: server, redis_port: port} do
    {:ok, _rule} = FauxRedis.stub(server, :get, "value")
    socket = connect(port)
    :ok = :gen_tcp.send(socket, ["GET", "foo"] |> RESP.encode() |> IO.iodata_to_binary())
    {:ok, data} = :gen_tcp.recv(socket, 0, 5_000)
    assert RESP.decode_exactly(data) == {:ok, "value"}
  end

  test "the case's stub takes the context, and PING is stubbed like any other command",
       %{redis_port: port} = ctx do
    {:ok, _rule} = stub(ctx, :ping, "PONG as a bulk string")
    assert exchange(connect(port), [["PING"]]) == ["PONG as a bulk string"]
  end

  test "GET foo is always answered with bar", %{redis_server: server, redis_port: port} do
    {:ok, _rule} = FauxRedis.stub(server, {:command, :get, ["foo"]}, "bar")
    get = ["GET", "foo"]
    assert exchange(connect(port), [get, get, ["GET", "other"]]) == ["bar", "bar", nil]
  end

  test "answers in turn: one, two, and nil from then on", %{redis_server: server, redis_port: port} do
    {:ok, _rule} = FauxRedis.stub(server, :get, ["one", "two", nil])
    assert exchange(connect(port), List.duplicate(["GET", "foo"], 4)) == ["one", "two", nil, nil]
  end

  @tag faux_redis: [clock: 0]
  test "faults in turn: SLOW after 500 ms, no reply, and the end of the connection", ctx do
    %{redis_server: server, redis_port: port} = ctx
    {:ok, _rule} = FauxRedis.stub(server, :ping, [{:delay, 500, "SLOW"}, :timeout, :close])
    client = Wire.connect(port)
    Wire.send(client, ["PING"])
    wait_for(ctx, :ping)
    :ok = FauxRedis.advance(server, 500)
    assert Wire.receive_reply(client) == "SLOW"
    assert [%{duration_us: 500_000}] = FauxRedis.calls(server)
    Wire.send(client, ["PING"])
    wait_for(ctx, :ping, times: 2)
    Wire.send(client, ["PING"])
    assert Wire.receive_reply(client) == :closed
  end

  test "a regular expression chooses the key, and a function answers", %{
    redis_server: server,
    redis_port: port
  } do
    {:ok, _rule} =
      FauxRedis.stub(server, {:command, :get, [~r/^session:/]}, fn cmd ->
        assert %{name: "GET", args: ["session:1"], conn_id: _, db: 0, timestamp: _} = cmd
        {:error, "ERR sessions disabled in tests"}
      end)

    assert exchange(connect(port), [["GET", "session:1"], ["GET", "user:1"]]) ==
             [{:error, "ERR sessions disabled in tests"}, nil]
  end

  test "the same function answers as {:fun, fun}", %{redis_server: server, redis_port: port} do
    {:ok, _rule} = FauxRedis.stub(server, :get, {:fun, &"#{&1.name} of #{hd(&1.args)}"})
    assert exchange(connect(port), [["GET", "k"]]) == ["GET of k"]
  end

  test "a predicate chooses calls", %{redis_server: server, redis_port: port} do
    {:ok, _rule} = FauxRedis.stub(server, {:fn, &(&1.args == ["a"])}, "chosen")
    assert exchange(connect(port), [["GET", "a"], ["ECHO", "a"], ["GET", "b"]]) == ["chosen", "chosen", nil]
  end

  test "a rule is for one connection, or for some", %{redis_server: server, redis_port: port} do
    [one, two] = [connect(port), connect(port)]
    [[id]] = [exchange(one, [["CLIENT", "ID"]])]
    {:ok, _rule} = FauxRedis.stub(server, matcher: :get, respond: "for one", conn_id: id)
    assert [exchange(one, [["GET", "k"]]), exchange(two, [["GET", "k"]])] == [["for one"], [nil]]
    {:ok, _rule} = FauxRedis.stub(server, matcher: :echo, respond: "for one", conn_ids: [id], max_calls: 1)

    assert [exchange(two, [["ECHO", "x"]]), exchange(one, [["ECHO", "x"], ["ECHO", "x"]])] ==
             [["x"], ["for one", "x"]]
  end

  test "the history of calls has what the README lists", %{redis_server: server, redis_port: port} do
    exchange(connect(port), [["GET", "foo"]])
    calls = FauxRedis.calls(server)

    assert [%{name: "GET", args: ["foo"], conn_id: _, db: 0, timestamp: _, rule_id: _, action: _}] = calls
  end

  test "an expectation answers, and its call carries its identity", %{redis_server: server, redis_port: port} do
    {:ok, rule} = FauxRedis.expect(server, :echo, "X")
    assert exchange(connect(port), [["ECHO", "ping"]]) == ["X"]
    assert [%{rule_id: ^rule, action: :rule}] = FauxRedis.calls(server)
  end

  @tag faux_redis: [password: "secret", require_auth?: true]
  test "a reset clears keys, times to live, rules, the history, logins and subscriptions", ctx do
    %{redis_server: server, redis_port: port} = ctx
    {:ok, _rule} = FauxRedis.stub(server, :echo, "stubbed")
    client = connect(port)

    assert ["OK", "OK", "stubbed"] =
             exchange(client, [["AUTH", "secret"], ["SET", "k", "v", "EX", "9"], ["ECHO", "x"]])

    exchange(client, [["SUBSCRIBE", "c"]])
    assert FauxRedis.reset!(server) == :ok
    assert FauxRedis.calls(server) == []
    again = connect(port)
    assert [{:error, "NOAUTH" <> _}] = exchange(again, [["GET", "k"]])

    assert exchange(again, [
             ["AUTH", "secret"],
             ["GET", "k"],
             ["TTL", "k"],
             ["ECHO", "x"],
             ["PUBLISH", "c", "m"]
           ]) ==
             ["OK", nil, -2, "x", 0]
  end

  test "the address is a host and a port, and servers are independent" do
    {:ok, one} = FauxRedis.start_link(port: 0)
    {:ok, two} = FauxRedis.start_link(port: 0)
    assert {"127.0.0.1", port} = FauxRedis.address(one)
    assert {"127.0.0.1", other} = FauxRedis.address(two)
    assert exchange(connect(port), [["SET", "k", "one"], ["GET", "k"]]) == ["OK", "one"]
    assert exchange(connect(other), [["GET", "k"]]) == [nil]
  end

  test "the options of a start: mode, name, ip, require_auth? and password" do
    options = [
      name: :by_readme,
      ip: {127, 0, 0, 1},
      mode: :mock_only,
      require_auth?: true,
      password: "secret"
    ]

    {:ok, _server} = FauxRedis.start_link([port: 0] ++ options)
    {:ok, _rule} = FauxRedis.stub(:by_readme, :get, "stubbed")
    socket = connect(FauxRedis.port(:by_readme))
    assert [{:error, "WRONGPASS" <> _}, "OK"] = exchange(socket, [["AUTH", "no"], ["AUTH", "secret"]])
    assert ["stubbed", {:error, _}] = exchange(socket, [["GET", "k"], ["PING"]])
  end

  test "a server in the mode stateful_only answers as its store does" do
    {:ok, server} = FauxRedis.start_link(mode: :stateful_only)
    {:ok, _rule} = FauxRedis.stub(server, :get, "stubbed")
    assert exchange(connect(FauxRedis.port(server)), [["SET", "k", "v"], ["GET", "k"]]) == ["OK", "v"]
  end

  test "a server is part of a supervision tree" do
    {:ok, supervisor} =
      Supervisor.start_link([{FauxRedis, port: 0, name: :supervised}], strategy: :one_for_one)

    assert exchange(connect(FauxRedis.port(:supervised)), [["PING"]]) == ["PONG"]
    Supervisor.stop(supervisor)
  end

  test "what is no protocol, and what comes in pieces", %{redis_server: server, redis_port: port} do
    {:ok, _rule} =
      FauxRedis.stub(server, :ping, [{:partial, ["+PO", "NG", "\r\n"]}, {:protocol_error, "nonsense"}])

    socket = connect(port)
    assert exchange(socket, [["PING"]]) == ["PONG"]
    :ok = :gen_tcp.send(socket, RESP.encode(["PING"]))
    assert :gen_tcp.recv(socket, 8, 5_000) == {:ok, "nonsense"}
  end

  test "SCAN and KEYS filter by globs", %{redis_port: port} do
    socket = connect(port)

    keys = [
      "alice@example.com",
      "bob@example.com",
      "carol@host",
      "session:1",
      "what?",
      "hello",
      "hallo",
      "hbllo"
    ]

    exchange(socket, Enum.map(keys, &["SET", &1, "v"]))

    listed = fn pattern ->
      [found] = exchange(socket, [["KEYS", pattern]]) |> Enum.map(&Enum.sort/1)
      found
    end

    assert [["0", found]] = exchange(socket, [["SCAN", "0", "MATCH", "*@example.com", "COUNT", "100"]])
    assert Enum.sort(found) == ["alice@example.com", "bob@example.com"]
    assert listed.("*@*") == ["alice@example.com", "bob@example.com", "carol@host"]
    assert listed.("session:*") == ["session:1"]
    assert listed.("h?llo") == ["hallo", "hbllo", "hello"]
    assert listed.("h[ae]llo") == ["hallo", "hello"]
    assert listed.("h[^e]llo") == ["hallo", "hbllo"]
    assert listed.("h[a-b]llo") == ["hallo", "hbllo"]
    assert listed.("what\\?") == ["what?"]
  end

  test "SCARD counts a set's members", %{redis_port: port} do
    socket = connect(port)

    assert exchange(socket, [
             ["SADD", "online", "alice", "bob"],
             ["SCARD", "online"],
             ["SCARD", "missing"],
             ["SREM", "online", "alice", "bob"],
             ["SCARD", "online"],
             ["EXISTS", "online"]
           ]) == [2, 2, 0, 2, 0, 0]

    assert [_, {:error, "WRONGTYPE" <> _}] = exchange(socket, [["SET", "s", "v"], ["SCARD", "s"]])
  end
end
