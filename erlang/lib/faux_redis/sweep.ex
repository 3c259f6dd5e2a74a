defmodule FauxRedis.Sweep do
  @moduledoc """
  The fault sweep: a function that is run again for each of its commands and each fault.

      FauxRedis.sweep!([:reset, {:error, "LOADING Redis is loading the dataset in memory"}], fn server ->
        {:ok, cache} = MyApp.Cache.start_link(port: FauxRedis.port(server))
        assert MyApp.Cache.user(cache, 1) == "Ada"
      end)

  It runs once without a fault, to see which commands it sends; those of a connection's handshake do not count. Then it
  runs once for each command and each fault, each time on a new server, whose rules the fault goes before. A run survives
  when the function ends in time and raises nothing, no process that is linked to it ends it, and the server's expectations
  are met. What it returns tells nothing.

  The function runs in a process of its own each time, which ends with the run, and with it the clients that are linked to it.
  So what a test starts with `ExUnit.Callbacks.start_supervised/1` belongs before the sweep, and clients into the function.

  A struct of this module is a sweep that went well: its `steps`, the `faults` as text, the `runs` (each with a
  `step` and a `fault`, counted from 0, an `outcome` – `:survived`, `:allowed`, `:failed` or `:not_reached` – and `why`),
  how many were `left_out`, a `summary` of one line, and a `text`, which is a table.
  """

  alias FauxRedis.Error

  @enforce_keys [:steps, :faults, :runs, :left_out, :summary, :text]
  defstruct [:steps, :faults, :runs, :left_out, :summary, :text]

  @type run :: %{
          step: non_neg_integer(),
          fault: non_neg_integer(),
          outcome: :survived | :allowed | :failed | :not_reached,
          why: String.t()
        }

  @type t :: %__MODULE__{
          steps: [String.t()],
          faults: [String.t()],
          runs: [run()],
          left_out: non_neg_integer(),
          summary: String.t(),
          text: String.t()
        }

  @typedoc "An answer or an action, such as `:reset`, `:close`, `:no_reply` or `{:error, line}`."
  @type fault :: FauxRedis.response_spec()

  @doc """
  Runs a function that gets a server, once for each command it sends and each fault.

  Options are those of `FauxRedis.start_link/1` and

    * `:allow` – commands at which it need not survive, or pairs of a command and a fault: `[:ping, {:get, :close}]`
    * `:limit` – no more runs than these, 200 by default; what is left out is told
    * `:timeout` – how many milliseconds a run may take, 5000 by default

  An error of the kind `:sweep` tells in a table what was not survived.

      iex> {:error, error} = FauxRedis.sweep([:close], fn server ->
      ...>   {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, FauxRedis.port(server), [:binary, active: false])
      ...>   :ok = :gen_tcp.send(socket, "PING\\r\\n")
      ...>   {:ok, "+PONG\\r\\n"} = :gen_tcp.recv(socket, 0)
      ...> end)
      iex> error.message |> String.split("\\n") |> hd()
      "fault sweep: 1 of 1 run not survived (1 command, 1 fault)"

  """
  @spec run([fault()], (pid() -> term()), keyword()) :: {:ok, t()} | {:error, Error.t()}
  def run(faults, function, options \\ []) do
    with {:ok, swept} <- faults |> :faux_redis.sweep(function, options, :elixir) |> Error.wrap() do
      {:ok, struct!(__MODULE__, swept)}
    end
  end

  @doc "As `run/3`, but it raises the error, and returns what came of the sweep."
  @spec run!([fault()], (pid() -> term()), keyword()) :: t()
  def run!(faults, function, options \\ []), do: Error.ok!(run(faults, function, options))

  defimpl String.Chars do
    def to_string(swept), do: swept.text
  end
end
