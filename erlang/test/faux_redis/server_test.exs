defmodule FauxRedis.ServerTest do
  use ExUnit.Case, async: true

  alias FauxRedis.Wire

  test "a bad option is an error that names it and says what it takes" do
    for {name, value, accepts} <- [
          {:port, 70_000, "0 to 65535"},
          {:ip, "nowhere", "an IP address"},
          {:ip, {1, 2}, "an IP address"},
          {:mode, :mocking, "mock_first, stateful_only or mock_only"},
          {:flavour, :mongo, "redis or valkey"},
          {:version, "x", "a version"},
          {:databases, 0, "an integer from 1"},
          {:strict, :yes, "true, false or all"},
          {:seed, -1, "an integer from 0"},
          {:clock, :mine, "system, or a start time"},
          {:journal_limit, 0, "an integer of 1 or more"},
          {:callback_timeout, 0, "milliseconds"},
          {:compat, :v0, "takes v1"},
          {:name, "text", "takes an atom"},
          {:require_auth?, :maybe, "true or false"},
          {:portt, 1, "unknown option 'portt'; there are port, ip,"}
        ] do
      assert {:error, %FauxRedis.Error{kind: :option, message: message}} =
               FauxRedis.start_link([{name, value}])

      assert message =~ accepts
      assert message =~ to_string(name)
    end

    assert {:error, %{message: "option 'require_auth?' needs" <> _}} =
             FauxRedis.start_link(require_auth?: true)

    assert {:error, %{kind: :option, message: message}} = FauxRedis.start_link(version: "1.0.0")
    assert message =~ "1.0.0"
    assert {:error, %{kind: :option}} = FauxRedis.start_link(config: %{"no-such" => 1})
  end

  test "a port that is taken is an error, and whoever asked goes on" do
    {:ok, server} = FauxRedis.start_link()

    assert {:error, %FauxRedis.Error{kind: :listen} = error} =
             FauxRedis.start_link(port: FauxRedis.port(server))

    assert error.message =~ "cannot listen on port #{FauxRedis.port(server)} of 127.0.0.1"
    refute_received {:EXIT, _, _}
  end

  test "a name that is taken is an error with its owner" do
    {:ok, server} = FauxRedis.start_link(name: :taken_name)
    assert FauxRedis.start_link(name: :taken_name) == {:error, {:already_started, server}}
    {:ok, other} = FauxRedis.start_link(name: {:global, :taken_name})
    assert FauxRedis.port({:global, :taken_name}) == FauxRedis.port(other)
  end

  test "every option finds its way" do
    {:ok, server} =
      FauxRedis.start_link(
        ip: "127.0.0.1",
        flavour: "valkey",
        version: "8.1.1",
        password: "s",
        databases: 2,
        seed: 7,
        clock: 1_000.5,
        journal_limit: 5,
        config: [appendonly: false, "hash-max-listpack-entries": 7],
        callback_timeout: :infinity
      )

    client = Wire.connect(server)
    assert Wire.ask(client, ["AUTH", "s"]) == "OK"
    assert Wire.ask(client, ["CONFIG", "GET", "databases"]) == ["databases", "2"]

    assert Wire.ask(client, ["CONFIG", "GET", "hash-max-listpack-entries"]) == [
             "hash-max-listpack-entries",
             "7"
           ]

    assert Wire.ask(client, ["TIME"]) == ["1000", "500000"]
    assert FauxRedis.persona(server) == "valkey 8.1.1"
  end

  test "it listens on a Unix socket" do
    path = Path.join(System.tmp_dir!(), "faux_redis_#{System.unique_integer([:positive])}.sock")
    {:ok, server} = FauxRedis.start_link(unix_socket: path)
    assert {FauxRedis.address(server), FauxRedis.port(server)} == {{:local, path}, 0}
    assert FauxRedis.url(server) == "unix://#{path}"
    assert Wire.ask(Wire.connect(server), ["PING"]) == "PONG"
    FauxRedis.stop(server)
  end

  test "a server that listens everywhere is found on the loopback address" do
    {:ok, server} = FauxRedis.start_link(ip: {0, 0, 0, 0})
    assert {"127.0.0.1", port} = FauxRedis.address(server)
    assert Wire.ask(Wire.connect(port), ["PING"]) == "PONG"
  end

  test "time stands until it is moved, and keys live by it" do
    {:ok, server} = FauxRedis.start_link(clock: 1_000)
    client = Wire.connect(server)
    assert Wire.pipeline(client, [["SET", "k", "v", "EX", "60"], ["TTL", "k"]]) == ["OK", 60]
    assert FauxRedis.advance(server, 59_000) == :ok
    assert Wire.ask(client, ["TTL", "k"]) == 1
    FauxRedis.advance(server, 1_001)
    assert Wire.ask(client, ["GET", "k"]) == nil
  end

  test "keys, fields and channels are bytes of any kind" do
    {:ok, server} = FauxRedis.start_link()
    bytes = :erlang.term_to_binary({:sid, self(), <<0, 13, 10, 255>>})
    client = Wire.connect(server)
    assert Wire.pipeline(client, [["HSET", bytes, bytes, bytes], ["HGETALL", bytes]]) == [1, [bytes, bytes]]
    assert [%{args: [^bytes, ^bytes, ^bytes], key: ^bytes} | _] = FauxRedis.calls(server)
  end
end
