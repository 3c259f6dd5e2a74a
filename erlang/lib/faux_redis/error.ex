defmodule FauxRedis.Error do
  @moduledoc """
  What cannot be done, or is not as the test wants it.

  The `kind` is one of

    * `:option` – an option is unknown or makes no sense; the message names it and what it accepts
    * `:pattern` – something that no call or argument can be matched against
    * `:answer` – something that no reply can be made of
    * `:listen` – the port or socket cannot be listened on; most often it is taken
    * `:timeout` – what was waited for did not happen in time
    * `:stopped` – the server does not run, or the rule is removed; functions that cannot return an error exit as
      `GenServer.call/3` does where there is no server
    * `:verification` – what the test expected is not what happened; `failures` lists it
    * `:sweep` – a function did not survive a fault sweep; the message is its table

  It is an exception too: functions that end in `!` raise it, and so do those that return a value and no error when they are
  told something that makes no sense.
  """

  defexception [:kind, :message, failures: []]

  @type kind :: :option | :pattern | :answer | :listen | :timeout | :stopped | :verification | :sweep

  @type t :: %__MODULE__{kind: kind(), message: String.t(), failures: [FauxRedis.Failure.t()]}

  @doc false
  @spec wrap(term()) :: term()
  def wrap({:error, {kind, message, failures}}) do
    {:error,
     %__MODULE__{kind: kind, message: message, failures: Enum.map(failures, &struct!(FauxRedis.Failure, &1))}}
  end

  def wrap({:error, {kind, message}}) when is_atom(kind) and is_binary(message) do
    {:error, %__MODULE__{kind: kind, message: message}}
  end

  def wrap(other), do: other

  @doc false
  @spec ok!(:ok | {:ok, value} | {:error, t()}) :: :ok | value when value: term()
  def ok!(:ok), do: :ok
  def ok!({:ok, value}), do: value
  def ok!({:error, error}), do: raise(error)

  # What Erlang tells without a tag: a value, or an error.
  @doc false
  @spec value!(term()) :: term()
  def value!({:error, _} = error), do: error |> wrap() |> ok!()
  def value!(value), do: value
end

defmodule FauxRedis.Failure do
  @moduledoc """
  One thing that is not as the test wants it.

    * `kind` – `:unmet` for an expectation, `:callback` for a function that failed, and in strict mode `:unmocked`
      for a call that no stub answered and `:unused` for a stub that no call used; `:unasserted`, `:order`, `:unaccounted` and
      `:lint` for what else verification may demand, `:changed` for keys that were to stay as they were
    * `message` – what was expected and what was got, over one or more lines
    * `raised` – what a function raised: its kind, the reason and the stacktrace
  """

  defstruct [:kind, :message, :raised]

  @type t :: %__MODULE__{
          kind:
            :unmet | :callback | :unmocked | :unused | :unasserted | :order | :unaccounted | :lint | :changed,
          message: String.t(),
          raised: {:error | :exit | :throw, term(), list()} | nil
        }
end
