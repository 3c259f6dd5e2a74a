defmodule FauxRedis.EjabberdTest do
  @moduledoc "ejabberd with everything it can keep in Redis there, and what it does when its Redis misbehaves."
  use FauxRedis.Case, async: false, version: "7.0.15", verify: false

  alias FauxRedis.{Ejabberd, Wire, XMPP}

  @moduletag :ejabberd
  @moduletag timeout: 300_000

  # There are no scripts in the store: ejabberd loads one and goes on running it until it says "0".
  setup ctx do
    FauxRedis.stub!(ctx.redis_server, {:command, :script, [:rest]}, fn call ->
      :sha |> :crypto.hash(List.last(call.args)) |> Base.encode16(case: :lower)
    end)

    FauxRedis.stub!(ctx.redis_server, :evalsha, "0")
    :ok
  end

  defp start(ctx) do
    ejabberd = Ejabberd.start(ctx.redis_port)
    on_exit(fn -> Ejabberd.stop(ejabberd) end)
    ejabberd
  end

  defp booted(ctx) do
    ejabberd = ctx |> start() |> Ejabberd.boot()
    Ejabberd.register(ejabberd, "alice")
    ejabberd
  end

  defp stored_sessions(ctx),
    do: ctx.redis_port |> Wire.connect() |> Wire.ask(["HLEN", "ejabberd:sm:localhost"])

  test "it boots, registers, logs in, lists, and logs out", ctx do
    subscribe(ctx, {:command, :hset, ["ejabberd:sm:localhost", :any, :any]})
    ejabberd = booted(ctx)
    assert Ejabberd.connected_users(ejabberd) == []
    assert {:ok, client} = XMPP.login(ejabberd.port, "alice", "r1")
    assert {:ok, _} = XMPP.be_present(client)
    assert_receive {:faux_redis, :call, %{via: :exec}}, 5_000
    assert stored_sessions(ctx) == 1
    assert Ejabberd.connected_users(ejabberd) == ["alice@localhost/r1"]
    XMPP.write(client, "alice@localhost/r1", "hello")
    assert {:ok, _} = XMPP.await(client, ~r{<body>hello</body>})
    XMPP.logout(client)
    wait_for(ctx, {:command, :hdel, ["ejabberd:sm:localhost", :any]}, when: &(&1.reply == 1))
    assert stored_sessions(ctx) == 0
    assert Ejabberd.connected_users(ejabberd) == []
    asked = MapSet.new(calls(ctx), & &1.name)
    known = ~w(SMEMBERS MULTI EXEC HSET SADD SUBSCRIBE INFO EVALSHA HGETALL DEL PUBLISH HDEL)
    assert MapSet.subset?(MapSet.new(known), asked)
    assert_command_order(ctx, [:subscribe, :info, :script, :evalsha])
  end

  test "it runs its script until the reply is 0", ctx do
    stub(ctx, :evalsha, ["1000", "200", "0"])
    booted(ctx)
    assert [%{reply: "1000"}, %{reply: "200"}, %{reply: "0"}] = calls(ctx, :evalsha)
  end

  test "with a slow Redis a login takes longer, and is well", ctx do
    ejabberd = booted(ctx)
    stub(ctx, :any, {:delay, 100, :execute})
    assert {:ok, client} = XMPP.login(ejabberd.port, "alice", "r1")
    assert {:ok, _} = XMPP.be_present(client)
    assert Ejabberd.connected_users(ejabberd) == ["alice@localhost/r1"]
    assert [%{duration_us: took_us} | _] = calls(ctx, {:command, :hgetall, ["ejabberd:sm:alice@localhost"]})
    assert took_us >= 100_000
  end

  test "when all its connections are closed it connects and subscribes again", ctx do
    ejabberd = booted(ctx)
    before = length(calls(ctx, :subscribe))
    killer = Wire.connect(ctx.redis_port)
    assert Wire.ask(killer, ["CLIENT", "KILL", "TYPE", "normal"]) > 1
    Wire.ask(killer, ["CLIENT", "KILL", "TYPE", "pubsub"])
    wait_for(ctx, :subscribe, times: before + 1, timeout: 60_000)
    assert {:ok, client} = XMPP.login(ejabberd.port, "alice", "r1")
    assert {:ok, _} = XMPP.be_present(client)
    assert stored_sessions(ctx) == 1
  end

  test "when Redis refuses at boot it waits, and goes on once Redis is there", ctx do
    stop_supervised!(FauxRedis)
    ejabberd = ctx |> start() |> Ejabberd.boot_meanwhile()
    Ejabberd.await_log(ejabberd, "Redis connection #1 at 127.0.0.1:#{ctx.redis_port} has failed")
    refute Ejabberd.log(ejabberd) =~ "Start accepting TCP connections"
    server = start_supervised!({FauxRedis, port: ctx.redis_port, version: "7.0.15"})
    FauxRedis.stub!(server, {:command, :script, [:rest]}, String.duplicate("0", 40))
    FauxRedis.stub!(server, :evalsha, "0")
    Ejabberd.await_log(ejabberd, "Start accepting TCP connections at 127.0.0.1:#{ejabberd.port}")
    Ejabberd.register(ejabberd, "alice")
    assert {:ok, _client} = XMPP.login(ejabberd.port, "alice", "r1")
  end

  test "when Redis is killed and comes back empty, logins work again", ctx do
    ejabberd = booted(ctx)
    Process.exit(ctx.redis_server, :kill)

    # The supervisor of the test starts it again, on a port of its own choice: it is the old one that is wanted.
    stop_supervised!(FauxRedis)
    server = start_supervised!({FauxRedis, port: ctx.redis_port, version: "7.0.15"})
    {:ok, _} = FauxRedis.wait_for(server, :subscribe, timeout: 60_000)
    assert {:ok, client} = XMPP.login(ejabberd.port, "alice", "r1")
    assert {:ok, _} = XMPP.be_present(client)
    assert [_ | _] = FauxRedis.calls(server, :hset, key: "ejabberd:sm:localhost")
  end

  @tag faux_redis: [password: "secret"]
  test "without the password it ends at boot", ctx do
    ejabberd = ctx |> start() |> Ejabberd.boot_meanwhile()
    Ejabberd.await_end(ejabberd)
    assert Ejabberd.log(ejabberd) =~ "Failed to start ejabberd application"
    assert Enum.any?(calls(ctx), &match?(%{reply: {:error, "NOAUTH" <> _}}, &1))
  end

  test "without a version of Redis it ends at boot", ctx do
    stub(ctx, {:command, :info, ["server"]}, "# Server\r\n")
    ejabberd = ctx |> start() |> Ejabberd.boot_meanwhile()
    Ejabberd.await_end(ejabberd)
    assert Ejabberd.log(ejabberd) =~ "Unsupported Redis version"
  end

  test "out of memory in its transaction it says nothing, and the session is lost", ctx do
    ejabberd = booted(ctx)
    assert Wire.ask(Wire.connect(ctx.redis_port), ["CONFIG", "SET", "maxmemory", "1"]) == "OK"
    said = Ejabberd.log(ejabberd)
    assert {:ok, client} = XMPP.login(ejabberd.port, "alice", "r1")
    assert [%{reply: {:error, "OOM" <> _}} | _] = calls(ctx, :hset, key: "ejabberd:sm:alice@localhost")
    assert Enum.any?(calls(ctx, :exec), &match?(%{reply: {:error, "EXECABORT" <> _}}, &1))
    # The bind has succeeded, but nobody is there, and nothing finds its way.
    XMPP.write(client, "alice@localhost/r1", "hello")
    assert {:ok, last_words} = XMPP.logout(client)
    refute last_words =~ "hello"
    assert stored_sessions(ctx) == 0
    assert Ejabberd.connected_users(ejabberd) == []
    new = String.replace_prefix(Ejabberd.log(ejabberd), said, "")
    refute new =~ ~r/\[(warning|error|critical)\]/
  end

  test "when routes cannot be read streams are refused", ctx do
    stub(ctx, {:command, :hgetall, [{:glob, "ejabberd:route:*"}]}, {:error, "ERR no"})
    ejabberd = ctx |> start() |> Ejabberd.boot()
    assert {:error, stream} = XMPP.open(ejabberd.port)
    assert stream =~ "host-unknown"
  end
end
