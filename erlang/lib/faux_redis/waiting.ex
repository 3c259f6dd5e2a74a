defmodule FauxRedis.Waiting do
  @moduledoc """
  Waiting until something is so, by the system's time. `FauxRedis` has these functions too.

  `:timeout` is in milliseconds, 5000 by default.
  """

  alias FauxRedis.{Call, Error}

  @doc """
  Waits until as many calls match as `:times` says, one by default, and returns the last of them.

  Calls that were made before count. `:timeout` is in milliseconds, 5000 by default. The other options narrow the
  matcher, as those of `stub/4` do.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:error, error} = FauxRedis.wait_for(server, :get, timeout: 1)
      iex> error.kind
      :timeout

  """
  @spec wait_for(FauxRedis.server(), FauxRedis.matcher(), [
          FauxRedis.match_option() | {:times, pos_integer()} | {:timeout, non_neg_integer()}
        ]) ::
          {:ok, Call.t()} | {:error, Error.t()}
  def wait_for(server, matcher, options \\ []) do
    server |> :faux_redis.wait_for(matcher, options) |> Error.wrap()
  end

  @doc "As `wait_for/3`, but it raises the error, and returns the call."
  @spec wait_for!(FauxRedis.server(), FauxRedis.matcher(), keyword()) :: Call.t()
  def wait_for!(server, matcher, options \\ []), do: Error.ok!(wait_for(server, matcher, options))

  @doc """
  Waits until clients are blocked on a key, or for `nil` on any: as many as `:n` says, one by default, within `:timeout`
  milliseconds, 5000 by default.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:error, error} = FauxRedis.wait_until_blocked(server, "jobs", timeout: 1)
      iex> error.message =~ "nobody is blocked"
      true

  """
  @spec wait_until_blocked(FauxRedis.server(), binary() | nil, n: pos_integer(), timeout: non_neg_integer()) ::
          :ok | {:error, Error.t()}
  def wait_until_blocked(server, key \\ nil, options \\ []) do
    server |> :faux_redis.wait_until_blocked(key, options) |> Error.wrap()
  end

  @doc "As `wait_until_blocked/3`, but it raises the error."
  @spec wait_until_blocked!(FauxRedis.server(), binary() | nil, keyword()) :: :ok
  def wait_until_blocked!(server, key \\ nil, options \\ []),
    do: Error.ok!(wait_until_blocked(server, key, options))

  @doc "Waits until `:n` clients would hear what is published on a channel."
  @spec wait_for_subscribers(FauxRedis.server(), binary(), n: pos_integer(), timeout: non_neg_integer()) ::
          :ok | {:error, Error.t()}
  def wait_for_subscribers(server, channel, options \\ []) do
    server |> :faux_redis.wait_for_subscribers(channel, options) |> Error.wrap()
  end

  @doc "As `wait_for_subscribers/3`, but it raises the error."
  @spec wait_for_subscribers!(FauxRedis.server(), binary(), keyword()) :: :ok
  def wait_for_subscribers!(server, channel, options \\ []),
    do: Error.ok!(wait_for_subscribers(server, channel, options))

  @doc """
  Waits until there are `:n` of these connections, or for `n: 0` none: `:any`, ids, or what must be so of one, as the
  option `:conn` of `stub/4` takes it.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.wait_for_connections(server, [name: {:glob, "worker-*"}], n: 0)
      :ok

  """
  @spec wait_for_connections(FauxRedis.server(), :any | pos_integer() | [pos_integer()] | keyword(),
          n: non_neg_integer(),
          timeout: non_neg_integer()
        ) :: :ok | {:error, Error.t()}
  def wait_for_connections(server, client \\ :any, options \\ []) do
    server |> :faux_redis.wait_for_connections(client, options) |> Error.wrap()
  end

  @doc "As `wait_for_connections/3`, but it raises the error."
  @spec wait_for_connections!(FauxRedis.server(), FauxRedis.Link.client(), keyword()) :: :ok
  def wait_for_connections!(server, client \\ :any, options \\ []),
    do: Error.ok!(wait_for_connections(server, client, options))

  @doc """
  Waits until all is done that was sent to the server: carried out, answered, and handed to the system.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.wait_idle(server)
      :ok

  """
  @spec wait_idle(FauxRedis.server(), timeout: non_neg_integer()) :: :ok | {:error, Error.t()}
  def wait_idle(server, options \\ []), do: server |> :faux_redis.wait_idle(options) |> Error.wrap()

  @doc "As `wait_idle/2`, but it raises the error."
  @spec wait_idle!(FauxRedis.server(), keyword()) :: :ok
  def wait_idle!(server, options \\ []), do: Error.ok!(wait_idle(server, options))
end
