defmodule FauxRedis.StubTest do
  use FauxRedis.Case, async: true

  alias FauxRedis.Wire

  setup %{redis_server: server} do
    %{client: Wire.connect(server)}
  end

  describe "a matcher" do
    test "is a command's name in any case, as an atom or a string", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "by atom")
      FauxRedis.stub!(server, "eCho", "by string")
      assert Wire.ask(client, ["gEt", "k"]) == "by atom"
      assert Wire.ask(client, ["ECHO", "k"]) == "by string"
    end

    test "has patterns for all arguments", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, {:command, :mset, ["a", :any, ~r/^b+$/, {:glob, "x*"}]}, "matched")
      assert Wire.ask(client, ["MSET", "a", "1", "bb", "xyz"]) == "matched"
      assert Wire.ask(client, ["MSET", "a", "1", "bb", "yxz"]) == "OK"
      assert Wire.ask(client, ["MSET", "a", "1", "cb", "xyz"]) == "OK"
      assert Wire.ask(client, ["MSET", "a", "1"]) == "OK"
    end

    test "without patterns in its list is for calls without arguments", %{
      redis_server: server,
      client: client
    } do
      FauxRedis.stub!(server, {:command, :ping, []}, "bare")
      assert Wire.ask(client, ["PING"]) == "bare"
      assert Wire.ask(client, ["PING", "hello"]) == "hello"
    end

    test "takes regular expressions with what they mean in Elixir", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, {:command, :get, [~r/^(?<name>a)(?=b)\Kb/i]}, "look-ahead")
      FauxRedis.stub!(server, {:command, :get, [~r/^ä.$/u]}, "unicode")
      assert Wire.ask(client, ["GET", "ABc"]) == "look-ahead"
      assert Wire.ask(client, ["GET", "äö"]) == "unicode"
      assert Wire.ask(client, ["GET", <<0xFF, 0xFE>>]) == nil
    end

    test "may be a function of the call, of which only true counts", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, {:fn, &(&1.name == "GET" and &1.args == ["yes"])}, "chosen")
      FauxRedis.stub!(server, {:fn, fn call -> call.name == "GET" && "truthy" end}, "not chosen")
      assert Wire.ask(client, ["GET", "yes"]) == "chosen"
      assert Wire.ask(client, ["GET", "no"]) == nil
    end

    test "may have a function for one argument", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, {:command, :get, [&String.starts_with?(&1, "user:")]}, "a user")
      assert Wire.ask(client, ["GET", "user:1"]) == "a user"
      assert Wire.ask(client, ["GET", "session:1"]) == nil
    end

    test "may ask for a key wherever the command has it", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :any, "found", key: "b")
      assert Wire.ask(client, ["MGET", "a", "b"]) == "found"
      assert Wire.ask(client, ["ECHO", "b"]) == "b"
    end

    test "may be for some connections alone", %{redis_server: server, client: client} do
      other = Wire.connect(server)
      id = Wire.ask(client, ["CLIENT", "ID"])
      FauxRedis.stub!(server, :get, "mine", conn_id: id)
      assert Wire.ask(client, ["GET", "k"]) == "mine"
      assert Wire.ask(other, ["GET", "k"]) == nil
      other_id = Wire.ask(other, ["CLIENT", "ID"])
      {:ok, _} = FauxRedis.stub(server, matcher: :echo, respond: "both", conn_ids: [id, other_id])
      assert [Wire.ask(client, ["ECHO", "x"]), Wire.ask(other, ["ECHO", "x"])] == ["both", "both"]
    end

    test "may say what must be so of a connection", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "a worker's", conn: [name: {:glob, "worker-*"}, protocol: 2, db: 1])
      assert Wire.pipeline(client, [["CLIENT", "SETNAME", "worker-1"], ["GET", "k"]]) == ["OK", nil]
      assert Wire.pipeline(client, [["SELECT", "1"], ["GET", "k"]]) == ["OK", "a worker's"]

      assert [%{client_name: "worker-1", protocol: 2, address: "127.0.0.1:" <> _} | _] =
               FauxRedis.calls(server, :get)

      FauxRedis.stub!(server, :echo, "by function", conn: [name: ~r/^worker-\d$/])
      assert Wire.ask(client, ["ECHO", "x"]) == "by function"
      assert {:error, %{kind: :option}} = FauxRedis.stub(server, :get, "x", conn: [colour: "red"])
    end

    test "may be for commands of a transaction alone", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, "in exec", via: :exec)

      assert Wire.pipeline(client, [["GET", "k"], ["MULTI"], ["GET", "k"], ["EXEC"]]) ==
               [nil, "OK", "QUEUED", ["in exec"]]
    end

    test "that makes no sense is an error that says what one is", %{redis_server: server} do
      for wrong <- [nil, 1, "", {:command, :get}, {:command, :get, [:what]}, {:command, :get, [{:re, "("}]}] do
        result = FauxRedis.stub(server, wrong, "x")

        if wrong == {:command, :get} do
          assert {:ok, _} = result
        else
          assert {:error, %FauxRedis.Error{kind: :pattern, message: message}} = result

          assert message =~ inspect(wrong) or message =~ "what" or message =~ "regular expression" or
                   message =~ "<<>>"
        end
      end
    end
  end

  describe "an answer" do
    for {name, answer, reply} <- [
          {"a binary", "x", "x"},
          {"bytes that are no text", <<0, 255, 13, 10>>, <<0, 255, 13, 10>>},
          {"an integer", 42, 42},
          {"nil", nil, nil},
          {":ok", :ok, "OK"},
          {"an error", {:error, "ERR no"}, {:error, "ERR no"}},
          {"an array", {:array, ["a", 1, nil, {:array, ["b"]}, ["c"]]}, ["a", 1, nil, ["b"], ["c"]]},
          {"the null array", :null_array, nil},
          {"an empty list", [], []},
          {"a float", 1.5, "1.5"},
          {"a boolean", true, 1},
          {"a status", {:status, "QUEUED"}, "QUEUED"},
          {"a map", Macro.escape(%{"b" => 1, "a" => 2}), ["a", 2, "b", 1]},
          {"pairs", {:map, [{"b", 1}, {"a", 2}]}, ["b", 1, "a", 2]},
          {"a set", {:set, ["a"]}, ["a"]},
          {"a big number", 123_456_789_012_345_678_901, "123456789012345678901"},
          {"a verbatim text", {:verbatim, "text"}, "text"}
        ] do
      test "is #{name}", %{redis_server: server, client: client} do
        FauxRedis.stub!(server, :get, unquote(answer))
        assert Wire.ask(client, ["GET", "k"]) == unquote(reply)
      end
    end

    test "keeps its type over RESP3", %{redis_server: server, client: client} do
      assert Wire.ask(client, ["HELLO", "3"]) |> is_map()
      answers = [%{"a" => 1}, MapSet.new(["a", "b"]), 1.5, true, {:push, ["p"]}, {:big_number, 12}, nil]
      FauxRedis.stub!(server, :get, answers)
      replies = for _ <- answers, do: Wire.ask(client, ["GET", "k"])
      assert [%{"a" => 1}, {:set, ["a", "b"]}, 1.5, true, {:push, ["p"]}, {:big_number, "12"}, nil] == replies
    end

    test "may be a number that is none of the virtual machine's, and is told as it is written", ctx do
      %{redis_server: server, client: client} = ctx
      assert Wire.ask(client, ["HELLO", "3"]) |> is_map()
      FauxRedis.stub!(server, :get, {:double, :inf})
      assert Wire.ask(client, ["GET", "k"]) == {:double, "inf"}
      assert [%{reply: {:double, "inf"} = told}] = FauxRedis.calls(server, :get)
      FauxRedis.stub!(server, :get, [told, {:double, :"-inf"}, {:double, "nan"}])
      assert for(_ <- 1..2, do: Wire.ask(client, ["GET", "k"])) == [told, {:double, "-inf"}]
      assert {:error, %{kind: :answer}} = FauxRedis.stub(server, :get, {:double, "many"})
    end

    test "of a map may have atoms as names", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :hgetall, %{name: "Ada", born: 1815})
      assert Wire.ask(client, ["HGETALL", "user:1"]) == ["born", 1815, "name", "Ada"]
      FauxRedis.stub!(server, :hgetall, {:map, name: "Ada", born: 1815})
      assert Wire.ask(client, ["HGETALL", "user:1"]) == ["name", "Ada", "born", 1815]
      assert {:error, %{kind: :answer}} = FauxRedis.stub(server, :get, {:map, [{"a", 1} | {"b", 2}]})
    end

    test "is a sequence when it is a list, whose last element repeats", %{
      redis_server: server,
      client: client
    } do
      FauxRedis.stub!(server, :get, ["one", ["a", "list"], nil])
      replies = for _ <- 1..4, do: Wire.ask(client, ["GET", "foo"])
      assert replies == ["one", ["a", "list"], nil, nil]
    end

    test "of a sequence may be followed by the store, the first again, or an error", ctx do
      %{redis_server: server, client: client} = ctx
      FauxRedis.stub!(server, :get, ["a"], then: :store)
      FauxRedis.stub!(server, :echo, ["a", "b"], then: :cycle)
      FauxRedis.stub!(server, :type, ["a"], then: :error)
      assert for(_ <- 1..2, do: Wire.ask(client, ["GET", "k"])) == ["a", nil]
      assert for(_ <- 1..3, do: Wire.ask(client, ["ECHO", "k"])) == ["a", "b", "a"]
      assert ["a", {:error, "ERR faux_redis: " <> _}] = for(_ <- 1..2, do: Wire.ask(client, ["TYPE", "k"]))
    end

    test "may end the connection, with or without a reply", %{redis_server: server} do
      FauxRedis.stub!(server, :get, [:close, {:close, "bye"}, :reset])
      assert Wire.ask(Wire.connect(server), ["GET", "k"]) == :closed
      client = Wire.connect(server)
      assert [Wire.ask(client, ["GET", "k"]), Wire.receive_reply(client)] == ["bye", :closed]
      assert Wire.ask(Wire.connect(server), ["GET", "k"]) in [:reset, :closed]
    end

    test "may be bytes that are no reply", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, {:protocol_error, ["?", "what\r\n"]})
      Wire.send(client, ["GET", "k"])
      assert Wire.receive_raw(client, 7) == {:ok, "?what\r\n"}
    end

    test "may come in pieces", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :get, [
        {:partial, ["$3\r\n", ["fo", "o"], "\r\n"]},
        {:do, ["bar", {:partial, [1, 2]}]}
      ])

      assert [Wire.ask(client, ["GET", "k"]), Wire.ask(client, ["GET", "k"])] == ["foo", "bar"]
    end

    test "may be executed on the store and lost", %{redis_server: server, client: client} do
      FauxRedis.stub!(server, :incr, {:do, [:execute, :drop_reply]}, times: 1)
      Wire.send(client, ["INCR", "n"])
      assert Wire.ask(client, ["INCR", "n"]) == 2
    end

    test "that is delayed holds back what comes after it", %{redis_server: server} do
      client = Wire.connect(server)
      FauxRedis.stub!(server, :get, {:delay, 30, "late"})
      assert Wire.pipeline(client, [["GET", "k"], ["PING"]]) == ["late", "PONG"]
    end

    test "that makes no sense is an error that says what one is", %{redis_server: server} do
      for wrong <- [
            :closed,
            {:what, 1},
            self(),
            fn -> 1 end,
            {:delay, -1, "x"},
            {:array, :no},
            ~r/x/,
            {:error, 1}
          ] do
        assert {:error, %FauxRedis.Error{kind: :answer, message: message}} =
                 FauxRedis.stub(server, :get, wrong)

        assert message =~ "answer is" or message =~ "milliseconds" or message =~ "one argument"
      end

      assert FauxRedis.unused(server) == []
    end
  end

  describe "a rule" do
    test "answers before older ones, unless these have a higher priority", ctx do
      %{redis_server: server, client: client} = ctx
      FauxRedis.stub!(server, :get, "old")
      FauxRedis.stub!(server, :get, "new")
      assert Wire.ask(client, ["GET", "k"]) == "new"
      FauxRedis.stub!(server, :echo, "important", priority: 1)
      FauxRedis.stub!(server, :echo, "new")
      assert Wire.ask(client, ["ECHO", "k"]) == "important"
    end

    test "answers as often as it may", %{redis_server: server, client: client} do
      {:ok, rule} = FauxRedis.stub(server, matcher: :get, respond: "twice", max_calls: 2)
      assert for(_ <- 1..3, do: Wire.ask(client, ["GET", "k"])) == ["twice", "twice", nil]
      assert FauxRedis.hits(rule) == 2
      FauxRedis.stub!(server, :echo, "second", nth: 2)
      assert for(_ <- 1..3, do: Wire.ask(client, ["ECHO", "k"])) == ["k", "second", "k"]
      FauxRedis.stub!(server, :type, "later", after: 1)
      assert for(_ <- 1..3, do: Wire.ask(client, ["TYPE", "k"])) == ["none", "later", "later"]
    end

    test "is gone when it is removed", %{redis_server: server, client: client} do
      rule = FauxRedis.stub!(server, :get, "x")
      assert FauxRedis.remove(rule) == :ok
      assert Wire.ask(client, ["GET", "k"]) == nil
      assert FauxRedis.title(rule) == nil
      assert FauxRedis.remove(rule) == :ok
    end

    test "says where it was made when it is not met", %{redis_server: server} do
      rule = FauxRedis.expect!(server, :get, "x", name: "reading")
      line = __ENV__.line - 1
      assert {:error, error} = FauxRedis.verify(server)
      assert [%FauxRedis.Failure{kind: :unmet, message: message}] = error.failures
      assert message =~ "expect 'reading' GET: expected at least once, got 0"
      assert message =~ "made at test/faux_redis/stub_test.exs:#{line}"
      FauxRedis.remove(rule)
    end

    test "with an option that makes no sense is an error that says what it takes", %{redis_server: server} do
      for {name, value} <- [
            times: -1,
            times: 3..1//-1,
            nth: 0,
            after: "x",
            priority: nil,
            conn_id: "x",
            via: :air,
            what: 1
          ] do
        assert {:error, %FauxRedis.Error{kind: kind, message: message}} =
                 FauxRedis.stub(server, :get, "x", [{name, value}])

        assert {kind, message =~ to_string(name)} == {:option, true}
      end

      assert {:error, %{kind: :option}} = FauxRedis.stub(server, respond: "x")
      assert {:error, %{kind: :option}} = FauxRedis.stub(server, matcher: :get)
    end
  end
end
