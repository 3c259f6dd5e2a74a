defmodule FauxRedis.Store do
  @moduledoc """
  An immutable store, kept for tests written against version 1, which used it by itself.

  The server does not use it. It behaves as version 1 did, which is not always as Redis does: `scan/3` cuts its result
  off at the count, in the order of the keys, and its cursor is always `"0"`.
  """

  defstruct values: %{}

  @opaque t :: %__MODULE__{values: %{binary() => value()}}
  @typep value :: binary() | {:list, [binary()]} | {:set, MapSet.t()} | {:hash, map()}

  @wrong_type {:error, "WRONGTYPE Operation against a key holding the wrong kind of value"}

  @doc "An empty store."
  @spec new() :: t()
  def new, do: %__MODULE__{}

  @doc "Sets a string."
  @spec set(t(), binary(), binary()) :: t()
  def set(store, key, value), do: put(store, key, value)

  @doc "The string at a key; `nil` if there is none."
  @spec get(t(), binary()) :: {t(), binary() | nil}
  def get(store, key) do
    value = store.values[key]
    {store, if(is_binary(value), do: value)}
  end

  @doc "Removes keys, and counts those there were."
  @spec del(t(), [binary()]) :: {t(), non_neg_integer()}
  def del(store, keys) do
    left = Map.drop(store.values, keys)
    {%{store | values: left}, map_size(store.values) - map_size(left)}
  end

  @doc "Sets a field of a hash; 1 if it is new."
  @spec hset(t(), binary(), binary(), binary()) :: {t(), 0 | 1 | {:error, String.t()}}
  def hset(store, key, field, value) do
    with_value(store, key, :hash, %{}, fn hash ->
      {Map.put(hash, field, value), if(is_map_key(hash, field), do: 0, else: 1)}
    end)
  end

  @doc "Puts values in front of a list, one after the other, and tells its length."
  @spec lpush(t(), binary(), [binary()]) :: {t(), pos_integer() | {:error, String.t()}}
  def lpush(store, key, values) do
    with_value(store, key, :list, [], fn list ->
      list = Enum.reduce(values, list, &[&1 | &2])
      {list, length(list)}
    end)
  end

  @doc "Adds members to a set, and counts the new ones."
  @spec sadd(t(), binary(), [binary()]) :: {t(), non_neg_integer() | {:error, String.t()}}
  def sadd(store, key, members) do
    with_value(store, key, :set, MapSet.new(), fn set ->
      grown = MapSet.union(set, MapSet.new(members))
      {grown, MapSet.size(grown) - MapSet.size(set)}
    end)
  end

  @doc "Removes members of a set, and counts those there were; an emptied set is no more."
  @spec srem(t(), binary(), [binary()]) :: {t(), non_neg_integer() | {:error, String.t()}}
  def srem(store, key, members) do
    with_value(store, key, :set, MapSet.new(), fn set ->
      left = MapSet.difference(set, MapSet.new(members))
      {left, MapSet.size(set) - MapSet.size(left)}
    end)
  end

  @doc "How many members a set has."
  @spec scard(t(), binary()) :: {t(), non_neg_integer() | {:error, String.t()}}
  def scard(store, key) do
    case Map.fetch(store.values, key) do
      :error -> {store, 0}
      {:ok, {:set, set}} -> {store, MapSet.size(set)}
      {:ok, _other} -> {store, @wrong_type}
    end
  end

  @doc "The first `count` keys that match, in order, and the cursor `\"0\"`."
  @spec scan(t(), binary(), integer()) :: {t(), {String.t(), [binary()]}}
  def scan(store, pattern, count) do
    keys = store.values |> Map.keys() |> Enum.filter(&FauxRedis.Glob.match?(&1, pattern)) |> Enum.sort()
    {store, {"0", Enum.take(keys, max(count, 0))}}
  end

  defp with_value(store, key, kind, empty, change) do
    case Map.get(store.values, key, {kind, empty}) do
      {^kind, value} ->
        {value, result} = change.(value)
        {if(Enum.empty?(value), do: drop(store, key), else: put(store, key, {kind, value})), result}

      _other ->
        {store, @wrong_type}
    end
  end

  defp put(store, key, value), do: %{store | values: Map.put(store.values, key, value)}
  defp drop(store, key), do: %{store | values: Map.delete(store.values, key)}
end
