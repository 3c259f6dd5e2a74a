defmodule FauxRedis.LifetimeTest do
  # It counts the servers of the virtual machine, so nothing else may run beside it.
  use ExUnit.Case, async: false

  alias FauxRedis.Wire

  # A server whose owner is killed says so in the log.
  @moduletag :capture_log

  defp server_of_its_own(options \\ []) do
    test = self()

    owner =
      spawn(fn ->
        {:ok, server} = FauxRedis.start_link(options)
        send(test, {:server, server, FauxRedis.port(server)})
        receive do: (:never -> :ok)
      end)

    assert_receive {:server, server, port}, 5_000
    {owner, server, port}
  end

  defp refused?(port), do: match?({:error, :econnrefused}, :gen_tcp.connect({127, 0, 0, 1}, port, []))

  defp descriptors, do: length(File.ls!("/proc/self/fd"))

  # Servers are dropped with the last process that knew them, so it is awaited by asking again and again.
  defp until(_condition, 0), do: flunk("it never came to be")
  defp until(condition, times), do: condition.() || until(condition, times - 1)

  test "a server ends with the process that started it" do
    for how <- [:kill, :shutdown, :normal] do
      {owner, server, port} = server_of_its_own()
      client = Wire.connect(port)
      monitor = Process.monitor(server)
      # A process takes no heed of `normal` from another.
      if how == :normal, do: send(owner, :never), else: Process.exit(owner, how)
      assert_receive {:DOWN, ^monitor, :process, ^server, _}, 5_000
      assert Wire.receive_reply(client) in [:closed, :reset]
      assert refused?(port)
    end
  end

  test "a server whose process is killed closes its connections and its port" do
    {_owner, server, port} = server_of_its_own()
    client = Wire.connect(port)
    Process.exit(server, :kill)
    assert Wire.receive_reply(client) in [:closed, :reset]
    until(fn -> refused?(port) end, 10_000)
  end

  test "functions that work on an answer end with their server" do
    {owner, server, port} = server_of_its_own()
    test = self()

    FauxRedis.stub!(server, :get, fn _ ->
      send(test, {:in, self()})
      Process.sleep(:infinity)
    end)

    client = Wire.connect(port)
    Wire.send(client, ["GET", "k"])
    assert_receive {:in, worker}, 5_000
    monitor = Process.monitor(worker)
    Process.exit(owner, :kill)
    assert_receive {:DOWN, ^monitor, :process, ^worker, _}, 5_000
    assert Wire.receive_reply(client) in [:closed, :reset]
  end

  test "a blocked client is let go when the server stops" do
    {:ok, server} = FauxRedis.start_link()
    client = Wire.connect(server)
    Wire.send(client, ["BLPOP", "list", "0"])
    {:ok, _} = FauxRedis.wait_for(server, :blpop)
    assert FauxRedis.stop(server) == :ok
    assert Wire.receive_reply(client) in [:closed, :reset]
  end

  test "a supervisor starts it again on the same port" do
    {:ok, first} = FauxRedis.start_link()
    port = FauxRedis.port(first)
    FauxRedis.stop(first)
    {:ok, supervisor} = Supervisor.start_link([{FauxRedis, port: port, name: :again}], strategy: :one_for_one)

    for _ <- 1..3 do
      client = Wire.connect(port)
      assert Wire.ask(client, ["PING"]) == "PONG"
      server = Process.whereis(:again)
      monitor = Process.monitor(server)
      Process.exit(server, :kill)
      assert_receive {:DOWN, ^monitor, :process, ^server, _}, 5_000
      # A name is there before the server is: asking it waits for that.
      until(fn -> is_pid(Process.whereis(:again)) end, 1_000_000)
      assert FauxRedis.port(:again) == port
    end

    Supervisor.stop(supervisor)
  end

  test "starting and stopping leaks neither servers nor processes nor descriptors" do
    :erlang.garbage_collect()

    cycle = fn ->
      {:ok, server} = FauxRedis.start_link()
      FauxRedis.stub!(server, {:fn, &(&1.name == "GET")}, fn call -> call.key end)
      client = Wire.connect(server)
      assert Wire.ask(client, ["GET", "k"]) == "k"
      assert [%{rule_id: rule}] = FauxRedis.calls(server)
      assert FauxRedis.hits(rule) == 1
      Wire.close(client)
      FauxRedis.stop(server)
    end

    for _ <- 1..10, do: cycle.()
    counts = fn -> [length(Process.list()), length(:erlang.ports()), descriptors()] end
    before = counts.()
    for _ <- 1..200, do: cycle.()
    # Sockets of earlier tests may still be about to close; what leaks would leak 200 times.
    assert Enum.all?(Enum.zip_with(counts.(), before, &-/2), &(&1 < 20))

    until(
      fn ->
        :erlang.garbage_collect()
        :faux_redis_nif.servers() == 0
      end,
      1_000
    )
  end

  test "modules can be loaded again while a server runs, and the library's stub goes on as it is" do
    {:ok, server} = FauxRedis.start_link()
    client = Wire.connect(server)
    FauxRedis.stub!(server, :get, fn call -> call.key end)
    assert :code.load_file(:faux_redis_nif) == {:error, :on_load_failure}

    for module <- [:faux_redis_server, :faux_redis_terms, :faux_redis, FauxRedis] do
      :code.purge(module)
      assert {:module, ^module} = :code.load_file(module)
    end

    assert Wire.pipeline(client, [["GET", "still there"], ["PING"]]) == ["still there", "PONG"]
    assert [%{name: "GET"}, _] = FauxRedis.calls(server)
    assert FauxRedis.stop(server) == :ok
  end

  @halts [
    "System.halt(0)",
    ":erlang.halt(0, [{:flush, false}])",
    ":init.stop(); Process.sleep(:infinity)",
    "System.cmd(\"kill\", [\"-TERM\", System.pid()]); Process.sleep(:infinity)"
  ]

  test "the virtual machine halts with traffic, functions and blocked clients under way" do
    ebin = :faux_redis |> :code.lib_dir() |> Path.join("ebin")

    for halt <- @halts do
      code = """
      test = self()
      {:ok, server} = FauxRedis.start_link()
      FauxRedis.stub!(server, :get, fn _ -> send(test, :in); Process.sleep(:infinity) end)
      ask = fn words ->
        {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, FauxRedis.port(server), [:binary, active: false])
        :gen_tcp.send(socket, FauxRedis.RESP.encode(words))
        socket
      end
      for words <- [["GET", "k"], ["BLPOP", "l", "0"]], do: ask.(words)
      FauxRedis.wait_for!(server, :blpop)
      receive do: (:in -> :ok)
      traffic = ask.(["PING"])
      spawn(fn -> for _ <- Stream.cycle([1]), do: :gen_tcp.send(traffic, FauxRedis.RESP.encode(["PING"])) end)
      FauxRedis.wait_for!(server, :ping, times: 100)
      #{halt}
      """

      assert {output, 0} = System.cmd("elixir", ["-pa", ebin, "-e", code], stderr_to_stdout: true)
      # Of a signal the virtual machine tells.
      assert output == "" or output =~ ~r/\A\s*[\d:.]+ \[notice\] SIGTERM received - shutting down\s*\z/
    end
  end
end
