defmodule FauxRedis.Connections do
  @moduledoc """
  What becomes of connections: servers that go down and come back, kills, pushes and limits. `FauxRedis` has these functions
  too.
  """

  alias FauxRedis.{Error, Link}

  @typedoc "How a server is down."
  @type down_mode :: :refuse | :accept_close | :blackhole

  @doc """
  Takes a server down: its connections are cut, and new ones are refused (`:refuse`), accepted and closed at once
  (`:accept_close`), or accepted and never read (`:blackhole`). It comes up again on the same port, with its data. In place
  of the mode there may be options: `mode: :refuse, name: "outage"`.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.down(server)
      iex> FauxRedis.down?(server)
      true
      iex> FauxRedis.up(server)
      :ok

  """
  @spec down(FauxRedis.server(), down_mode() | [mode: down_mode(), name: String.t() | atom()]) ::
          :ok | {:error, Error.t()}
  def down(server, mode \\ :refuse) do
    with {:ok, _down} <- server |> :faux_redis.down(mode) |> Error.wrap(), do: :ok
  end

  @doc "As `down/2`, but it raises the error."
  @spec down!(FauxRedis.server(), down_mode() | [mode: down_mode(), name: String.t() | atom()]) :: :ok
  def down!(server, mode \\ :refuse), do: Error.ok!(down(server, mode))

  @doc "Has a server be down as long as a function runs, and returns what that returns."
  @spec down(
          FauxRedis.server(),
          down_mode() | [mode: down_mode(), name: String.t() | atom()],
          (... -> result)
        ) :: result
        when result: term()
  def down(server, mode, function) do
    down = server |> :faux_redis.down(mode) |> Error.wrap() |> Error.ok!()

    try do
      function.()
    after
      FauxRedis.remove(down)
    end
  end

  @doc "Brings a server up again, whoever has it down."
  @spec up(FauxRedis.server()) :: :ok | {:error, Error.t()}
  def up(server), do: server |> :faux_redis.up() |> Error.wrap()

  @doc "As `up/1`, but it raises the error."
  @spec up!(FauxRedis.server()) :: :ok
  def up!(server), do: Error.ok!(up(server))

  @doc "Whether a server is down."
  @spec down?(FauxRedis.server()) :: boolean()
  def down?(server), do: :faux_redis.is_down(server)

  @doc """
  Does what clients see when the server's process ends and starts anew on its port: connections are cut, settings are as at
  the start. The data is kept, or with `keep: false` lost but for that of the RDB file. Stubs, links and calls stay.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.restart(server, keep: false)
      :ok

  """
  @spec restart(FauxRedis.server(), keep: boolean()) :: :ok | {:error, Error.t()}
  def restart(server, options \\ []), do: server |> :faux_redis.restart(options) |> Error.wrap()

  @doc "As `restart/2`, but it raises the error."
  @spec restart!(FauxRedis.server(), keyword()) :: :ok
  def restart!(server, options \\ []), do: Error.ok!(restart(server, options))

  @doc """
  Ends connections at once, by a FIN (`:close`) or a RST (`:reset`), and tells how many there were.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.kill(server, name: {:glob, "worker-*"})
      {:ok, 0}

  """
  @spec kill(FauxRedis.server(), Link.client(), :close | :reset) ::
          {:ok, non_neg_integer()} | {:error, Error.t()}
  def kill(server, client \\ :any, how \\ :close), do: server |> :faux_redis.kill(client, how) |> Error.wrap()

  @doc "As `kill/3`, but it raises the error, and returns how many there were."
  @spec kill!(FauxRedis.server(), Link.client(), :close | :reset) :: non_neg_integer()
  def kill!(server, client \\ :any, how \\ :close), do: Error.ok!(kill(server, client, how))

  @doc """
  Sends connections a message that nobody asked for, and tells how many there were: `{:message, channel, payload}` as subscribers
  get it, `{:invalidate, keys}` as clients that track keys do – of all keys, for `[]` –, or another `{:push, list}`. Over RESP2 only
  subscribers can take one, and only messages.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.push(server, [name: {:glob, "app-*"}], {:invalidate, ["user:1"]})
      {:ok, 0}

  """
  @spec push(FauxRedis.server(), Link.client(), FauxRedis.response_spec()) ::
          {:ok, non_neg_integer()} | {:error, Error.t()}
  def push(server, client, value), do: server |> :faux_redis.push(client, value) |> Error.wrap()

  @doc "As `push/3`, but it raises the error, and returns how many there were."
  @spec push!(FauxRedis.server(), Link.client(), FauxRedis.response_spec()) :: non_neg_integer()
  def push!(server, client, value), do: Error.ok!(push(server, client, value))

  @doc """
  Lets so many clients be connected at a time; others get the real server's error. It lasts until the limit that this gives is
  removed, or with a function as long as that runs, whose result comes back. The option `:name` names it in messages.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, limit} = FauxRedis.max_clients(server, 3, name: "few")
      iex> FauxRedis.title(limit)
      "max_clients 'few' 3"
      iex> FauxRedis.remove(limit)
      :ok

  """
  @spec max_clients(FauxRedis.server(), pos_integer(), name: String.t() | atom()) ::
          {:ok, FauxRedis.Handle.t()} | {:error, Error.t()}
  @spec max_clients(FauxRedis.server(), pos_integer(), (... -> result)) :: result when result: term()
  def max_clients(server, most, options_or_function \\ [])

  def max_clients(server, most, function) when is_function(function, 0) do
    limit = server |> :faux_redis.max_clients(most) |> Error.wrap() |> Error.ok!()

    try do
      function.()
    after
      FauxRedis.remove(limit)
    end
  end

  def max_clients(server, most, options), do: server |> :faux_redis.max_clients(most, options) |> Error.wrap()

  @doc "As `max_clients/3` with options, but it raises the error, and returns the limit."
  @spec max_clients!(FauxRedis.server(), pos_integer(), name: String.t() | atom()) :: FauxRedis.Handle.t()
  def max_clients!(server, most, options \\ []),
    do: server |> :faux_redis.max_clients(most, options) |> Error.wrap() |> Error.ok!()
end
