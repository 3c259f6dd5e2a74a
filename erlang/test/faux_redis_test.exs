defmodule FauxRedisTest do
  use ExUnit.Case, async: true

  doctest FauxRedis
  doctest FauxRedis.Glob
  doctest FauxRedis.RESP
end
