defmodule FauxRedis.SweepTest do
  use ExUnit.Case, async: true

  alias FauxRedis.{Error, Sweep, Wire}

  # Reads a number, and counts it up; gives up at the first thing that is wrong.
  defp fragile(server) do
    client = Wire.connect(server)
    assert Wire.ask(client, ["SET", "n", "1"]) == "OK"
    assert Wire.ask(client, ["INCR", "n"]) == 2
  end

  # Asks for a thing until it has it.
  defp robust(server, tries \\ 3) do
    case server |> Wire.connect() |> Wire.ask(["SET", "k", "v"]) do
      "OK" -> :ok
      _ when tries > 0 -> robust(server, tries - 1)
    end
  end

  test "tells which commands a function does not survive, and how" do
    assert {:error, %Error{kind: :sweep, message: message}} =
             FauxRedis.sweep([:reset, {:error, "ERR no"}], &fragile/1)

    assert message =~ "fault sweep: 4 of 4 runs not survived (2 commands, 2 faults)"
    assert message =~ ~r/1 SET "n" "1"  FAILED/
    assert message =~ ~s(FAILED at step 2 INCR "n", {:error, "ERR no"}:)
    assert message =~ "ExUnit.AssertionError: Assertion with == failed"
  end

  test "is passed by a function that tries again" do
    assert %Sweep{} = swept = FauxRedis.sweep!([:reset, :close], &robust/1)
    assert swept.summary == "fault sweep: 2 runs, all survived (1 command, 2 faults)"
    assert [%{step: 0, fault: 0, outcome: :survived}, %{step: 0, fault: 1, outcome: :survived}] = swept.runs
    assert swept.left_out == 0
    assert to_string(swept) =~ "survived"
  end

  test "lets commands fail that may, or with the faults with which they may" do
    assert %{runs: runs} = FauxRedis.sweep!([:reset], &fragile/1, allow: [:set, {"incr", :reset}])
    assert Enum.map(runs, & &1.outcome) == [:allowed, :allowed]
    assert {:error, error} = FauxRedis.sweep([:reset, :close], &fragile/1, allow: [:set, {:incr, :reset}])
    assert error.message =~ "1 of 4 runs not survived"
  end

  test "leaves out runs above the limit, and says so" do
    assert {:error, error} = FauxRedis.sweep([:reset, :close], &fragile/1, limit: 1)
    assert error.message =~ "3 runs left out by the limit"
  end

  test "ends a run that waits for what does not come" do
    waits = fn server ->
      client = Wire.connect(server)
      if Wire.ask(client, ["PING"]) != "PONG", do: Process.sleep(:infinity)
    end

    assert {:error, error} = FauxRedis.sweep([{:error, "ERR no"}], waits, timeout: 200)
    assert error.message =~ "it still ran after 200 ms, and was ended: does it wait without a timeout?"
  end

  test "takes for failed what is ended by a process it is linked to" do
    linked = fn server ->
      {:ok, client} = Agent.start_link(fn -> Wire.connect(server) end)
      Agent.get(client, fn connection -> "PONG" = Wire.ask(connection, ["PING"]) end)
    end

    ExUnit.CaptureLog.capture_log(fn ->
      assert {:error, error} = FauxRedis.sweep([:close], linked)
      assert error.message =~ "1 of 1 run not survived"
    end)
  end

  test "verifies each server's expectations" do
    heedless = fn server ->
      FauxRedis.expect!(server, {:command, :set, ["k", :any]}, :ok, times: 1)
      Wire.ask(Wire.connect(server), ["SET", "k", "v"])
    end

    assert {:error, error} = FauxRedis.sweep([{:error, "ERR no"}], heedless)
    assert error.message =~ "expected once, got 0"

    heeding = fn server ->
      FauxRedis.expect!(server, {:command, :set, ["k", :any]}, :ok, times: 1)
      robust(server)
    end

    assert %{runs: [%{outcome: :survived}]} = FauxRedis.sweep!([{:error, "ERR no"}], heeding)
  end

  test "gives each run a server and a process of its own, and leaves none behind" do
    test = self()

    FauxRedis.sweep!([:reset, :close], fn server ->
      {:ok, linked} = Agent.start_link(fn -> nil end)
      send(test, {:run, server, self(), linked})
      robust(server)
    end)

    made = for _ <- 1..3, do: assert_receive({:run, _server, _process, _linked})
    assert made |> Enum.map(&elem(&1, 1)) |> Enum.uniq() |> length() == 3

    for {:run, server, process, linked} <- made, pid <- [server, process, linked] do
      monitor = Process.monitor(pid)
      assert_receive {:DOWN, ^monitor, :process, ^pid, _reason}
    end
  end

  test "needs a function that passes without faults" do
    assert {:error, %Error{kind: :sweep, message: message}} =
             FauxRedis.sweep([:reset], fn _ -> raise "never" end)

    assert message == "the test fails without any fault: RuntimeError: never"
  end

  test "needs a function that sends a command" do
    assert {:error, %Error{kind: :sweep, message: message}} = FauxRedis.sweep([:reset], fn _ -> :ok end)
    assert message == "the test sends no command, so there is nothing to spoil"
  end

  test "takes the options of a server, and refuses what makes no sense" do
    assert {:ok, %{steps: ["PING"]}} =
             FauxRedis.sweep([:execute], &Wire.ask(Wire.connect(&1), ["PING"]),
               flavour: :valkey,
               password: nil
             )

    for {faults, function, options, wrong} <- [
          {[], &robust/1, [], "a list of faults"},
          {:reset, &robust/1, [], "a list of faults"},
          {[fn _ -> :ok end], &robust/1, [], "a fault is an answer or an action"},
          {[:reset], fn -> :ok end, [], "a function of one argument"},
          {[:reset], &robust/1, [limit: 0], "option 'limit'"},
          {[:reset], &robust/1, [timeout: "x"], "option 'timeout'"},
          {[:reset], &robust/1, [allow: :set], "option 'allow'"},
          {[:what], &robust/1, [], "an answer is"},
          {[:reset], &robust/1, [mode: :what], "option 'mode'"}
        ] do
      assert {:error, %Error{message: message}} = FauxRedis.sweep(faults, function, options)
      assert message =~ wrong
    end
  end
end
