defmodule FauxRedis.Calls do
  @moduledoc """
  What happened: calls, and what can be told of them. `FauxRedis` has these functions too.
  """

  alias FauxRedis.{Call, Error}

  @doc """
  All calls that are remembered, the oldest first.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.calls(server)
      []

  """
  @spec calls(FauxRedis.server()) :: [Call.t()]
  def calls(server), do: :faux_redis.calls(server)

  @doc """
  The calls that match. A matcher that makes no sense is raised.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.calls(server, :set, key: "lock")
      []

  """
  @spec calls(FauxRedis.server(), FauxRedis.matcher(), [FauxRedis.match_option()]) :: [Call.t()]
  def calls(server, matcher, options \\ []) do
    server |> :faux_redis.calls(matcher, options) |> Error.value!()
  end

  @doc "How many calls are no longer remembered, because there were too many."
  @spec dropped_calls(FauxRedis.server()) :: non_neg_integer()
  def dropped_calls(server), do: :faux_redis.dropped_calls(server)

  @doc "How many bytes of calls these were, which `:journal_limit_bytes` bounds."
  @spec dropped_bytes(FauxRedis.server()) :: non_neg_integer()
  def dropped_bytes(server), do: :faux_redis.dropped_bytes(server)

  @doc "Calls that no rule answered, but for the handshake of connections."
  @spec unmatched(FauxRedis.server()) :: [Call.t()]
  def unmatched(server), do: :faux_redis.unmatched(server)

  @doc """
  Stubs that no call has used, as texts.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, _rule} = FauxRedis.stub(server, :get, "bar")
      iex> FauxRedis.unused(server)
      ["stub GET"]

  """
  @spec unused(FauxRedis.server()) :: [String.t()]
  def unused(server), do: :faux_redis.unused(server)

  @doc "Tells what happened on each connection, in order, as text to read."
  @spec transcript(FauxRedis.server()) :: String.t()
  def transcript(server), do: :faux_redis.transcript(server)

  @doc """
  From now on the calling process gets `{:faux_redis, :call, call}` for each call that matches, when it is received.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.subscribe(server, :publish)
      :ok

  """
  @spec subscribe(FauxRedis.server(), FauxRedis.matcher(), [FauxRedis.match_option()]) ::
          :ok | {:error, Error.t()}
  def subscribe(server, matcher \\ :any, options \\ []) do
    server |> :faux_redis.subscribe(matcher, options) |> Error.wrap()
  end

  @doc "As `subscribe/3`, but it raises the error."
  @spec subscribe!(FauxRedis.server(), FauxRedis.matcher(), [FauxRedis.match_option()]) :: :ok
  def subscribe!(server, matcher \\ :any, options \\ []), do: Error.ok!(subscribe(server, matcher, options))

  @doc """
  All calls that are remembered, for other programs: `:text`, `:jsonl` (an object a line) or `:monitor` (as `MONITOR` shows
  them).

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.export(server, :jsonl)
      ""

  """
  @spec export(FauxRedis.server(), :text | :jsonl | :monitor) :: String.t()
  def export(server, format \\ :text), do: server |> :faux_redis.export(format) |> Error.wrap() |> Error.ok!()

  @doc """
  What a look at the calls finds that a reviewer would remark on: maps with the `smell`, a `message`, the `calls`, `why` it
  matters, an `advice`, and all of it as `text`. For these smells, or all.

  Options are `:ignore` (smells that are not looked for), `:max_round_trips` (more are found too) and `:n_plus_one` (how many
  calls in a row, each for another key, are found; 5 by default).

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.lint(server, [], max_round_trips: 10)
      []

  """
  @spec lint(FauxRedis.server(), [atom()],
          ignore: [atom()],
          max_round_trips: non_neg_integer(),
          n_plus_one: pos_integer()
        ) :: [map()]
  def lint(server, smells \\ [], options \\ []) do
    server |> :faux_redis.lint(smells, options) |> Error.wrap() |> Error.ok!()
  end
end
