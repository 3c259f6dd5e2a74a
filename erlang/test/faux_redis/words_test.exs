defmodule FauxRedis.WordsTest do
  @moduledoc "Words of starting and of stubs that no other test shows, each at work through a socket."
  use FauxRedis.Case, async: true

  alias FauxRedis.{Clock, RESP, Wire}

  defp started(options) do
    {:ok, server} = FauxRedis.start_link(options)
    {server, Wire.connect(server)}
  end

  describe "a server" do
    test "is where it says and plays what it says" do
      {server, client} = started(port: 0, ip: {127, 0, 0, 1}, version: "7.0.15")
      port = FauxRedis.port(server)
      assert FauxRedis.address(server) == {"127.0.0.1", port}
      assert FauxRedis.url(server) == "redis://127.0.0.1:#{port}"
      assert FauxRedis.persona(server) == "redis 7.0.15"
      assert Wire.ask(client, ["PING"]) == "PONG"
      assert FauxRedis.stop(server) == :ok
      assert Wire.receive_reply(client) in [:closed, :reset]
      assert :gen_tcp.connect({127, 0, 0, 1}, port, []) == {:error, :econnrefused}
    end

    test "answers by its rules, by its store, or by both" do
      replies =
        for mode <- [:mock_first, :stateful_only, :mock_only] do
          {server, client} = started(mode: mode)
          FauxRedis.stub!(server, {:command, :get, ["user:1"]}, "Ada")
          Wire.pipeline(client, [["GET", "user:1"], ["GET", "user:2"]])
        end

      assert [["Ada", nil], [nil, nil], ["Ada", {:error, "ERR " <> _}]] = replies
    end

    test "asks for its password, unless it is told not to" do
      {server, client} = started(password: "secret")

      assert [{:error, "NOAUTH Authentication required."}, "OK", nil] =
               Wire.pipeline(client, [["GET", "k"], ["AUTH", "secret"], ["GET", "k"]])

      assert FauxRedis.url(server) =~ "redis://:secret@127.0.0.1:"
      {_server, other} = started(password: "secret", require_auth?: false)
      assert Wire.ask(other, ["GET", "k"]) == nil
    end

    test "throws the same dice for the same seed" do
      thrown = fn seed ->
        {server, client} = started(seed: seed)
        FauxRedis.stub!(server, :get, "hit", p: 0.5)
        Wire.pipeline(client, List.duplicate(["GET", "k"], 64))
      end

      assert thrown.(7) == thrown.(7)
      assert thrown.(7) != thrown.(8)
    end

    test "has the system's time, if nothing else is said" do
      {server, client} = started(clock: :system)
      before = System.system_time(:second)
      assert [seconds, _microseconds] = Wire.ask(client, ["TIME"])
      assert String.to_integer(seconds) in before..System.system_time(:second)
      assert_in_delta Clock.now(server), System.system_time(:second), 60
      assert FauxRedis.now(server) >= before
    end

    test "remembers no more bytes of calls than wanted" do
      {server, client} = started(journal_limit_bytes: 2_000)
      for _ <- 1..4, do: Wire.ask(client, ["SET", "k", String.duplicate("v", 600)])
      assert length(FauxRedis.calls(server)) < 4
      assert FauxRedis.dropped_calls(server) == 4 - length(FauxRedis.calls(server))
      assert FauxRedis.dropped_bytes(server) >= 600 * FauxRedis.dropped_calls(server)
    end

    test "has the data of an RDB file from the start, and again after a reset" do
      folder =
        Path.join(System.tmp_dir!(), "faux_redis_words_#{System.pid()}_#{System.unique_integer([:positive])}")

      File.mkdir!(folder)
      on_exit(fn -> File.rm_rf!(folder) end)
      {_server, client} = started(config: %{dir: folder, dbfilename: "saved.rdb"})
      assert Wire.pipeline(client, [["RPUSH", "jobs", "one", "two"], ["SAVE"]]) == [2, "OK"]

      {server, client} = started(rdb: Path.join(folder, "saved.rdb"))
      assert Wire.pipeline(client, [["LPOP", "jobs"], ["LLEN", "jobs"]]) == ["one", 1]
      FauxRedis.reset!(server)
      assert Wire.ask(Wire.connect(server), ["LRANGE", "jobs", "0", "-1"]) == ["one", "two"]
    end
  end

  describe "a matcher" do
    setup %{redis_server: server}, do: %{client: Wire.connect(server)}

    test "means a container's subcommand by its name", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, {:command, "client getname", []}, "nobody")
      FauxRedis.stub!(server, "CLIENT KILL", {:error, "ERR no killing in tests"})

      assert [nil, "nobody", {:error, "ERR no killing in tests"}] =
               Wire.pipeline(client, [
                 ["GET", "k"],
                 ["CLIENT", "GETNAME"],
                 ["client", "kill", "ID", "1"]
               ])

      assert is_integer(Wire.ask(client, ["CLIENT", "ID"]))
    end

    test "says which arguments are meant, in their order", %{redis_server: server, client: client} do
      cases = [
        {["one"], ["one"], ["ten"]},
        {[7], ["7"], ["07"]},
        {[:any], ["x"], ["x", "y"]},
        {["a", :rest], ["a", "b", "c"], ["b", "a"]},
        {["a", :absent], ["a"], ["a", "b"]},
        {[~r/^u\d$/], ["u1"], ["ux"]},
        {[{:glob, "user:*"}], ["user:1"], ["order:1"]},
        {[fn argument -> byte_size(argument) == 3 end], ["abc"], ["ab"]},
        {[{:gt, 10}], ["11"], ["10"]},
        {[{:ge, 10}], ["10"], ["9.5"]},
        {[{:lt, 10}], ["9.5"], ["10"]},
        {[{:le, 10}], ["10"], ["11"]},
        {[{:between, 1, 3}], ["3"], ["4"]},
        {[{:json, "$.id", 7}], [~s({"id": 7})], [~s({"id": 8})]},
        {[{:and, {:gt, 1}, {:lt, 3}}], ["2"], ["3"]},
        {[{:or, "a", "b"}], ["b"], ["c"]},
        {[{:not, "a"}], ["b"], ["a"]}
      ]

      for {patterns, meant, other} <- cases do
        rule = FauxRedis.stub!(server, {:command, :sadd, ["k" | patterns]}, "meant")
        assert {patterns, Wire.ask(client, ["SADD", "k" | meant])} == {patterns, "meant"}
        assert {patterns, is_binary(Wire.ask(client, ["SADD", "k" | other]))} == {patterns, false}
        FauxRedis.remove(rule)
      end
    end

    test "means connections by what is known of them", %{redis_server: server, client: client} do
      id = Wire.ask(client, ["CLIENT", "ID"])
      [%{address: address}] = FauxRedis.calls(server)
      assert %{"proto" => 3} = Wire.ask(client, ["HELLO", "3", "SETNAME", "worker-1"])
      Wire.pipeline(client, [["CLIENT", "SETINFO", "LIB-NAME", "eredis"], ["SELECT", "2"]])

      for {meant, other} <- [
            {[id: id], [id: id + 1]},
            {[name: "worker-1"], [name: {:glob, "web-*"}]},
            {[user: "default"], [user: "ada"]},
            {[db: 2], [db: 0]},
            {[protocol: 3], [protocol: 2]},
            {[library: {:glob, "ered*"}], [library: "redix"]},
            {[address: address], [address: "10.0.0.1:1"]}
          ] do
        right = FauxRedis.stub!(server, :get, "right", conn: meant)
        wrong = FauxRedis.stub!(server, :get, "wrong", conn: other)
        assert {meant, Wire.ask(client, ["GET", "k"])} == {meant, "right"}
        Enum.each([right, wrong], &FauxRedis.remove/1)
      end
    end

    test "says by which way a command must come", %{redis_server: server, client: client} do
      asked = [["GET", "k"], ["MULTI"], ["GET", "k"], ["EXEC"]]

      for {via, replies} <- [
            direct: ["meant", "OK", "QUEUED", [nil]],
            exec: [nil, "OK", "QUEUED", ["meant"]],
            script: [nil, "OK", "QUEUED", [nil]]
          ] do
        rule = FauxRedis.stub!(server, :get, "meant", via: via)
        assert {via, Wire.pipeline(client, asked)} == {via, replies}
        FauxRedis.remove(rule)
      end
    end

    test "may ask a function of the call, besides all else", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "long", when: &(byte_size(&1.key) > 3))
      assert Wire.pipeline(client, [["GET", "long key"], ["GET", "k"]]) == ["long", nil]
    end
  end

  describe "a rule" do
    setup %{redis_server: server}, do: %{client: Wire.connect(server)}

    test "answers as often as its limits say", %{redis_server: server, client: client} do
      five = List.duplicate(["GET", "k"], 5)

      for {limit, replies} <- [
            {[times: 2], ["x", "x", nil, nil, nil]},
            {[times: 0..1], ["x", nil, nil, nil, nil]},
            {[times: {:at_most, 1}], ["x", nil, nil, nil, nil]},
            {[times: {:at_least, 1}], ["x", "x", "x", "x", "x"]},
            {[nth: 2], [nil, "x", nil, nil, nil]},
            {[after: 3], [nil, nil, nil, "x", "x"]}
          ] do
        rule = FauxRedis.stub!(server, :get, "x", limit)
        assert {limit, Wire.pipeline(client, five)} == {limit, replies}
        FauxRedis.remove(rule)
      end
    end

    test "may demand that something never comes", %{redis_server: server, client: client} do
      rule = FauxRedis.expect!(server, matcher: :flushall, times: 0)
      assert FauxRedis.verify(server) == :ok
      Wire.ask(client, ["FLUSHALL"])
      assert {:error, %{failures: [%{kind: :unmet, message: message}]}} = FauxRedis.verify(server)
      assert message =~ "expected never, got 1"
      FauxRedis.remove(rule)
    end

    @tag faux_redis: [strict: true]
    test "may be optional where every stub must be used", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "x")
      FauxRedis.stub!(server, :del, "x", optional: true)
      Wire.ask(client, ["GET", "k"])
      assert FauxRedis.verify(server) == :ok
    end

    test "is put into a state, and goes on from there", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "replica", scenario: [name: "failover", when: "over"])
      assert {FauxRedis.scenario(server, "failover"), Wire.ask(client, ["GET", "k"])} == {"started", nil}
      FauxRedis.put_scenario(server, "failover", "over")
      assert Wire.ask(client, ["GET", "k"]) == "replica"

      assert {:error, %{kind: :option, message: message}} =
               FauxRedis.stub(server, :get, "x", scenario: [name: "failover", form: "over"])

      assert message == ~s({:form, "over"} is no part of the option 'scenario'; there are name, when and to)
    end

    test "carries an identity that its calls have", %{redis_server: server, client: client} do
      {:ok, one} = FauxRedis.stub(server, :get, "x")
      {:ok, other} = FauxRedis.stub(server, :echo, "x")
      Wire.pipeline(client, [["ECHO", "x"], ["GET", "k"], ["PING"]])
      assert [^other, ^one, nil] = server |> FauxRedis.calls() |> Enum.map(& &1.rule_id)
    end
  end

  describe "an answer" do
    setup %{redis_server: server}, do: %{client: Wire.connect(server)}

    test "has the type that is said of it, over RESP3", %{redis_server: server, client: client} do
      assert %{"proto" => 3} = Wire.ask(client, ["HELLO", "3"])

      for {answer, bytes} <- [
            {:ok, "+OK\r\n"},
            {{:status, "FINE"}, "+FINE\r\n"},
            {{:error, "ERR no"}, "-ERR no\r\n"},
            {nil, "_\r\n"},
            {:null_array, "_\r\n"},
            {{:array, ["a", 1]}, "*2\r\n$1\r\na\r\n:1\r\n"},
            {{:map, [{"a", 1}]}, "%1\r\n$1\r\na\r\n:1\r\n"},
            {{:set, ["a"]}, "~1\r\n$1\r\na\r\n"},
            {{:push, ["p"]}, ">1\r\n$1\r\np\r\n"},
            {{:double, 1.5}, ",1.5\r\n"},
            {true, "#t\r\n"},
            {{:big_number, 12}, "(12\r\n"},
            {{:verbatim, "text"}, "=8\r\ntxt:text\r\n"},
            {{:attribute, %{"ttl" => 3}, "v"}, "|1\r\n$3\r\nttl\r\n:3\r\n$1\r\nv\r\n"},
            {{:raw, "?what\r\n"}, "?what\r\n"},
            {{:template, "{name} {key}"}, "$7\r\nGET k:1\r\n"}
          ] do
        rule = FauxRedis.stub!(server, :get, answer)
        Wire.send(client, ["GET", "k:1"])
        assert {answer, Wire.receive_raw(client, byte_size(bytes))} == {answer, {:ok, bytes}}
        FauxRedis.remove(rule)
      end
    end

    test "comes in turn, and the last again and again", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, ["a", "b"], then: :last)
      assert for(_ <- 1..3, do: Wire.ask(client, ["GET", "k"])) == ["a", "b", "b"]
    end

    test "may be late by what is drawn, and goes by the server's clock", %{redis_server: server} do
      Clock.freeze(server)

      for {delay, n} <- Enum.with_index([40, {:uniform, 10, 50}, {:lognormal, 20, 0.5}], 1) do
        client = Wire.connect(server)
        rule = FauxRedis.stub!(server, :get, {:delay, delay, "late"})
        Wire.send(client, ["GET", "k"])
        FauxRedis.wait_for!(server, :get, times: n)
        assert Wire.receive_reply(client, 1) == :silent
        Clock.advance(server, 3_600_000)
        assert {delay, Wire.receive_reply(client)} == {delay, "late"}
        FauxRedis.remove(rule)
      end
    end

    test "may never come, while the connection is served or is not", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, :no_reply)
      Wire.send(client, ["GET", "k"])
      assert Wire.ask(client, ["ECHO", "served"]) == "served"
      FauxRedis.stub!(server, :echo, {:do, ["never", :hang]})
      Wire.send_raw(client, Enum.map([["ECHO", "x"], ["PING"]], &RESP.encode/1))
      FauxRedis.wait_for!(server, :echo, times: 2)
      assert Wire.receive_reply(client, 1) == :silent
    end

    test "may be the store's, said in a callback or a sequence", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :incr, [:execute, fn call -> {:do, [:execute, {:error, "ERR #{call.key}"}]} end])

      assert [1, {:error, "ERR n"}] = for(_ <- 1..2, do: Wire.ask(client, ["INCR", "n"]))
    end
  end
end
