defmodule FauxRedis.Diff do
  @moduledoc """
  What differs between two states of the store, key by key.

  Each of the `changes` is a map with the `db`, the `key`, what it held `before` (`nil` if it was added) and holds `after`
  (`nil` if it was removed), `ttl_before` and `ttl_after` in milliseconds. As text it has a line for each key that was added
  (`+`), removed (`-`) or changed (`~`), and below it a line for each field, member, element or entry in which it differs.
  """

  @enforce_keys [:changes, :text]
  defstruct [:changes, :text]

  @type change :: %{
          db: non_neg_integer(),
          key: binary(),
          before: FauxRedis.Data.value() | nil,
          after: FauxRedis.Data.value() | nil,
          ttl_before: non_neg_integer() | nil,
          ttl_after: non_neg_integer() | nil
        }

  @type t :: %__MODULE__{changes: [change()], text: String.t()}

  @doc false
  def new(%{changes: changes, text: text}) do
    changes = Enum.map(changes, &%{&1 | before: value(&1.before), after: value(&1.after)})
    %__MODULE__{changes: changes, text: text}
  end

  # Elixir has a type of its own for sets.
  @doc false
  def value({:set, members}), do: MapSet.new(members)
  def value(value), do: value

  defimpl String.Chars do
    def to_string(diff), do: diff.text
  end
end
