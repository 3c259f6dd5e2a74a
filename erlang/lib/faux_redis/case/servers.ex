defmodule FauxRedis.Case.Servers do
  @moduledoc false
  # The servers of one test: started for it, told of when it fails, and verified when it has passed.

  alias FauxRedis.{Error, Verification}

  # `servers` are handles, and whether they are verified; `stage` is what has become of the test.
  defstruct [:name, :stage, servers: []]

  # A test that was defined by something else than `FauxRedis.Case.test/3` stays at 0.
  @begun 1
  @passed 2
  @failed 3

  # The test of this process begins.
  def prepare(name), do: Process.put(__MODULE__, %__MODULE__{name: name, stage: :atomics.new(1, [])})

  def start(options) do
    test =
      Process.get(__MODULE__) ||
        raise ArgumentError,
              "a server of FauxRedis.Case is started by the process of a test, in it or in its setup"

    {verify, options} = Keyword.pop(options, :verify, true)
    server = ExUnit.Callbacks.start_supervised!(child_of(test, options))
    test = %{test | servers: test.servers ++ [{:faux_redis.handle(server), verify}]}
    Process.put(__MODULE__, test)

    # The servers' processes have ended by then; what they were asked can still be told.
    ExUnit.Callbacks.on_exit(__MODULE__, fn -> at_exit(test) end)
    %{redis_server: server, redis_port: FauxRedis.port(server), redis_url: FauxRedis.url(server)}
  end

  # The first is found by its name; of the others there may be several.
  defp child_of(%{servers: []}, options), do: {FauxRedis, options}
  defp child_of(_test, options), do: Supervisor.child_spec({FauxRedis, options}, id: make_ref())

  def begun, do: come_to(@begun)

  def passed, do: come_to(@passed)

  # The error with what happened on the servers; where it has no message to add that to, it is printed.
  def failed(kind, reason) do
    come_to(@failed)
    with_transcript(kind, reason, Process.get(__MODULE__))
  end

  defp come_to(stage) do
    with %{stage: at} <- Process.get(__MODULE__), do: :atomics.put(at, 1, stage)
  end

  defp at_exit(%{stage: at, servers: servers} = test) do
    case :atomics.get(at, 1) do
      @failed ->
        :ok

      # Its timeout has ended it, or a process that was linked to it.
      @begun ->
        print(test)

      _ ->
        verify(for({handle, true} <- servers, do: handle), test.name)
    end
  end

  defp verify(handles, name) do
    case for handle <- handles, {:error, error} <- [Verification.verified(handle)], do: {error, handle} do
      [] -> warn(handles, name)
      found -> fail(found)
    end
  end

  # What a lint has found that fails nothing.
  defp warn(handles, name) do
    for handle <- handles, %{text: text} <- :faux_redis.findings_of(handle) do
      IO.puts(:stderr, ["\nwarning: ", name, "\n  ", String.replace(text, "\n", "\n  ")])
    end
  end

  defp fail([{error, _} | _] = found) do
    message = Enum.map_join(found, "\n", fn {error, handle} -> error.message <> told(handle) end)

    raise %Error{
      error
      | message: message,
        failures: Enum.flat_map(found, fn {error, _} -> error.failures end)
    }
  end

  defp with_transcript(_kind, reason, none) when none == nil or none.servers == [], do: reason

  defp with_transcript(:error, %{__exception__: true, message: message} = error, test)
       when is_binary(message) do
    %{error | message: message <> told_of_all(test)}
  end

  defp with_transcript(_kind, reason, test) do
    print(test)
    reason
  end

  defp print(test), do: IO.puts(:stderr, ["\n", test.name, told_of_all(test)])

  defp told_of_all(test), do: Enum.map_join(test.servers, fn {handle, _verify} -> told(handle) end)

  defp told(handle) do
    %{address: address, persona: persona} = :faux_redis_nif.info(handle)

    # What helps to see why ends with the seed.
    seed = handle |> :faux_redis.context_of() |> String.split("\n") |> List.last()

    case :faux_redis.transcript_of(handle) do
      "" -> "\n\nfaux_redis at #{address} (#{persona}, #{seed}) was not called\n"
      transcript -> "\n\nfaux_redis at #{address} (#{persona}, #{seed}) was called:\n\n#{transcript}"
    end
  end
end
