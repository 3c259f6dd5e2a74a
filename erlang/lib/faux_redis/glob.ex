defmodule FauxRedis.Glob do
  @moduledoc "The patterns of `KEYS`, `SCAN` and `PSUBSCRIBE`, matched as a real server matches them."

  @doc """
  Whether the whole text matches the pattern: `*`, `?`, `[a-z]`, `[^a-z]`, and `\\` before what is meant literally.

      iex> FauxRedis.Glob.match?("user:1", "user:?")
      true

      iex> FauxRedis.Glob.match?("user:1", "session:*")
      false

  """
  @spec match?(binary(), binary()) :: boolean()
  def match?(text, pattern) when is_binary(text) and is_binary(pattern) do
    :faux_redis_nif.glob(text, pattern)
  end
end
