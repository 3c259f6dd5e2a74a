defmodule FauxRedis.Data do
  @moduledoc """
  The store of a server, read and written without a client.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.Data.put!(server, "user:1", %{name: "Ada"})
      iex> FauxRedis.Data.put!(server, "lock", "me", ttl: 60_000)
      iex> FauxRedis.Data.get(server, "user:1")
      %{"name" => "Ada"}
      iex> FauxRedis.Data.keys(server, "user:*")
      ["user:1"]

  What is written goes through the server: it voids watches, wakes who waits for the key and notifies the keyspace as the
  command would that writes such a value, with `DEL` before it where something else was there and `EXPIRE` after it for a
  time to live. No call is recorded, and no stub is asked. Reading does not count as a use of the key.

  ## Values

    * a string is a binary; a number may be written for it
    * a list is a list, a hash a map, a set a `MapSet`
    * a sorted set is `{:zset, [{member, score}]}`, where a score may be `:inf` or `:"-inf"`
    * a stream is `{:stream, [{id, [{field, value}]}]}`, where an entry without an id gets the next one; it is read as
      `{:stream, entries, %{last_id: id, groups: groups}}`
    * a sparse array is `{:array, %{place => element}}`
    * whatever `DUMP` answers is written as `{:dump, binary}`

  The type may be said of the others too: `{:hash, map}` has fields of any name, while a map with names that begin with
  `$` is read as a document has it.

  ## Documents

  A document is a map of keys and values, or `%{"$databases" => %{0 => keys}}`. A value that has more to say is a map with
  one of `$string`, `$list`, `$set`, `$hash`, `$zset`, `$stream`, `$array` and `$dump`, and beside it `$ttl` in seconds, for
  a hash `$field_ttl`. The option `:data` of `FauxRedis.start_link/1` takes one as well.

  The option `:db` says which database, 0 by default. Times to live are in milliseconds. What reads raises a
  `FauxRedis.Error` for an option or a key that makes no sense.
  """

  alias FauxRedis.{Diff, Error}

  @type key :: binary()

  @typedoc "What a key holds."
  @type value :: term()

  @typedoc "All keys of a server as they were at one moment, as long as it is held."
  @type snapshot :: reference()

  @doc """
  What a key holds; `nil` if it is not there.

      iex> {:ok, server} = FauxRedis.start_link(data: %{"tags" => MapSet.new(["a", "b"]), "board" => {:zset, [{"ada", 2}]}})
      iex> FauxRedis.Data.get(server, "tags") == MapSet.new(["a", "b"])
      true
      iex> FauxRedis.Data.get(server, "board")
      {:zset, [{"ada", 2.0}]}
      iex> FauxRedis.Data.get(server, "tags", db: 1)
      nil

  """
  @spec get(FauxRedis.server(), key(), db: non_neg_integer()) :: value() | nil
  def get(server, key, options \\ []),
    do: server |> :faux_redis_data.get(key, options) |> Error.value!() |> Diff.value()

  @doc """
  Lets a key hold a value, whatever it held; with `:ttl` for so many milliseconds.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.Data.put(server, "jobs", ["one", "two"])
      :ok
      iex> {:error, error} = FauxRedis.Data.put(server, "jobs", [])
      iex> error.kind
      :option

  """
  @spec put(FauxRedis.server(), key(), value(), db: non_neg_integer(), ttl: pos_integer()) ::
          :ok | {:error, Error.t()}
  def put(server, key, value, options \\ []) do
    server |> :faux_redis_data.put(key, value, options) |> Error.wrap()
  end

  @doc "As `put/4`, but it raises the error."
  @spec put!(FauxRedis.server(), key(), value(), keyword()) :: :ok
  def put!(server, key, value, options \\ []), do: Error.ok!(put(server, key, value, options))

  @doc """
  Removes a key; whether it was there.

      iex> {:ok, server} = FauxRedis.start_link(data: %{"k" => 1})
      iex> {FauxRedis.Data.delete(server, "k"), FauxRedis.Data.delete(server, "k")}
      {true, false}

  """
  @spec delete(FauxRedis.server(), key(), db: non_neg_integer()) :: boolean()
  def delete(server, key, options \\ []),
    do: server |> :faux_redis_data.delete(key, options) |> Error.value!()

  @doc """
  Lets a key live so many milliseconds longer, or for ever; whether it is there.

      iex> {:ok, server} = FauxRedis.start_link(data: %{"k" => 1}, clock: 0)
      iex> FauxRedis.Data.expire(server, "k", 1_500)
      true
      iex> FauxRedis.Data.ttl(server, "k")
      1500

  """
  @spec expire(FauxRedis.server(), key(), pos_integer() | :infinity, db: non_neg_integer()) :: boolean()
  def expire(server, key, ttl, options \\ []) do
    server |> :faux_redis_data.expire(key, ttl, options) |> Error.value!()
  end

  @doc "How many milliseconds longer a key lives; `nil` if it does so for ever or is not there."
  @spec ttl(FauxRedis.server(), key(), db: non_neg_integer()) :: non_neg_integer() | nil
  def ttl(server, key, options \\ []), do: server |> :faux_redis_data.ttl(key, options) |> Error.value!()

  @doc "The fields of a hash that have a time to live of their own, and how many milliseconds it is."
  @spec field_ttls(FauxRedis.server(), key(), db: non_neg_integer()) :: %{binary() => non_neg_integer()}
  def field_ttls(server, key, options \\ []),
    do: server |> :faux_redis_data.field_ttls(key, options) |> Error.value!()

  @doc """
  The type of a key in the words of `TYPE`; `nil` if it is not there.

      iex> {:ok, server} = FauxRedis.start_link(data: %{"log" => {:stream, [{"1-1", what: "begun"}]}})
      iex> FauxRedis.Data.type(server, "log")
      "stream"

  """
  @spec type(FauxRedis.server(), key(), db: non_neg_integer()) :: String.t() | nil
  def type(server, key, options \\ []), do: server |> :faux_redis_data.type(key, options) |> Error.value!()

  @doc "The keys that match a glob, as `KEYS` answers them."
  @spec keys(FauxRedis.server(), binary(), db: non_neg_integer()) :: [key()]
  def keys(server, glob \\ "*", options \\ []),
    do: server |> :faux_redis_data.keys(glob, options) |> Error.value!()

  @doc "Removes all keys of a database; how many there were."
  @spec clear(FauxRedis.server(), db: non_neg_integer()) :: non_neg_integer()
  def clear(server, options \\ []), do: server |> :faux_redis_data.clear(options) |> Error.value!()

  @doc """
  Loads data over what there is, all of it or, on a mistake, nothing: a document, the path of a `.json`, `.yaml` or `.rdb`
  file, `{:json, text}` or `{:yaml, text}`.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.Data.load(server, {:yaml, "board: {$zset: {ada: 2}, $ttl: 60}"})
      :ok
      iex> FauxRedis.Data.get(server, "board")
      {:zset, [{"ada", 2.0}]}

  """
  @spec load(FauxRedis.server(), map() | Path.t() | {:json | :yaml | :file, String.t()}) ::
          :ok | {:error, Error.t()}
  def load(server, data), do: server |> :faux_redis_data.load(data) |> Error.wrap()

  @doc "As `load/2`, but it raises the error."
  @spec load!(FauxRedis.server(), map() | Path.t() | {:json | :yaml | :file, String.t()}) :: :ok
  def load!(server, data), do: Error.ok!(load(server, data))

  @doc """
  All databases as a document that `load/2` takes, its keys sorted; `:json` or `:yaml`.

      iex> {:ok, server} = FauxRedis.start_link(data: %{"jobs" => ["one"]})
      iex> FauxRedis.Data.dump(server, :yaml) =~ "jobs:"
      true

  """
  @spec dump(FauxRedis.server(), :json | :yaml) :: String.t()
  def dump(server, format \\ :json), do: server |> :faux_redis_data.dump(format) |> Error.value!()

  @doc """
  Takes a snapshot of all keys of all databases, in constant time. The option `:name` names it in messages.

      iex> {:ok, server} = FauxRedis.start_link(data: %{"k" => "before"})
      iex> snapshot = FauxRedis.Data.snapshot(server)
      iex> FauxRedis.Data.put!(server, "k", "after")
      iex> to_string(FauxRedis.Data.diff(server, snapshot))
      ~s(~ "k" string\\n    "before" → "after")
      iex> FauxRedis.Data.restore(server, snapshot)
      {:ok, 1}
      iex> FauxRedis.Data.get(server, "k")
      "before"

  """
  @spec snapshot(FauxRedis.server(), name: String.t() | atom()) :: snapshot()
  def snapshot(server, options \\ []), do: server |> :faux_redis_data.snapshot(options) |> Error.value!()

  @doc "Puts all keys back as they were at a snapshot; how many had changed. It can be gone back to again."
  @spec restore(FauxRedis.server(), snapshot()) :: {:ok, non_neg_integer()} | {:error, Error.t()}
  def restore(server, snapshot), do: server |> :faux_redis_data.restore(snapshot) |> Error.wrap()

  @doc "As `restore/2`, but it raises the error, and returns how many keys had changed."
  @spec restore!(FauxRedis.server(), snapshot()) :: non_neg_integer()
  def restore!(server, snapshot), do: Error.ok!(restore(server, snapshot))

  @doc """
  What differs now from a snapshot; with `:to` what differs at another. Keys that match a glob of `:except` are left out.
  """
  @spec diff(FauxRedis.server(), snapshot(), to: snapshot(), except: binary() | [binary()]) :: Diff.t()
  def diff(server, before, options \\ []) do
    server |> :faux_redis_data.diff(before, options) |> Error.wrap() |> Error.ok!() |> Diff.new()
  end

  @doc """
  What a function returns, if no key has changed while it ran but those that match a glob of `:except`; else it raises. The
  option `:name` names it in the error.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.Data.unchanged!(server, [except: "cache:*"], fn -> FauxRedis.Data.put(server, "cache:1", "x") end)
      :ok

  """
  @spec unchanged!(
          FauxRedis.server(),
          [except: binary() | [binary()], name: String.t() | atom()],
          (... -> result)
        ) :: result
        when result: term()
  def unchanged!(server, options \\ [], function) do
    guard = server |> :faux_redis_data.guarded(options) |> Error.wrap() |> Error.ok!()
    result = function.()
    server |> :faux_redis_data.unchanged_since(guard) |> Error.wrap() |> Error.ok!()
    result
  end
end
