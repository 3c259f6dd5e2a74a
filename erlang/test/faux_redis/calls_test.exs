defmodule FauxRedis.CallsTest do
  use FauxRedis.Case, async: true

  alias FauxRedis.{Call, Wire}

  setup %{redis_server: server} do
    %{client: Wire.connect(server)}
  end

  test "a call tells who asked what, where, and what came of it", %{redis_server: server, client: client} do
    Wire.pipeline(client, [["CLIENT", "SETNAME", "me"], ["SELECT", "3"]])
    rule = FauxRedis.stub!(server, :get, 1)
    Wire.pipeline(client, [["get", "k"], ["MSET", "a", "1", "b", "2"], ["NO"]])
    id = Wire.ask(client, ["CLIENT", "ID"])
    assert [setname, select, get, mset, no, _id] = FauxRedis.calls(server)
    assert %Call{seq: 1, name: "CLIENT SETNAME", args: ["me"], client_name: "", reply: :ok} = setname
    assert %{name: "SELECT", db: 0, action: :store} = select

    assert %{name: "GET", args: ["k"], key: "k", db: 3, conn_id: ^id, client_name: "me", user: "default"} =
             get

    assert %{via: :direct, rule_id: ^rule, action: :rule, reply: 1} = get
    assert %{keys: ["a", "b"], rule_id: nil, action: :store, reply: :ok} = mset
    assert %{name: "NO", reply: {:error, "ERR unknown command" <> _}} = no
    assert is_integer(get.duration_us)
    assert_in_delta get.timestamp, System.system_time(:millisecond), 60_000
    assert get[:name] == "GET"
  end

  test "calls are found by the matchers that stubs take", %{redis_server: server, client: client} do
    Wire.pipeline(client, [["SET", "a", "1"], ["SET", "b", "2"], ["GET", "a"]])
    assert [%{args: ["a", "1"]}, %{args: ["b", "2"]}] = FauxRedis.calls(server, :set)
    assert [%{args: ["b", "2"]}] = FauxRedis.calls(server, {:command, :set, [~r/b/, :any]})
    assert [%{name: "SET"}, %{name: "GET"}] = FauxRedis.calls(server, :any, key: "a")
    assert [%{name: "GET"}] = FauxRedis.calls(server, {:fn, &(&1.reply == "1")})
    assert_raise FauxRedis.Error, ~r/a matcher is/, fn -> FauxRedis.calls(server, 1) end
  end

  test "a command of a transaction says so, once it is carried out", %{redis_server: server, client: client} do
    Wire.pipeline(client, [["MULTI"], ["INCR", "n"]])
    assert [%{via: :exec, action: :queued, reply: {:status, "QUEUED"}}] = FauxRedis.calls(server, :incr)
    Wire.ask(client, ["EXEC"])
    assert [%{via: :exec, action: :store, reply: 1}] = FauxRedis.calls(server, :incr)
  end

  test "one can wait for a call, made before or after", %{redis_server: server, client: client} do
    Wire.ask(client, ["SET", "a", "1"])
    assert {:ok, %{name: "SET"}} = FauxRedis.wait_for(server, :set)
    test = self()
    spawn_link(fn -> send(test, {:waited, FauxRedis.wait_for!(server, :get, times: 2)}) end)
    Wire.pipeline(client, [["GET", "a"], ["GET", "b"]])
    assert_receive {:waited, %{args: ["b"]}}, 5_000
    assert {:error, %{kind: :timeout, message: message}} = FauxRedis.wait_for(server, :del, timeout: 1)
    assert message =~ "DEL"
    assert {:error, %{kind: :option}} = FauxRedis.wait_for(server, :del, times: 0)
  end

  test "whoever waits is told when the server stops", %{redis_server: server} do
    handle = :faux_redis.handle(server)
    reference = make_ref()
    {:ok, :ok} = :faux_redis_nif.wait_for(handle, [name: "GET"], 1, 60_000, reference)
    stop_supervised!(FauxRedis)
    assert_receive {^reference, {:error, {:stopped, "the server has stopped"}}}, 5_000
  end

  test "a subscriber gets each call that matches as a message", %{redis_server: server, client: client} do
    assert FauxRedis.subscribe(server, :set, key: ~r/^user:/) == :ok

    Wire.pipeline(client, [
      ["SET", "user:1", "a"],
      ["SET", "x", "b"],
      ["GET", "user:1"],
      ["SET", "user:2", "c"]
    ])

    assert_receive {:faux_redis, :call, %Call{args: ["user:1", "a"]}}, 5_000
    assert_receive {:faux_redis, :call, %Call{args: ["user:2", "c"]}}, 5_000
    refute_received {:faux_redis, :call, _}
  end

  test "calls and stubs that nothing was said of are listed", %{redis_server: server, client: client} do
    FauxRedis.stub!(server, :get, "x")
    FauxRedis.stub!(server, :del, "x")
    Wire.pipeline(client, [["GET", "a"], ["SET", "a", "1"]])
    assert [%{name: "SET"}] = FauxRedis.unmatched(server)
    assert FauxRedis.unused(server) == ["stub DEL"]
  end

  @tag faux_redis: [journal_limit: 2]
  test "no more calls are remembered than wanted", %{redis_server: server, client: client} do
    Wire.pipeline(client, [["GET", "a"], ["GET", "b"], ["GET", "c"]])
    assert [%{args: ["b"]}, %{args: ["c"]}] = FauxRedis.calls(server)
    assert FauxRedis.dropped_calls(server) == 1
  end

  test "the transcript tells what was asked and answered", %{redis_server: server, client: client} do
    FauxRedis.stub!(server, :get, "Ada", name: "a user")
    Wire.pipeline(client, [["GET", "user:1"], ["SET", "a", "1"]])

    assert FauxRedis.transcript(server) =~
             ~r/GET "user:1"  ->  "Ada"  \[rule: stub 'a user' GET\]\n.*SET "a" "1"/
  end

  test "no atom is made of what clients send", %{client: client} do
    words = for i <- 1..200, do: ["never_an_atom_#{i}", "nor_this_#{i}"]
    Wire.pipeline(client, words)

    # How many atoms there are is no measure: other tests load modules meanwhile.
    for word <- List.flatten(words), name <- [word, String.upcase(word)] do
      assert_raise ArgumentError, fn -> String.to_existing_atom(name) end
    end
  end

  @tag faux_redis: [compat: :v1]
  test "with compat: :v1 a subcommand is an argument, and SISMEMBER answers with a text", ctx do
    %{redis_server: server, client: client} = ctx

    assert Wire.pipeline(client, [["SADD", "s", "m"], ["SISMEMBER", "s", "m"], ["CLIENT", "ID"]])
           |> Enum.at(1) == "1"

    assert %{name: "CLIENT", args: ["ID"]} = server |> FauxRedis.calls() |> List.last()
    FauxRedis.reset!(server)
    again = Wire.connect(server)
    assert Wire.pipeline(again, [["SADD", "s", "m"], ["SISMEMBER", "s", "m"]]) == [1, "1"]
  end

  test "by default SISMEMBER answers as Redis does", %{client: client} do
    assert Wire.pipeline(client, [["SADD", "s", "m"], ["SISMEMBER", "s", "m"]]) == [1, 1]
  end
end
