# What servers and functions of the test's cost: `MIX_ENV=prod mix run bench/bench.exs [path of a redis-benchmark]`.
#
# Figures depend on the machine and on what else it does: read them beside those of a plain command, which is here too.

defmodule Bench do
  def run(benchmark) do
    starts(300)
    memory(100)
    inside(1, 20_000)
    inside(50, 50_000)
    if benchmark, do: outside(benchmark), else: IO.puts("(no redis-benchmark: #{hint()})")
    cycles(10_000)
  end

  defp hint, do: "give its path to measure with a client outside of the virtual machine"

  defp starts(count) do
    cycle = fn ->
      {us, {server, socket}} =
        :timer.tc(fn ->
          {:ok, server} = FauxRedis.start_link()
          socket = connect(FauxRedis.port(server))
          "+PONG\r\n" = ask(socket, "PING\r\n")
          {server, socket}
        end)

      :gen_tcp.close(socket)
      {stop_us, :ok} = :timer.tc(fn -> FauxRedis.stop(server) end)
      {us, stop_us}
    end

    for _ <- 1..20, do: cycle.()
    {start, stop} = Enum.unzip(for _ <- 1..count, do: cycle.())
    IO.puts("start to first PONG: p50 #{at(start, 50)} µs, p99 #{at(start, 99)} µs")
    IO.puts("stop: p50 #{at(stop, 50)} µs, p99 #{at(stop, 99)} µs")
  end

  defp memory(count) do
    before = resident_kb()
    servers = for _ <- 1..count, do: start()
    IO.puts("memory: #{div((resident_kb() - before) * 10, count) / 10} kB a server, of #{count}")
    Enum.each(servers, &FauxRedis.stop/1)
  end

  # Clients in this virtual machine.
  defp inside(clients, requests) do
    for {name, stub} <- [{"PING by the store", nil}, {"GET by a function", fn call -> call.key end}] do
      server = start()
      if stub, do: FauxRedis.stub!(server, :get, stub)
      request = if stub, do: "GET k\r\n", else: "PING\r\n"
      each = div(requests, clients)
      measured = fn -> asking(server, request, each) end

      {us, times} =
        :timer.tc(fn ->
          1..clients |> Enum.map(fn _ -> Task.async(measured) end) |> Task.await_many(:infinity)
        end)

      times = List.flatten(times)
      rate = round(each * clients * 1_000_000 / us)

      IO.puts(
        "#{clients} in the same VM, #{name}: #{rate}/s, p50 #{at(times, 50)} µs, p99 #{at(times, 99)} µs"
      )

      FauxRedis.stop(server)
    end
  end

  defp asking(server, request, count) do
    socket = connect(FauxRedis.port(server))
    for _ <- 1..count, do: fn -> ask(socket, request) end |> :timer.tc() |> elem(0)
  end

  # redis-benchmark, outside of it.
  defp outside(benchmark) do
    for clients <- [1, 50],
        {name, words, stub} <- [
          {"PING by the store", ["PING"], nil},
          {"GET by a function", ["GET", "k"], &"#{&1.key}"}
        ] do
      server = start(journal_limit: 1000)
      if stub, do: FauxRedis.stub!(server, :get, stub)
      options = ["-p", "#{FauxRedis.port(server)}", "-c", "#{clients}", "-n", "50000", "--csv"]
      {said, 0} = System.cmd(benchmark, options ++ words)
      figures = said |> String.split("\n", trim: true) |> List.last()

      IO.puts(
        "redis-benchmark, #{clients}: #{name}: #{figures} (requests a second, then ms: avg, min, p50, p95, p99, max)"
      )

      FauxRedis.stop(server)
    end
  end

  # Also the longest a scheduler was held up meanwhile.
  defp cycles(count) do
    cycle = fn ->
      server = start()
      FauxRedis.stub!(server, :get, & &1.key)
      socket = connect(FauxRedis.port(server))
      _ = ask(socket, "GET k\r\n")
      :gen_tcp.close(socket)
      FauxRedis.stop(server)
    end

    for _ <- 1..200, do: cycle.()
    :erlang.garbage_collect()
    before = counts()
    :erlang.system_monitor(self(), [{:long_schedule, 1}])
    {us, _} = :timer.tc(fn -> for _ <- 1..count, do: cycle.() end)
    :erlang.system_monitor(:undefined)
    :erlang.garbage_collect()
    long = long(0)
    later = counts()
    names = ["servers", "processes", "ports", "descriptors", "threads", "atoms", "resident kB"]

    grown =
      Enum.zip_with([names, before, later], fn [name, before, later] -> "#{name} #{before} -> #{later}" end)

    IO.puts("#{count} cycles of start, callback, stop: #{div(us, count)} µs each; #{Enum.join(grown, ", ")}")
    IO.puts("schedulers held up for 1 ms or more meanwhile: #{long}")
  end

  defp long(count) do
    receive do
      {:monitor, _, :long_schedule, _} -> long(count + 1)
    after
      0 -> count
    end
  end

  defp counts do
    [
      :faux_redis_nif.servers(),
      length(Process.list()),
      length(:erlang.ports()),
      length(File.ls!("/proc/self/fd")),
      length(File.ls!("/proc/self/task")),
      :erlang.system_info(:atom_count),
      resident_kb()
    ]
  end

  defp resident_kb do
    [_, kb] = Regex.run(~r/VmRSS:\s+(\d+) kB/, File.read!("/proc/self/status"))
    String.to_integer(kb)
  end

  defp start(options \\ []) do
    {:ok, server} = FauxRedis.start_link(options)
    server
  end

  defp connect(port) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false, nodelay: true])
    socket
  end

  defp ask(socket, request) do
    :ok = :gen_tcp.send(socket, request)
    {:ok, reply} = :gen_tcp.recv(socket, 0)
    reply
  end

  defp at(times, percent), do: times |> Enum.sort() |> Enum.at(div(length(times) * percent, 100))
end

Bench.run(List.first(System.argv()) || System.find_executable("redis-benchmark"))
