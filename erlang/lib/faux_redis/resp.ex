defmodule FauxRedis.RESP do
  @moduledoc """
  The protocol, for whoever speaks it in a test: values to bytes, bytes to values.

  A simple string and a bulk string are both binaries, an error is `{:error, line}`, null is `nil`, an array is a list.
  Of RESP3, a map is a map, a double a float, a boolean is `true` or `false`, a set `{:set, list}`, a push
  `{:push, list}`, a big number `{:big_number, digits}`.
  """

  @type decoded ::
          binary()
          | {:error, binary()}
          | integer()
          | float()
          | boolean()
          | nil
          | [decoded()]
          | map()
          | tuple()

  @doc """
  Encodes a value.

  Besides what `FauxRedis.stub/3` takes as a plain answer there is `{:simple_string, text}`. A list is an array.
  With `version: 3` it is RESP3 that is written.

      iex> FauxRedis.RESP.encode(["GET", "foo"]) |> IO.iodata_to_binary()
      "*2\\r\\n$3\\r\\nGET\\r\\n$3\\r\\nfoo\\r\\n"

      iex> FauxRedis.RESP.encode(%{"a" => 1}, version: 3) |> IO.iodata_to_binary()
      "%1\\r\\n$1\\r\\na\\r\\n:1\\r\\n"

  """
  @spec encode(term(), version: 2 | 3) :: iodata()
  def encode(value, options \\ []) do
    case :faux_redis_nif.encode(value, Keyword.get(options, :version, 2)) do
      {:ok, bytes} -> bytes
      error -> raise error |> FauxRedis.Error.wrap() |> elem(1)
    end
  end

  @doc """
  Decodes the value that a binary begins with.

  Returns `{:ok, value, rest}`, `:more` when its end has not come yet, or `{:error, reason}`.

      iex> FauxRedis.RESP.decode("+OK\\r\\n:1\\r\\n")
      {:ok, "OK", ":1\\r\\n"}

      iex> FauxRedis.RESP.decode("$5\\r\\nhel")
      :more

      iex> FauxRedis.RESP.decode("?\\r\\n")
      {:error, :invalid_prefix}

  """
  @spec decode(binary()) :: {:ok, decoded(), binary()} | :more | {:error, atom()}
  def decode(bytes) when is_binary(bytes), do: :faux_redis_nif.decode(bytes)

  @doc """
  Decodes a binary that is one value and nothing more.

      iex> FauxRedis.RESP.decode_exactly("*2\\r\\n:1\\r\\n$-1\\r\\n")
      {:ok, [1, nil]}

      iex> FauxRedis.RESP.decode_exactly(":1\\r\\n:2\\r\\n")
      {:error, :trailing_bytes}

  """
  @spec decode_exactly(binary()) :: {:ok, decoded()} | :more | {:error, atom()}
  def decode_exactly(bytes) do
    case decode(bytes) do
      {:ok, value, ""} -> {:ok, value}
      {:ok, _value, _rest} -> {:error, :trailing_bytes}
      other -> other
    end
  end
end
