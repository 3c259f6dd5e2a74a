defmodule FauxRedisTest do
  use ExUnit.Case, async: true

  doctest FauxRedis
  doctest FauxRedis.Clock
  doctest FauxRedis.Data
  doctest FauxRedis.Gate
  doctest FauxRedis.Glob
  doctest FauxRedis.Link
  doctest FauxRedis.RESP
  doctest FauxRedis.State
end
