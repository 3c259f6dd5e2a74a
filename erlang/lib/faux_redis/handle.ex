defmodule FauxRedis.Handle do
  @moduledoc """
  Handles: whatever a test sets up has a title, knows the line that made it, and can be taken away before the test ends.

  A rule, a link, a condition, a gate, a limit of clients and a snapshot are handles. `FauxRedis` has these functions too.
  What fails tells the handle's line; the option `:name` gives it a name to tell besides.
  """

  alias FauxRedis.Error

  @typedoc "What a test has set up."
  @type t :: reference()

  @doc """
  A handle as messages show it; `nil` once it is gone.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, {:command, "client kill", [:rest]}, :ok, name: "no killing")
      iex> FauxRedis.title(rule)
      "stub 'no killing' CLIENT KILL REST"
      iex> {:ok, gate} = FauxRedis.Gate.hold(server, :get, name: "stampede")
      iex> FauxRedis.title(gate)
      "hold 'stampede' GET at=before"

  """
  @spec title(t()) :: String.t() | nil
  def title(handle), do: handle |> :faux_redis.title() |> Error.value!()

  @doc """
  The line that made a handle, also when it is gone.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> rule = FauxRedis.stub!(server, :get, "Ada")
      iex> FauxRedis.source(rule) =~ ~r/:\\d+$/
      true

  """
  @spec source(t()) :: String.t()
  def source(handle), do: handle |> :faux_redis.source() |> Error.value!()

  @doc """
  Takes away what a handle is for: an expectation is no longer verified, what a gate holds goes on.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.expect(server, :get, "bar")
      iex> FauxRedis.remove(rule)
      iex> FauxRedis.verify(server)
      :ok

  """
  @spec remove(t()) :: :ok
  def remove(handle), do: handle |> :faux_redis.remove() |> Error.value!()
end
