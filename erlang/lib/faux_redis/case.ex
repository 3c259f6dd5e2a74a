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

  The server takes the options of `FauxRedis.start_link/1`: those of `use`, as in
  `use FauxRedis.Case, async: true, mode: :mock_only`, those of `@moduletag`, `@describetag` and `@tag faux_redis: [...]`, all
  of them together, and where two say different things, the latter. One more option, `verify: false`, leaves verification
  out; `@tag faux_redis: false` starts no server.

  When a test fails, what its server was asked and what it answered is told with the failure; on the terminal, where a failure
  has no message to add it to, or the test was ended by its timeout or by a process that is linked to it.

  `start_redis/1` starts one more server for a test. `sweep/5` defines a test that is run again for each command it sends and each fault.
  """

  use ExUnit.CaseTemplate

  alias FauxRedis.Call
  alias FauxRedis.Case.Servers

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
      FauxRedis.Case.__tags__(__MODULE__)

      ExUnit.Case.test unquote(message), unquote(context) do
        FauxRedis.Case.Servers.begun()

        try do
          unquote(body)
        catch
          kind, reason -> :erlang.raise(kind, FauxRedis.Case.Servers.failed(kind, reason), __STACKTRACE__)
        end

        FauxRedis.Case.Servers.passed()
      end
    end
  end

  @doc """
  Defines a test that sweeps: its body is run once without a fault, and then once for each command it sends and each fault, on
  a server of its own each time; see `FauxRedis.Sweep`.

      sweep "a user is read whatever becomes of the connection", [:close, :reset], server do
        assert MyApp.Cache.user(FauxRedis.url(server), 1) == "Ada"
      end

      sweep "…", [:reset], server, allow: [:ping] do
        …
      end

  The servers take the options of `use` and of tags, as those of other tests do; more options are those of `FauxRedis.sweep/3`.
  """
  defmacro sweep(message, faults, server, options \\ [], do: body) do
    quote do
      @tag faux_redis_sweep: true
      test unquote(message), %{redis_options: of_case} do
        options = Keyword.merge(of_case, unquote(options))
        FauxRedis.sweep!(unquote(faults), fn unquote(server) -> unquote(body) end, options)
      end
    end
  end

  # ExUnit has the last tag of a name take the place of the others; here they say what they say together.
  @doc false
  def __tags__(module) do
    said =
      for attribute <- [:moduletag, :describetag, :tag],
          tags <- module |> Module.get_attribute(attribute, []) |> Enum.reverse(),
          {:faux_redis, options} <- List.wrap(tags),
          do: options

    if said != [], do: Module.put_attribute(module, :tag, faux_redis: Enum.reduce(said, [], &together/2))
  end

  defp together(true, before), do: if(Keyword.keyword?(before), do: before, else: [])

  defp together(options, before) do
    if Keyword.keyword?(options) and Keyword.keyword?(before),
      do: Keyword.merge(before, options),
      else: options
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
    of_tag = Map.get(context, :faux_redis, [])
    Servers.prepare("#{inspect(context.module)}, #{context.test}")

    cond do
      of_tag == false -> :ok
      not (of_tag == true or Keyword.keyword?(of_tag)) -> raise ArgumentError, no_options(of_tag)
      context[:faux_redis_sweep] -> %{redis_options: of_use |> with_tag(of_tag) |> Keyword.delete(:verify)}
      true -> of_use |> with_tag(of_tag) |> Servers.start()
    end
  end

  defp with_tag(of_use, true), do: of_use
  defp with_tag(of_use, of_tag), do: Keyword.merge(of_use, of_tag)

  defp no_options(of_tag) do
    "the tag faux_redis takes options of FauxRedis.start_link/1 such as [mode: :mock_only], or false for no server, " <>
      "not #{inspect(of_tag)}"
  end

  @doc """
  Starts one more server for the test, with options of `FauxRedis.start_link/1` and `:verify`. It is verified and told of as
  the test's own, and what this returns is a context for the functions of this module.

      test "a job goes from the queue to the cache", %{redis_url: cache} do
        queue = start_redis()
        expect(queue, :rpop, "job")
        MyApp.Worker.run(cache: cache, queue: queue.redis_url)
      end

  """
  @spec start_redis(keyword()) :: %{
          redis_server: pid(),
          redis_port: :inet.port_number(),
          redis_url: String.t()
        }
  def start_redis(options \\ []), do: Servers.start(options)

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

  defp server(%{} = context) do
    raise ArgumentError,
          "a test's context with redis_server, or a server, was expected here; is there `@tag faux_redis: false`? " <>
            "The context has #{inspect(Map.keys(context))}"
  end

  defp server(server), do: server
end
