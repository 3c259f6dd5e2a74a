defmodule FauxRedis.Case do
  @moduledoc """
  A server for each test, verified when the test has passed.

      defmodule MyApp.CacheTest do
        use FauxRedis.Case, async: true

        test "a user is read from the cache", %{redis_server: server, redis_url: url} do
          FauxRedis.expect!(server, {:command, :get, ["user:1"]}, "Ada")
          assert MyApp.Cache.user(url, 1) == "Ada"
        end
      end

  The context has `redis_server`, `redis_port` and `redis_url`. The functions of this module are imported; they take
  the context or the server first.

  The server takes the options of `FauxRedis.start_link/1`: those of `use`, those of `@moduletag`, `@describetag` and
  `@tag faux_redis: [...]`, the latter before the former; `use FauxRedis.Case, faux_redis: [mode: :mock_only]`. One more
  option, `verify: false`, leaves verification out; `@tag faux_redis: false` starts no server.

  When a test fails, what its server was asked and what it answered is told with the failure.
  """

  use ExUnit.CaseTemplate

  alias FauxRedis.Call

  using options do
    quote do
      import ExUnit.Case, except: [test: 2, test: 3]
      import FauxRedis.Case

      @faux_redis_options FauxRedis.Case.__options__(unquote(options))
      setup context do
        FauxRedis.Case.__setup__(@faux_redis_options, context)
      end
    end
  end

  @doc """
  Defines a test, as `ExUnit.Case.test/3` does; when it fails, what happened on its server is told too.
  """
  defmacro test(message, context \\ quote(do: _), contents) do
    body =
      case contents do
        [do: block] -> block
        blocks -> quote(do: try(unquote(blocks)))
      end

    quote do
      ExUnit.Case.test unquote(message), unquote(context) do
        try do
          unquote(body)
        catch
          kind, reason -> FauxRedis.Case.__failed__(kind, reason, __STACKTRACE__)
        end
      end
    end
  end

  # Options that are ExUnit's own are left to it.
  @doc false
  def __options__(options) do
    Keyword.get(
      options,
      :faux_redis,
      Keyword.drop(options, [:async, :faux_redis, :register, :parameterize, :group])
    )
  end

  @doc false
  def __setup__(of_use, context) do
    case Map.get(context, :faux_redis, []) do
      false -> :ok
      of_tag when is_list(of_tag) -> start(Keyword.merge(of_use, of_tag))
    end
  end

  defp start(options) do
    {verify, options} = Keyword.pop(options, :verify, true)
    server = ExUnit.Callbacks.start_supervised!({FauxRedis, options})
    handle = :faux_redis.handle(server)
    failed = :atomics.new(1, [])
    Process.put(__MODULE__, {handle, failed})

    # The server's process has ended by then; what it was asked can still be told.
    ExUnit.Callbacks.on_exit(__MODULE__, fn ->
      if verify and :atomics.get(failed, 1) == 0, do: verify_at_exit(handle)
    end)

    %{redis_server: server, redis_port: FauxRedis.port(server), redis_url: FauxRedis.url(server)}
  end

  defp verify_at_exit(handle) do
    with {:error, error} <- FauxRedis.Verification.verified(handle) do
      raise %{error | message: error.message <> told(handle)}
    end
  end

  @doc false
  def __failed__(kind, reason, stack) do
    case Process.get(__MODULE__) do
      nil ->
        :erlang.raise(kind, reason, stack)

      {handle, failed} ->
        :atomics.put(failed, 1, 1)
        :erlang.raise(kind, with_transcript(kind, reason, handle), stack)
    end
  end

  # A message can be added to; of what has none, the transcript is printed.
  defp with_transcript(:error, %{__exception__: true, message: message} = error, handle)
       when is_binary(message) do
    %{error | message: message <> told(handle)}
  end

  defp with_transcript(_kind, reason, handle) do
    IO.puts(:stderr, told(handle))
    reason
  end

  defp told(handle) do
    %{address: address, persona: persona} = :faux_redis_nif.info(handle)

    # What helps to see why ends with the seed.
    seed = handle |> :faux_redis.context_of() |> String.split("\n") |> List.last()

    case :faux_redis.transcript_of(handle) do
      "" -> "\n\nfaux_redis at #{address} (#{persona}, #{seed}) was not called\n"
      transcript -> "\n\nfaux_redis at #{address} (#{persona}, #{seed}) was called:\n\n#{transcript}"
    end
  end

  @typedoc "A test's context, or a server."
  @type context :: %{:redis_server => FauxRedis.server(), optional(any()) => any()} | FauxRedis.server()

  @doc "Makes a stub, as `FauxRedis.stub/4` does."
  @spec stub(context(), FauxRedis.matcher(), FauxRedis.response_spec(), [FauxRedis.rule_option()]) ::
          {:ok, FauxRedis.rule()} | {:error, FauxRedis.Error.t()}
  def stub(context, matcher, response, options \\ []) do
    FauxRedis.stub(server(context), matcher, response, options)
  end

  @doc "Makes an expectation without an answer, as `FauxRedis.expect/2` does."
  @spec expect(context(), FauxRedis.matcher()) :: {:ok, FauxRedis.rule()} | {:error, FauxRedis.Error.t()}
  def expect(context, matcher), do: FauxRedis.expect(server(context), matcher)

  @doc "Makes an expectation, as `FauxRedis.expect/4` does."
  @spec expect(context(), FauxRedis.matcher(), FauxRedis.response_spec(), [FauxRedis.rule_option()]) ::
          {:ok, FauxRedis.rule()} | {:error, FauxRedis.Error.t()}
  def expect(context, matcher, response, options \\ []) do
    FauxRedis.expect(server(context), matcher, response, options)
  end

  @doc "The calls that match, as `FauxRedis.calls/3` gives them."
  @spec calls(context(), FauxRedis.matcher(), [FauxRedis.match_option()]) :: [Call.t()]
  def calls(context, matcher \\ :any, options \\ []), do: FauxRedis.calls(server(context), matcher, options)

  @doc """
  Asserts that a call was made, as often as `:times` says; at least once by default. Returns the calls.
  """
  @spec assert_called(context(), FauxRedis.matcher(), keyword()) :: [Call.t()]
  def assert_called(context, matcher, options \\ []) do
    asserted(FauxRedis.verify(server(context), matcher, options))
    calls(context, matcher, Keyword.delete(options, :times))
  end

  @doc "Asserts that no such call was made."
  @spec refute_called(context(), FauxRedis.matcher(), [FauxRedis.match_option()]) :: :ok
  def refute_called(context, matcher, options \\ []) do
    asserted(FauxRedis.verify(server(context), matcher, Keyword.put(options, :times, 0)))
  end

  @doc """
  Asserts that such calls were made in this order; others may have come between them. Returns the calls.

      assert_command_order(context, [:multi, {:command, :incr, ["n"]}, :exec])

  """
  @spec assert_command_order(context(), [FauxRedis.matcher()]) :: [Call.t()]
  def assert_command_order(context, matchers) do
    case FauxRedis.verify_order(server(context), matchers) do
      :ok -> in_order(Enum.map(matchers, &calls(context, &1)), 0)
      error -> asserted(error)
    end
  end

  # The first call of each after the one before it.
  defp in_order([], _last), do: []

  defp in_order([made | others], last) do
    call = Enum.find(made, &(&1.seq > last))
    [call | in_order(others, call.seq)]
  end

  @doc "Waits for a call, as `FauxRedis.wait_for/3` does, and returns it; that there was none fails the test."
  @spec wait_for(context(), FauxRedis.matcher(), keyword()) :: Call.t()
  def wait_for(context, matcher, options \\ []) do
    asserted(FauxRedis.wait_for(server(context), matcher, options))
  end

  @doc "Has the test's process sent `{:faux_redis, :call, call}` for each call, as `FauxRedis.subscribe/3` does."
  @spec subscribe(context(), FauxRedis.matcher(), [FauxRedis.match_option()]) :: :ok
  def subscribe(context, matcher \\ :any, options \\ []) do
    asserted(FauxRedis.subscribe(server(context), matcher, options))
  end

  defp asserted(:ok), do: :ok
  defp asserted({:ok, value}), do: value

  defp asserted({:error, %FauxRedis.Error{kind: kind, message: message}})
       when kind in [:verification, :timeout] do
    raise ExUnit.AssertionError, message: message
  end

  defp asserted({:error, error}), do: raise(error)

  defp server(%{redis_server: server}), do: server
  defp server(server), do: server
end
