defmodule FauxRedis.Ejabberd do
  @moduledoc """
  An ejabberd of the test's own, in a virtual machine of its own, whose sessions, routes and the rest are in Redis.

  It needs neither a user nor a name nor a distributed Erlang: the test speaks with it over its standard input and
  output, and it ends with the test's process.
  """

  defstruct [:peer, :port, :log, :folder]

  @doc "Whether there is an ejabberd to start."
  def installed?, do: folders() != []

  defp folders, do: Path.wildcard("/usr/lib/*/ejabberd-*/ebin")

  @doc "Starts one that uses the Redis on this port, as far as its virtual machine. `boot/1` does the rest."
  def start(redis_port, settings \\ "") do
    folder =
      Path.join(
        System.tmp_dir!(),
        "faux_redis_ejabberd_#{System.pid()}_#{System.unique_integer([:positive])}"
      )

    File.mkdir_p!(folder)
    port = free_port()
    config = Path.join(folder, "ejabberd.yml")
    log = Path.join(folder, "ejabberd.log")
    File.write!(config, config(port, redis_port, settings))
    File.touch!(log)

    {:ok, peer, _no_name} =
      :peer.start(%{
        connection: :standard_io,
        wait_boot: 60_000,
        shutdown: :close,
        args:
          Enum.map(
            ~w(-mnesia dir "#{folder}/mnesia" -kernel logger_level error -ejabberd quiet true -os_mon start_memsup false start_cpu_sup false start_disksup false),
            &to_charlist/1
          ),
        env: [
          {~c"ERL_LIBS", folders() |> hd() |> Path.join("../..") |> Path.expand() |> to_charlist()},
          {~c"EJABBERD_CONFIG_PATH", to_charlist(config)},
          {~c"EJABBERD_LOG_PATH", to_charlist(log)}
        ]
      })

    %__MODULE__{peer: peer, port: port, log: log, folder: folder}
  end

  @doc "Starts the application; returns when it takes connections."
  def boot(ejabberd) do
    call(ejabberd, :ejabberd, :start, [])
    await_log(ejabberd, "Start accepting TCP connections at 127.0.0.1:#{ejabberd.port}")
    ejabberd
  end

  @doc "Calls a function of its."
  def call(%{peer: peer}, module, function, args), do: :peer.call(peer, module, function, args, 120_000)

  @doc "Has the application start without waiting for it."
  def boot_meanwhile(%{peer: peer} = ejabberd) do
    :peer.cast(peer, :ejabberd, :start, [])
    ejabberd
  end

  @doc "Registers a user of this name, with the password `secret`."
  def register(ejabberd, user),
    do: {:ok, _} = call(ejabberd, :ejabberd_admin, :register, [user, "localhost", "secret"])

  @doc "Who is logged in, as Redis has it."
  def connected_users(ejabberd) do
    for {user, host, resource} <- call(ejabberd, :ejabberd_sm, :dirty_get_sessions_list, []),
        do: "#{user}@#{host}/#{resource}"
  end

  @doc "Returns once its virtual machine has ended."
  def await_end(%{peer: peer}) do
    monitor = Process.monitor(peer)

    receive do
      {:DOWN, ^monitor, :process, ^peer, _reason} -> :ok
    after
      120_000 -> raise "ejabberd goes on"
    end
  end

  @doc "Ends it, and removes what it wrote."
  def stop(ejabberd) do
    if Process.alive?(ejabberd.peer), do: :peer.stop(ejabberd.peer)
    File.rm_rf!(ejabberd.folder)
  end

  @doc "Its log so far."
  def log(ejabberd), do: File.read!(ejabberd.log)

  @doc "Returns once its log has this text. That it never comes is told with the log."
  def await_log(ejabberd, text, looks \\ 12_000) do
    cond do
      log(ejabberd) =~ text -> :ok
      looks == 0 -> raise "ejabberd never said #{inspect(text)}:\n#{log(ejabberd)}"
      true -> Process.sleep(5) && await_log(ejabberd, text, looks - 1)
    end
  end

  defp free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end

  defp config(port, redis_port, settings) do
    """
    hosts: [localhost]
    loglevel: info
    default_db: mnesia
    default_ram_db: redis
    redis_server: 127.0.0.1
    redis_port: #{redis_port}
    auth_method: internal
    certfiles: []
    listen:
      - {port: #{port}, ip: 127.0.0.1, module: ejabberd_c2s, starttls: false}
    modules:
      mod_roster: {}
      mod_bosh: {}
      mod_proxy65: {ip: 127.0.0.1, port: #{free_port()}}
    #{settings}
    """
  end
end
