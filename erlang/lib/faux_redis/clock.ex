defmodule FauxRedis.Clock do
  @moduledoc """
  The time a server lives in: times to live, blocking timeouts, delays, the ids and idle times of streams, `TIME`.

  It runs with the system's, stands until it is moved, or leaps to the next deadline whenever every client waits. What a
  test waits for itself, as with `FauxRedis.wait_for/3`, goes by the system's time.
  """

  alias FauxRedis.Error

  @doc "The server's time, in seconds since 1970."
  @spec now(FauxRedis.server()) :: float()
  def now(server), do: :faux_redis.now(server)

  @doc """
  Moves the time on by milliseconds. What becomes due is done before this returns, each at its own time.

      iex> {:ok, server} = FauxRedis.start_link(clock: 100)
      iex> FauxRedis.Clock.advance(server, 61_500)
      iex> FauxRedis.Clock.now(server)
      161.5

  """
  @spec advance(FauxRedis.server(), non_neg_integer()) :: :ok
  def advance(server, ms), do: server |> :faux_redis.advance(ms) |> Error.value!()

  @doc """
  Moves the time on to a moment: seconds since 1970, or a `DateTime`. It does not go back.

      iex> {:ok, server} = FauxRedis.start_link(clock: 100)
      iex> FauxRedis.Clock.set(server, 200)
      :ok
      iex> {:error, error} = FauxRedis.Clock.set(server, 150)
      iex> error.kind
      :option

  """
  @spec set(FauxRedis.server(), number() | DateTime.t()) :: :ok | {:error, Error.t()}
  def set(server, %DateTime{} = moment), do: set(server, DateTime.to_unix(moment, :microsecond) / 1_000_000)
  def set(server, seconds), do: server |> :faux_redis.set_time(seconds) |> Error.wrap()

  @doc "As `set/2`, but it raises the error."
  @spec set!(FauxRedis.server(), number() | DateTime.t()) :: :ok
  def set!(server, moment), do: Error.ok!(set(server, moment))

  @doc "Stops the time."
  @spec freeze(FauxRedis.server()) :: :ok
  def freeze(server), do: changed(:faux_redis.freeze(server))

  @doc "Lets the time run with the system's, from where it is."
  @spec resume(FauxRedis.server()) :: :ok
  def resume(server), do: changed(:faux_redis.resume(server))

  @doc "Lets the time stand, and leap to the next deadline whenever every client waits."
  @spec leap(FauxRedis.server()) :: :ok
  def leap(server), do: changed(:faux_redis.leap(server))

  @doc """
  Stops the time as long as a function runs, and returns what that returns.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.Clock.frozen(server, fn -> FauxRedis.Clock.now(server) == FauxRedis.Clock.now(server) end)
      true

  """
  @spec frozen(FauxRedis.server(), (... -> result)) :: result when result: term()
  def frozen(server, function), do: :faux_redis.frozen(server, function)

  defp changed(_before), do: :ok
end
