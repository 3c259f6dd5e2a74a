defmodule FauxRedis.Verification do
  @moduledoc """
  Verification: what the test has said, held against what happened. `FauxRedis` has these functions too.
  """

  alias FauxRedis.{Error, Failure}

  @doc """
  Checks all that the test has said: expectations, functions that failed, and in strict mode what was not said. The error has
  what was found one by one, as `failures`; its message ends with the last calls of each connection, and the seed.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.verify(server)
      :ok

  """
  @spec verify(FauxRedis.server()) :: :ok | {:error, Error.t()}
  def verify(server) do
    with {:error, %{kind: :verification} = error} <- server |> :faux_redis.verify() |> Error.wrap() do
      {:error, %{error | message: listed(error) <> :faux_redis.context(server)}}
    end
  end

  @doc """
  Checks that a call was made, as often as `:times` says; at least once by default.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.verify(server, :get, times: 0)
      :ok
      iex> {:error, error} = FauxRedis.verify(server, :get)
      iex> error.failures
      [%FauxRedis.Failure{kind: :unmet, message: "GET: expected at least once, got 0\\n  nothing was called"}]

  """
  @spec verify(FauxRedis.server(), FauxRedis.matcher(), [
          FauxRedis.match_option() | {:times, FauxRedis.times()}
        ]) :: :ok | {:error, Error.t()}
  def verify(server, matcher, options \\ []) do
    server |> :faux_redis.verify(matcher, options) |> Error.wrap()
  end

  @doc "As `verify/1`, but it raises the error."
  @spec verify!(FauxRedis.server()) :: :ok
  def verify!(server), do: Error.ok!(verify(server))

  @doc "As `verify/3`, but it raises the error."
  @spec verify!(FauxRedis.server(), FauxRedis.matcher(), keyword()) :: :ok
  def verify!(server, matcher, options \\ []), do: Error.ok!(verify(server, matcher, options))

  @doc false
  @spec verified(reference()) :: :ok | {:error, Error.t()}
  def verified(handle) do
    with {:error, error} <- handle |> :faux_redis.verify_of() |> Error.wrap() do
      {:error, %{error | message: listed(error)}}
    end
  end

  # So many failures are told in a message.
  @told 20

  defp listed(%{failures: failures}) do
    more = length(failures) - @told
    left_out = if more > 0, do: "\n(#{more} more failures)", else: ""
    "verification failed" <> (failures |> Enum.take(@told) |> Enum.map_join(&"\n- #{told(&1)}")) <> left_out
  end

  @doc """
  Checks that such calls were made in this order; others may have come between them.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:error, error} = FauxRedis.verify_order(server, [:multi, :exec])
      iex> error.kind
      :verification

  """
  @spec verify_order(FauxRedis.server(), [FauxRedis.matcher()]) :: :ok | {:error, Error.t()}
  def verify_order(server, matchers), do: server |> :faux_redis.verify_order(matchers) |> Error.wrap()

  @doc "As `verify_order/2`, but it raises the error."
  @spec verify_order!(FauxRedis.server(), [FauxRedis.matcher()]) :: :ok
  def verify_order!(server, matchers), do: Error.ok!(verify_order(server, matchers))

  @doc "Checks that every call is accounted for: by a stub, an expectation, or a verification."
  @spec verify_no_more(FauxRedis.server()) :: :ok | {:error, Error.t()}
  def verify_no_more(server), do: server |> :faux_redis.verify_no_more() |> Error.wrap()

  @doc "As `verify_no_more/1`, but it raises the error."
  @spec verify_no_more!(FauxRedis.server()) :: :ok
  def verify_no_more!(server), do: Error.ok!(verify_no_more(server))

  # A function that failed is told with its stacktrace.
  defp told(%Failure{message: message, raised: {kind, reason, stack}}) when stack != [] do
    raised = kind |> Exception.format(reason, stack) |> String.trim_trailing() |> String.replace("\n", "\n  ")
    "#{message}\n  #{raised}"
  end

  defp told(%Failure{message: message}), do: message
end
