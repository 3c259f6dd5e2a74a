defmodule FauxRedis.DataTest do
  use FauxRedis.Case, async: true

  alias FauxRedis.{Data, Diff, Error, Wire}

  setup %{redis_server: server}, do: %{client: Wire.connect(server)}

  describe "a value by hand" do
    test "is of every type a client sees, and reads as it was written", %{
      redis_server: server,
      client: client
    } do
      values = [
        {"string", "Ada", "string"},
        {"list", ["a", "b"], "list"},
        {"set", MapSet.new(["a", "b"]), "set"},
        {"hash", %{"name" => "Ada"}, "hash"},
        {"zset", {:zset, [{"low", :"-inf"}, {"ada", 1.5}, {"high", :inf}]}, "zset"}
      ]

      for {key, value, type} <- values do
        assert Data.put(server, key, value) == :ok
        assert Data.get(server, key) == value
        assert Data.type(server, key) == type
        assert Wire.ask(client, ["TYPE", key]) == type
      end

      assert Wire.ask(client, ["ZSCORE", "zset", "high"]) == "inf"
      assert Data.keys(server) |> Enum.sort() == ~w(hash list set string zset)
    end

    test "may be a stream with its groups, which goes back whole", %{redis_server: server, client: client} do
      Data.put!(server, "log", {:stream, [{"1-1", what: "begun"}, %{what: "done"}]})
      assert Wire.ask(client, ["XGROUP", "CREATE", "log", "readers", "0"]) == "OK"

      assert [_] =
               Wire.ask(client, ["XREADGROUP", "GROUP", "readers", "ada", "COUNT", "1", "STREAMS", "log", ">"])

      assert {:stream, [{"1-1", [{"what", "begun"}]}, {_, [{"what", "done"}]}], told} =
               read = Data.get(server, "log")

      assert %{"readers" => %{consumers: ["ada"], last_id: "1-1", pending: [["1-1", "ada", 1]]}} = told.groups
      assert Data.put(server, "copy", read) == :ok
      assert Data.get(server, "copy") == read
      assert [1, "1-1", "1-1", [["ada", "1"]]] = Wire.ask(client, ["XPENDING", "copy", "readers"])
    end

    test "takes bytes, names with a dollar where the type is said, and what DUMP answers", %{
      redis_server: server,
      client: client
    } do
      Data.put!(server, <<0, 255>>, <<255, 0>>)
      assert Wire.ask(client, ["GET", <<0, 255>>]) == <<255, 0>>
      Data.put!(server, "hash", {:hash, %{"$ttl" => "not one"}})
      assert Wire.ask(client, ["HGET", "hash", "$ttl"]) == "not one"
      Data.put!(server, "copy", {:dump, Wire.ask(client, ["DUMP", "hash"])})
      assert Data.get(server, "copy") == %{"$ttl" => "not one"}
    end

    test "is an event like any other: it wakes who waits, and voids a watch", %{
      redis_server: server,
      client: client
    } do
      Wire.send(client, ["BLPOP", "jobs", "0"])
      assert FauxRedis.wait_until_blocked(server, "jobs") == :ok
      Data.put!(server, "jobs", ["one"])
      assert Wire.receive_reply(client) == ["jobs", "one"]

      for words <- [["WATCH", "k"], ["MULTI"], ["GET", "k"]], do: Wire.ask(client, words)
      Data.put!(server, "k", "other")
      assert Wire.ask(client, ["EXEC"]) == nil
      assert FauxRedis.calls(server, :set) == []
    end

    test "that no key can hold is an error, and nothing is lost", %{redis_server: server} do
      Data.put!(server, "k", "v")

      for value <- [[], %{}, nil, {:zset, [{"ada", "much"}]}, {:stream, [1]}, self(), {:what, 1}, [["deep"]]] do
        assert {:error, %Error{kind: :option}} = Data.put(server, "k", value)
      end

      assert {:error, %Error{message: message}} = Data.put(server, "k", "v", ttl: 0)
      assert message =~ "ttl" or message =~ "time to live"
      assert {:error, %Error{message: message}} = Data.put(server, "k", "v", db: 16)
      assert message =~ "there is no database 16, but 16"
      assert {:error, %Error{message: message}} = Data.put(server, "k", "v", what: 1)
      assert message =~ "{:what, 1} is no option here; there are db and ttl"

      assert_raise Error, ~r/option 'db' takes an integer of 0 or more/, fn ->
        Data.get(server, "k", db: -1)
      end

      assert Data.get(server, "k") == "v"
    end
  end

  @tag faux_redis: [clock: 0]
  test "a time to live is said and told in milliseconds", %{redis_server: server, client: client} do
    Data.put!(server, "lock", "me", ttl: 60_000)
    assert Data.ttl(server, "lock") == 60_000
    assert Data.expire(server, "lock", :infinity)
    assert Data.ttl(server, "lock") == nil
    refute Data.expire(server, "none", 1)
    Wire.ask(client, ["HSET", "h", "f", "v", "g", "v"])
    Wire.ask(client, ["HPEXPIRE", "h", "500", "FIELDS", "1", "f"])
    assert Data.field_ttls(server, "h") == %{"f" => 500}
    Data.expire(server, "lock", 1_500)
    FauxRedis.advance(server, 1_501)
    assert Data.get(server, "lock") == nil
  end

  test "databases are apart, and each is cleared alone", %{redis_server: server, client: client} do
    Data.put!(server, "k", "of three", db: 3)
    assert Data.get(server, "k") == nil
    Wire.ask(client, ["SELECT", "3"])
    assert Wire.ask(client, ["GET", "k"]) == "of three"
    assert Data.clear(server) == 0
    assert Data.clear(server, db: 3) == 1
    assert Data.keys(server, "*", db: 3) == []
  end

  describe "a document" do
    @tag faux_redis: [clock: 0]
    test "goes out and comes in again, as JSON and YAML", %{redis_server: server} do
      Data.load!(server, %{
        "user:1" => %{name: "Ada", age: 36},
        "board" => %{"$zset" => %{"ada" => 2}, "$ttl" => 60},
        "tags" => MapSet.new([:a])
      })

      before = Data.snapshot(server)

      for format <- [:json, :yaml] do
        document = Data.dump(server, format)
        assert Data.clear(server) == 3
        assert Data.load(server, {format, document}) == :ok
        assert Data.diff(server, before).changes == []
      end

      assert Data.get(server, "user:1") == %{"name" => "Ada", "age" => "36"}
    end

    test "is loaded whole or not at all", %{redis_server: server} do
      assert {:error, %Error{kind: :option, message: message}} =
               Data.load(server, %{"a" => 1, "b" => %{"$set" => 1}})

      assert message =~ "key 'b'"
      assert Data.keys(server) == []
      assert {:error, %Error{}} = Data.load(server, "/there/is/no/such.json")
      assert {:error, %Error{message: message}} = Data.load(server, :what)
      assert message == "data is a map, a path, {:json, text} or {:yaml, text}, not :what"
      assert_raise Error, fn -> Data.dump(server, :xml) end
    end

    @tag faux_redis: [data: %{"$databases" => %{0 => %{"k" => "v"}, 1 => %{"k" => "w"}}}]
    test "is there from the start and after a reset", %{redis_server: server} do
      Data.put!(server, "k", "other")
      FauxRedis.reset!(server)
      assert {Data.get(server, "k"), Data.get(server, "k", db: 1)} == {"v", "w"}
    end

    test "that makes no sense starts no server" do
      assert {:error, %Error{kind: :option, message: message}} = FauxRedis.start_link(data: %{"k" => []})
      assert message =~ "data"
      assert {:error, %Error{message: message}} = FauxRedis.start_link(data: 1)
      assert message =~ "option 'data' takes a map of keys and values, or the path of a file of data, not 1"
    end
  end

  describe "a snapshot" do
    test "tells what differs, and is gone back to", %{redis_server: server} do
      Data.put!(server, "changed", ["a"])
      Data.put!(server, "removed", MapSet.new(["a"]))
      first = Data.snapshot(server)
      Data.put!(server, "changed", ["b"])
      Data.delete(server, "removed")
      Data.put!(server, "added", "x", db: 1)
      second = Data.snapshot(server)
      Data.clear(server)

      assert %Diff{changes: changes} = Data.diff(server, first, to: second)
      removed = MapSet.new(["a"])

      assert [
               %{db: 0, key: "changed", before: ["a"], after: ["b"]},
               %{key: "removed", before: ^removed, after: nil},
               %{db: 1, key: "added", before: nil, after: "x", ttl_before: nil, ttl_after: nil}
             ] = changes

      assert [%{key: "added"}] = Data.diff(server, first, to: second, except: ["chang*", "removed"]).changes
      assert Data.restore!(server, first) == 3
      assert Data.diff(server, first).changes == []
      assert Data.get(server, "removed") == removed
    end

    test "is of one server, until its reset", %{redis_server: server} do
      {:ok, other} = FauxRedis.start_link()
      snapshot = Data.snapshot(server)
      assert {:error, %Error{kind: :option, message: message}} = Data.restore(other, snapshot)
      assert message == "the snapshot is of another server\n  made at #{FauxRedis.source(snapshot)}"
      FauxRedis.reset!(server)
      assert_raise Error, ~r/before the server was last reset/, fn -> Data.diff(server, snapshot) end
    end

    test "guards keys that may not change", %{redis_server: server, client: client} do
      assert Data.unchanged!(server, fn -> Wire.ask(client, ["GET", "k"]) end) == nil

      message = ~r/keys changed that should not have:\n\+ "k"/

      assert_raise Error, message, fn ->
        Data.unchanged!(server, fn -> Wire.ask(client, ["SET", "k", "v"]) end)
      end

      changes = fn -> Data.put!(server, "é", "v") end
      error = assert_raise Error, fn -> Data.unchanged!(server, [name: "as it was"], changes) end
      line = __ENV__.line - 1
      assert error.kind == :verification

      assert [%FauxRedis.Failure{kind: :changed, message: message}] = error.failures

      assert message ==
               ~s(unchanged 'as it was': keys changed that should not have:\n+ "é" string "v"\n) <>
                 "  made at test/faux_redis/data_test.exs:#{line}"

      assert error.message =~ ~r/^#{Regex.escape(message)}\nlast calls of conn 1:\n.*\nseed: \d+$/s

      assert Data.unchanged!(server, [except: "k"], fn -> Wire.ask(client, ["INCR", "k"]) end) |> elem(0) ==
               :error
    end
  end

  @tag faux_redis: [tls: true]
  test "with TLS, clients know the server by its certificate", %{redis_server: server} do
    {:ok, _} = Application.ensure_all_started(:ssl)
    [{:Certificate, der, :not_encrypted}] = :public_key.pem_decode(FauxRedis.tls_ca(server))
    options = [verify: :verify_peer, cacerts: [der], active: false, mode: :binary]
    {:ok, socket} = :ssl.connect({127, 0, 0, 1}, FauxRedis.port(server), options)
    :ok = :ssl.send(socket, "PING\r\n")
    assert :ssl.recv(socket, 7) == {:ok, "+PONG\r\n"}
  end
end
