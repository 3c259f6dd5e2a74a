defmodule FauxRedis.State do
  @moduledoc """
  The condition a server is in: `:loading`, `:readonly`, `:oom`, `:misconf`, `:busy`, `:masterdown`, `:noreplicas`,
  `:clusterdown`, `:maxclients`, `:noauth` or `:protected`.

  What is refused, and in which words, is what the played version refuses: by the flags of its commands, and inside `MULTI`
  too, which `EXEC` then discards. Stubs answer before that, as they see every request first. Several conditions may be in
  force at once. A condition lasts until it is left, or the server is reset: in a test of `FauxRedis.Case`, for the test.
  """

  alias FauxRedis.Error

  @typedoc "A condition in which a real server refuses commands or connections."
  @type condition ::
          :loading
          | :readonly
          | :oom
          | :misconf
          | :busy
          | :masterdown
          | :noreplicas
          | :clusterdown
          | :maxclients
          | :noauth
          | :protected

  @doc """
  Puts a server into a condition. The option `:name` names it in messages.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, state} = FauxRedis.State.enter(server, :readonly, name: "failover")
      iex> FauxRedis.State.in_force(server)
      ["readonly 'failover'"]
      iex> FauxRedis.State.leave(state)
      true

  """
  @spec enter(FauxRedis.server(), condition(), name: String.t()) :: {:ok, reference()} | {:error, Error.t()}
  def enter(server, condition, options \\ []) do
    server |> :faux_redis.enter(condition, options) |> Error.wrap()
  end

  @doc "As `enter/3`, but it raises the error, and returns the condition."
  @spec enter!(FauxRedis.server(), condition(), name: String.t()) :: reference()
  def enter!(server, condition, options \\ []), do: Error.ok!(enter(server, condition, options))

  @doc "Leaves a condition. False if it had ended before."
  @spec leave(reference()) :: boolean()
  def leave(state), do: state |> :faux_redis.leave() |> Error.value!()

  @doc "The conditions in force, in the order in which they were entered."
  @spec in_force(FauxRedis.server()) :: [String.t()]
  def in_force(server), do: :faux_redis.in_force(server)

  @doc """
  Has a server be in a condition as long as a function runs, and returns what that returns.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.State.within(server, :oom, fn -> FauxRedis.State.in_force(server) end)
      ["oom"]
      iex> FauxRedis.State.in_force(server)
      []

  """
  @spec within(FauxRedis.server(), condition(), (... -> result)) :: result when result: term()
  def within(server, condition, function) do
    state = enter!(server, condition)

    try do
      function.()
    after
      leave(state)
    end
  end
end
