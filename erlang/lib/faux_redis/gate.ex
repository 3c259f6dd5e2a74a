defmodule FauxRedis.Gate do
  @moduledoc """
  Gates: commands that a test holds back until it lets them go on, so that races happen when the test wants them to.

      {:ok, gate} = FauxRedis.Gate.hold(server, :set, key: "lock")
      # … a client sends SET lock …
      {:ok, [%{args: ["lock" | _]}]} = FauxRedis.Gate.await(gate)
      # … something else happens …
      FauxRedis.Gate.release(gate)

  The connection of a held command takes no further one. A gate lasts until it is removed, or the server is reset.
  """

  alias FauxRedis.{Call, Error}

  @typedoc "A gate."
  @type t :: reference()

  @doc """
  Makes a gate. It holds commands that match, `at: :before` they are carried out, which is the default, or `at: :after` that
  and before they are answered; no more of them than `:times` says. `:name` names it in messages; the other options narrow the matcher.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, gate} = FauxRedis.Gate.hold(server, :set, key: "lock", at: :after, times: 1)
      iex> FauxRedis.Gate.held(gate)
      []

  """
  @spec hold(FauxRedis.server(), FauxRedis.matcher(), [
          FauxRedis.match_option()
          | {:at, :before | :after}
          | {:times, pos_integer()}
          | {:name, String.t() | atom()}
        ]) :: {:ok, t()} | {:error, Error.t()}
  def hold(server, matcher, options \\ []), do: server |> :faux_redis.hold(matcher, options) |> Error.wrap()

  @doc "As `hold/3`, but it raises the error, and returns the gate."
  @spec hold!(FauxRedis.server(), FauxRedis.matcher(), keyword()) :: t()
  def hold!(server, matcher, options \\ []), do: Error.ok!(hold(server, matcher, options))

  @doc "The commands that it holds, in the order in which they came."
  @spec held(t()) :: [Call.t()]
  def held(gate), do: gate |> :faux_redis.held() |> Error.value!()

  @doc "The commands that it holds, once there are `:n` of them, one by default; within `:timeout` milliseconds, 5000 by default."
  @spec await(t(), n: pos_integer(), timeout: non_neg_integer()) :: {:ok, [Call.t()]} | {:error, Error.t()}
  def await(gate, options \\ []), do: gate |> :faux_redis.held_with(options) |> Error.wrap()

  @doc "As `await/2`, but it raises the error, and returns the commands."
  @spec await!(t(), keyword()) :: [Call.t()]
  def await!(gate, options \\ []), do: Error.ok!(await(gate, options))

  @doc "Lets all go on, or so many of those that came first, or one call; how many that were."
  @spec release(t(), :all | pos_integer() | Call.t()) :: non_neg_integer()
  def release(gate, which \\ :all), do: gate |> :faux_redis.release(which) |> Error.value!()

  @doc "Takes it away; what it holds goes on."
  @spec remove(t()) :: :ok
  def remove(gate), do: FauxRedis.remove(gate)
end
