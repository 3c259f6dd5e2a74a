defmodule FauxRedis.Rules do
  @moduledoc """
  Stubs and expectations: what a command answers, and what must be called.

  `FauxRedis` has these functions too, and tells of matchers, answers and options.
  """

  alias FauxRedis.Error

  @doc """
  Makes a stub of which everything is said by options: `matcher`, `respond`, and those of `stub/4`.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, matcher: :get, respond: "bar", max_calls: 1)
      iex> FauxRedis.title(rule)
      "stub GET"

  """
  @spec stub(FauxRedis.server(), keyword()) :: {:ok, FauxRedis.rule()} | {:error, Error.t()}
  def stub(server, options), do: server |> :faux_redis.stub(options) |> Error.wrap()

  @doc """
  Makes a stub: calls that match are answered so. It demands nothing.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, {:command, :get, [~r/^session:/]}, ["one", "two", nil])
      iex> FauxRedis.title(rule)
      "stub GET ~r/^session:/"

  """
  @spec stub(FauxRedis.server(), FauxRedis.matcher(), FauxRedis.response_spec(), [FauxRedis.rule_option()]) ::
          {:ok, FauxRedis.rule()} | {:error, Error.t()}
  def stub(server, matcher, response, options \\ []) do
    server |> :faux_redis.stub(matcher, response, options) |> Error.wrap()
  end

  @doc "As `stub/2`, but it raises the error, and returns the rule."
  @spec stub!(FauxRedis.server(), keyword()) :: FauxRedis.rule()
  def stub!(server, options), do: Error.ok!(stub(server, options))

  @doc "As `stub/4`, but it raises the error, and returns the rule."
  @spec stub!(FauxRedis.server(), FauxRedis.matcher(), FauxRedis.response_spec(), [FauxRedis.rule_option()]) ::
          FauxRedis.rule()
  def stub!(server, matcher, response, options \\ []), do: Error.ok!(stub(server, matcher, response, options))

  @doc """
  Makes an expectation without an answer, so that older rules or the store answer; or one of which everything is said
  by options, as `stub/2` has them.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, _rule} = FauxRedis.expect(server, :set)
      iex> {:error, error} = FauxRedis.verify(server)
      iex> error.message =~ "expect SET: expected at least once, got 0"
      true

  """
  @spec expect(FauxRedis.server(), FauxRedis.matcher() | keyword()) ::
          {:ok, FauxRedis.rule()} | {:error, Error.t()}
  def expect(server, matcher_or_options) do
    server |> :faux_redis.expect(matcher_or_options) |> Error.wrap()
  end

  @doc """
  Makes an expectation: verification fails unless it is met, at least once if nothing else is said.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, _rule} = FauxRedis.expect(server, {:command, :set, ["lock", :any]}, :ok, times: 0)
      iex> FauxRedis.verify(server)
      :ok

  """
  @spec expect(FauxRedis.server(), FauxRedis.matcher(), FauxRedis.response_spec(), [FauxRedis.rule_option()]) ::
          {:ok, FauxRedis.rule()} | {:error, Error.t()}
  def expect(server, matcher, response, options \\ []) do
    server |> :faux_redis.expect(matcher, response, options) |> Error.wrap()
  end

  @doc "As `expect/2`, but it raises the error, and returns the rule."
  @spec expect!(FauxRedis.server(), FauxRedis.matcher() | keyword()) :: FauxRedis.rule()
  def expect!(server, matcher_or_options), do: Error.ok!(expect(server, matcher_or_options))

  @doc "As `expect/4`, but it raises the error, and returns the rule."
  @spec expect!(FauxRedis.server(), FauxRedis.matcher(), FauxRedis.response_spec(), [FauxRedis.rule_option()]) ::
          FauxRedis.rule()
  def expect!(server, matcher, response, options \\ []),
    do: Error.ok!(expect(server, matcher, response, options))

  @doc """
  Has a rule answer so from now on; its place, its limits and what it has counted stay.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> rule = FauxRedis.stub!(server, :get, "before")
      iex> FauxRedis.replace(server, rule, ["after", "and after that"])
      :ok

  """
  @spec replace(FauxRedis.server(), FauxRedis.rule(), FauxRedis.response_spec()) :: :ok | {:error, Error.t()}
  def replace(server, rule, response), do: server |> :faux_redis.replace(rule, response) |> Error.wrap()

  @doc "As `replace/3`, but it raises the error."
  @spec replace!(FauxRedis.server(), FauxRedis.rule(), FauxRedis.response_spec()) :: :ok
  def replace!(server, rule, response), do: Error.ok!(replace(server, rule, response))

  @doc """
  How many calls a rule has answered or counted.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, :get, "bar")
      iex> FauxRedis.hits(rule)
      0

  """
  @spec hits(FauxRedis.rule()) :: non_neg_integer()
  def hits(rule), do: rule |> :faux_redis.hits() |> Error.value!()

  @doc """
  The state that a scenario is in, which rules go by that have the option `:scenario`.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.put_scenario(server, "failover", "replica is master")
      iex> FauxRedis.scenario(server, "failover")
      "replica is master"

  """
  @spec scenario(FauxRedis.server(), String.t()) :: String.t()
  def scenario(server, name), do: server |> :faux_redis.scenario(name) |> Error.wrap() |> Error.ok!()

  @doc "Puts a scenario into a state."
  @spec put_scenario(FauxRedis.server(), String.t(), String.t()) :: :ok
  def put_scenario(server, name, state) do
    server |> :faux_redis.set_scenario(name, state) |> Error.wrap() |> Error.ok!()
  end
end
