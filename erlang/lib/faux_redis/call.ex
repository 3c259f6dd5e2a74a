defmodule FauxRedis.Call do
  @moduledoc """
  One call: a request as it was received, and what had come of it when it was looked at.

    * `seq` – its place among all calls of the server, from 1 on
    * `name` – the command's name in capitals, a container's with its subcommand, such as `"CLIENT SETNAME"`
    * `args` – the arguments, without the name
    * `key`, `keys` – the first of the command's keys, and all of them, by the command's key positions
    * `conn_id`, `client_name` – the connection's id as `CLIENT ID` tells it, and the name it gave itself
    * `db`, `user` – the database it was sent to, and the user the connection is logged in as
    * `protocol`, `library`, `library_version`, `address` – the version of the protocol, the library as `CLIENT SETINFO`
      told, and where the connection comes from
    * `via` – `:direct`, or `:exec` for a command of a transaction
    * `timestamp` – when it was received, in milliseconds since 1970
    * `rule_id` – the reference of the stub or expectation that answered it
    * `action` – who answered: `:rule`, `:store`, `:unmocked`, `:queued`, `:unsupported`, `:hung`, or `nil` as long as nobody has
    * `reply` – what was answered, as the value one would write to get it; `nil` as long as nothing was
    * `duration_us` – how many microseconds it took to be answered
    * `faults` – what was done besides answering, and which links it and its reply went through
    * `trip` – which of its connection's round trips it was part of
    * `asserted` – whether an expectation counted it, or the test verified it or waited for it

  It is a map with these keys, so `assert [%{name: "GET", args: ["foo"]}] = FauxRedis.calls(server)` matches, and
  `call[:name]` works too.
  """

  @behaviour Access

  defstruct [
    :seq,
    :name,
    :args,
    :key,
    :keys,
    :conn_id,
    :client_name,
    :db,
    :user,
    :protocol,
    :library,
    :library_version,
    :address,
    :via,
    :timestamp,
    :rule_id,
    :action,
    :reply,
    :duration_us,
    :faults,
    :trip,
    :asserted
  ]

  @type t :: %__MODULE__{
          seq: pos_integer(),
          name: String.t(),
          args: [binary()],
          key: binary() | nil,
          keys: [binary()],
          conn_id: pos_integer(),
          client_name: binary(),
          db: non_neg_integer(),
          user: String.t(),
          protocol: 2 | 3,
          library: binary(),
          library_version: binary(),
          address: String.t(),
          via: :direct | :exec | :script,
          timestamp: non_neg_integer(),
          rule_id: reference() | nil,
          action: :rule | :store | :unmocked | :queued | :unsupported | :hung | nil,
          reply: term(),
          duration_us: non_neg_integer() | nil,
          faults: [String.t()],
          trip: pos_integer(),
          asserted: boolean()
        }

  @doc false
  @impl Access
  def fetch(call, key), do: Map.fetch(call, key)

  @doc false
  @impl Access
  def get_and_update(call, key, change), do: Map.get_and_update(call, key, change)

  @doc false
  @impl Access
  def pop(call, key), do: Map.pop(call, key)
end
