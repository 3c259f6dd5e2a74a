defmodule FauxRedis.CallbackTest do
  use FauxRedis.Case, async: true, verify: false

  alias FauxRedis.Wire

  setup %{redis_server: server} do
    %{client: Wire.connect(server)}
  end

  test "a function gets the call and answers in any way", %{redis_server: server, client: client} do
    test = self()

    FauxRedis.stub!(server, :get, fn call ->
      send(test, {:in, self(), Process.get(:"$callers")})

      case call.args do
        ["list"] -> ["a", 1]
        ["error"] -> {:error, "ERR no"}
        ["close"] -> {:close, "bye"}
        ["other"] -> fn call -> String.upcase(call.key) end
        ["store"] -> :execute
      end
    end)

    assert Wire.ask(client, ["GET", "list"]) == ["a", 1]
    assert_receive {:in, worker, callers}
    assert test in callers
    assert worker not in [test, server]
    assert Wire.ask(client, ["GET", "error"]) == {:error, "ERR no"}
    assert Wire.ask(client, ["GET", "other"]) == "OTHER"
    assert Wire.pipeline(client, [["SET", "store", "v"], ["GET", "store"]]) == ["OK", "v"]
    assert [Wire.ask(client, ["GET", "close"]), Wire.receive_reply(client)] == ["bye", :closed]
  end

  test "a function may use the server it answers for", %{redis_server: server, client: client} do
    FauxRedis.stub!(server, :get, fn call ->
      FauxRedis.stub!(server, :echo, "from within")
      other = Wire.connect(server)
      "#{length(FauxRedis.calls(server))} #{Wire.ask(other, ["ECHO", "x"])} #{call.key}"
    end)

    assert Wire.ask(client, ["GET", "k"]) == "1 from within k"
  end

  test "what a function raises reaches the client as an error, and the test with its stacktrace", ctx do
    %{redis_server: server, client: client} = ctx
    FauxRedis.stub!(server, :get, fn _ -> raise ArgumentError, "no such user" end)
    FauxRedis.stub!(server, :echo, fn _ -> throw(:ball) end)
    FauxRedis.stub!(server, :type, fn _ -> exit(:gone) end)
    FauxRedis.stub!(server, :ttl, fn _ -> :nonsense end)
    reply = Wire.ask(client, ["GET", "k"])
    assert reply == {:error, "ERR faux_redis: callback failed: ArgumentError: no such user"}
    assert {:error, "ERR faux_redis: callback failed: throw: :ball"} = Wire.ask(client, ["ECHO", "k"])
    assert {:error, "ERR faux_redis: callback failed: exit: :gone"} = Wire.ask(client, ["TYPE", "k"])
    assert {:error, "ERR faux_redis: callback failed: an answer is " <> _} = Wire.ask(client, ["TTL", "k"])

    assert {:error, error} = FauxRedis.verify(server)
    assert [%{kind: :callback, raised: {:error, %ArgumentError{}, stack}} | others] = error.failures
    assert Enum.any?(stack, fn {module, _, _, _} -> module == __MODULE__ end)
    assert length(others) == 3
    assert error.message =~ "callback_test.exs:"
    assert error.message =~ ~s(while answering #1)
  end

  test "a predicate that raises fails the test, and does not match", %{redis_server: server, client: client} do
    FauxRedis.stub!(server, {:fn, fn _ -> raise "broken" end}, "never")
    assert Wire.ask(client, ["GET", "k"]) == nil
    assert {:error, %{failures: [%{kind: :callback}]}} = FauxRedis.verify(server)
  end

  @tag faux_redis: [callback_timeout: 20]
  test "a function that takes too long is ended, and the client told", %{redis_server: server, client: client} do
    test = self()

    FauxRedis.stub!(server, :get, fn _ ->
      send(test, {:in, self()})
      Process.sleep(:infinity)
    end)

    assert {:error, "ERR faux_redis: callback failed: it took longer than 20 ms"} =
             Wire.ask(client, ["GET", "k"])

    assert_receive {:in, worker}
    monitor = Process.monitor(worker)
    assert_receive {:DOWN, ^monitor, :process, ^worker, _reason}, 5_000
    assert Wire.ask(client, ["ECHO", "alive"]) == "alive"
  end

  test "a function whose process is killed gives the client an error", %{redis_server: server, client: client} do
    FauxRedis.stub!(server, :get, fn _ -> Process.exit(self(), :kill) end)

    assert {:error, "ERR faux_redis: callback failed: its process was ended: killed"} =
             Wire.ask(client, ["GET", "k"])

    assert Wire.ask(client, ["PING"]) == "PONG"
  end

  test "a slow function stalls only its own connection", %{redis_server: server, client: client} do
    test = self()

    FauxRedis.stub!(server, :get, fn _ ->
      send(test, {:in, self()})
      receive do: (:go -> "at last")
    end)

    Wire.send_raw(client, Enum.map([["GET", "k"], ["ECHO", "after"]], &FauxRedis.RESP.encode/1))
    assert_receive {:in, worker}, 5_000
    other = Wire.connect(server)
    assert Wire.ask(other, ["ECHO", "meanwhile"]) == "meanwhile"
    send(worker, :go)
    assert [Wire.receive_reply(client), Wire.receive_reply(client)] == ["at last", "after"]
  end

  test "a client that leaves while a function works is noticed at once", %{
    redis_server: server,
    client: client
  } do
    test = self()

    FauxRedis.stub!(server, :get, fn _ ->
      send(test, {:in, self()})
      receive do: (:go -> "too late")
    end)

    id = Wire.ask(client, ["CLIENT", "ID"])
    Wire.send(client, ["GET", "k"])
    assert_receive {:in, worker}, 5_000
    Wire.close(client)
    other = Wire.connect(server)
    assert left?(other, id, 3000)
    send(worker, :go)
    assert Wire.ask(other, ["PING"]) == "PONG"
  end

  test "many functions work at the same time", %{redis_server: server} do
    test = self()

    FauxRedis.stub!(server, :get, fn call ->
      send(test, {:in, self()})
      receive do: (:go -> call.key)
    end)

    clients = for i <- 1..20, do: {i, Wire.connect(server)}
    for {i, client} <- clients, do: Wire.send(client, ["GET", "#{i}"])

    workers =
      for _ <- clients do
        assert_receive {:in, worker}, 5_000
        worker
      end

    for worker <- workers, do: send(worker, :go)
    for {i, client} <- clients, do: assert(Wire.receive_reply(client) == "#{i}")
  end

  # Asks again and again whether the server still has a client.
  defp left?(_client, _id, 0), do: false

  defp left?(client, id, questions) do
    list = Wire.ask(client, ["CLIENT", "LIST"])
    not (list =~ "id=#{id} ") or left?(client, id, questions - 1)
  end
end
