defmodule FauxRedis.VerificationTest do
  @moduledoc "What verification found is told one by one, and what helps to see why stands below it."
  use FauxRedis.Case, async: true, faux_redis: [verify: false, seed: 7]

  alias FauxRedis.{Error, Failure, Wire}

  setup %{redis_server: server} do
    client = Wire.connect(server)
    Wire.pipeline(client, [["SET", "k", "v"], ["GET", "k"]])
    :ok
  end

  test "each way to verify tells what it found", %{redis_server: server} do
    assert {:error, %Error{failures: [%Failure{kind: :unmet, message: message, raised: nil}]}} =
             FauxRedis.verify(server, :get, times: 2)

    assert message =~ "GET: expected 2 times, got 1"

    assert {:error, %Error{failures: [%Failure{kind: :order, message: message}]}} =
             FauxRedis.verify_order(server, [:get, :set])

    assert message =~ "expected in this order: GET, SET"
    FauxRedis.reset!(server)
    Wire.pipeline(Wire.connect(server), [["SET", "k", "v"], ["GET", "k"]])

    assert {:error,
            %Error{failures: [%Failure{kind: :unaccounted, message: one}, %Failure{message: other}]} = error} =
             FauxRedis.verify_no_more(server)

    assert one =~ ~s(SET "k" "v")
    assert other =~ ~s(GET "k")
    assert error.message =~ one and error.message =~ other
  end

  test "all that is wrong is told one by one, with what a function raised", %{redis_server: server} do
    FauxRedis.expect!(server, :del, 1)
    FauxRedis.stub!(server, :echo, fn _ -> raise ArgumentError, "from the callback" end)
    line = __ENV__.line - 1
    Wire.ask(Wire.connect(server), ["ECHO", "x"])

    assert {:error, %Error{kind: :verification, failures: [callback, unmet]} = error} =
             FauxRedis.verify(server)

    assert {:error, %ArgumentError{message: "from the callback"}, [_ | _]} = callback.raised

    assert %Failure{kind: :unmet, message: "expect DEL: expected at least once, got 0" <> _, raised: nil} =
             unmet

    assert error.message =~ "verification_test.exs:#{line}: anonymous fn/1"
    refute error.message =~ ~r/ \n/
  end

  test "a failure ends with the last calls of each connection, and the seed", %{redis_server: server} do
    for {:error, error} <- [FauxRedis.verify(server, :del), FauxRedis.verify_order(server, [:get, :set])] do
      assert error.message =~ ~r/last calls of conn \d+:\n.*SET "k" "v".*\n.*GET "k".*\nseed: 7$/
    end

    FauxRedis.expect!(server, :del, 1)
    {:error, error} = FauxRedis.verify(server)
    assert error.message =~ ~r/last calls of conn \d+:\n.*SET "k" "v".*\n.*GET "k".*\nseed: 7$/
  end
end
