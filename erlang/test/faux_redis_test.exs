defmodule FauxRedisTest do
  use ExUnit.Case, async: true

  doctest FauxRedis
  doctest FauxRedis.Calls
  doctest FauxRedis.Clock
  doctest FauxRedis.Connections
  doctest FauxRedis.Data
  doctest FauxRedis.Gate
  doctest FauxRedis.Glob
  doctest FauxRedis.Handle
  doctest FauxRedis.Link
  doctest FauxRedis.RESP
  doctest FauxRedis.Rules
  doctest FauxRedis.State
  doctest FauxRedis.Sweep
  doctest FauxRedis.Verification
  doctest FauxRedis.Waiting
end
