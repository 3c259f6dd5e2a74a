defmodule FauxRedis do
  @moduledoc """
  A controllable Redis that lives inside a test.

  A server is a process. It listens on a port of its own, answers as a real Redis answers, and ends with the process
  that started it; everything about it is in the test's hands.

      iex> {:ok, server} = FauxRedis.start_link(port: 0)
      iex> {:ok, _rule} = FauxRedis.stub(server, {:command, :get, ["user:1"]}, "Ada")
      iex> {"127.0.0.1", port} = FauxRedis.address(server)
      iex> is_integer(port)
      true

  `FauxRedis.Case` gives each test a server of its own and verifies it at the end.

  ## Matchers

    * a command's name as an atom or a string, whatever its case: `:get`, `"CLIENT KILL"`; or `:any`
    * `{:command, name, patterns}`, where a pattern is a binary, a number, `:any`, `:rest` (any number of arguments, to
      the end), `:absent`, `{:glob, "user:*"}`, a regular expression, `{:gt, 10}` (also `:ge`, `:lt`, `:le`),
      `{:between, 1, 10}`, `{:json, "$.user.id", 7}`, `{:and, one, other}`, `{:or, one, other}`, `{:not, pattern}`, or a
      function of the argument
    * `{:category, "@write"}` and `{:flag, "blocking"}` – commands that have something in common
    * `{:fn, fun}`, where the function gets the `FauxRedis.Call` and says `true`

  Options of a command are asked for by their names, in capitals and in whatever order they are sent:

      FauxRedis.stub(server, {:command, :set, ["lock", :rest]}, nil, NX: true, EX: {:gt, 30}, GET: false)

  ## Answers

    * a binary, an integer, a float, a boolean, `nil`, `:ok`, a map, a `MapSet`
    * `{:array, list}`, `{:set, list}`, `{:map, pairs}`, `{:push, list}`, `{:status, text}`, `{:error, line}`,
      `{:double, number}`, `{:big_number, integer}`, `{:verbatim, text}`, `:null_array`
    * a list is a *sequence*: an answer for each call, the last one again and again; a list within it is an array
    * `{:delay, ms, answer}`, `:no_reply` (also `:timeout`), `:close`, `{:close, answer}`, `:reset`, `{:reset, answer}`,
      `{:partial, chunks}`, `{:partial, chunks, gap_ms}`, `{:protocol_error, bytes}`
    * `:execute` – what the store answers – and what may be done to a reply: `:drop_reply`, `:duplicate`, `:reorder`,
      `:wrong_type`, `{:truncate, bytes}`; `{:garbage, bytes}`, `:hang`, `{:template, "{key}"}`; and a delay may be drawn:
      `{:delay, {:uniform, 10, 50}, answer}`, `{:delay, {:lognormal, median_ms, sigma}, answer}`
    * `{:do, actions}` – several of them, from left to right: `{:do, [:execute, :drop_reply]}` is applied, and its
      reply is lost
    * a function of one argument, or `{:fun, fun}`: it gets the `FauxRedis.Call`, and answers with what it returns; a
      list it returns is an array. It runs in a process of its own, and may use the server it answers for. What it raises
      reaches the client as an error, and the test at verification.

  ## Rules

  The newest rule that matches answers. What no rule answers the store does, unless the server is in the mode
  `:mock_only`. Nothing is exempt: `PING`, `HELLO`, `AUTH` and `MULTI` can be stubbed like any other command.
  """

  alias FauxRedis.{Call, Error, Failure}

  @typedoc "A server: its process, or its name."
  @type server :: GenServer.server()

  @typedoc "A command's name, whatever its case."
  @type command_name :: String.t() | atom()

  @typedoc "What one argument must be."
  @type pattern ::
          binary()
          | number()
          | :any
          | :rest
          | :absent
          | {:glob, iodata()}
          | {:gt | :ge | :lt | :le, number()}
          | {:between, number(), number()}
          | {:json, String.t(), term()}
          | {:and | :or, pattern(), pattern()}
          | {:not, pattern()}
          | Regex.t()
          | (binary() -> boolean())

  @typedoc "Which calls are meant."
  @type matcher ::
          :any
          | command_name()
          | {:command, command_name()}
          | {:command, command_name(), [pattern()]}
          | {:category, String.t()}
          | {:flag, String.t()}
          | {:fn, (Call.t() -> boolean())}

  @typedoc "What a call is answered with."
  @type response_spec :: term()

  @typedoc "One call, as `calls/1` tells it."
  @type call_record :: Call.t()

  @typedoc "The identity of a stub or an expectation, which its calls carry as `rule_id`."
  @type rule :: reference()

  @typedoc """
  What narrows a matcher:

    * `key` – what one of the command's keys must be
    * `conn` – which connections: an id, ids, or what must be so of one, such as `[name: {:glob, "worker-*"}, db: 1]`; there are
      `id`, `name`, `user`, `db`, `protocol`, `library` and `address`
    * `conn_id`, `conn_ids` – the ids of connections
    * `via` – `:direct`, or `:exec` for commands of a transaction
    * `when` – a function that gets the call
    * an option of the command, in capitals: `true`, `false`, a pattern for its value, or a list of patterns for its values
  """
  @type match_option ::
          {:key, pattern()}
          | {:conn, pos_integer() | [pos_integer()] | keyword()}
          | {:conn_id, pos_integer()}
          | {:conn_ids, [pos_integer()]}
          | {:via, :direct | :exec | :script}
          | {:when, (Call.t() -> boolean())}
          | {atom(), boolean() | pattern() | [pattern()]}

  @typedoc "How often: exactly, within a range, or with one bound."
  @type times ::
          non_neg_integer() | Range.t() | {:at_least, non_neg_integer()} | {:at_most, non_neg_integer()}

  @typedoc """
  What a rule is told besides: how often (`times`, or `max_calls`, which is the same), `nth` (only that call, counted
  from 1), `after` (only calls after so many), `p` (only with this probability, from the server's seed), `scenario` (only in a
  state, which it moves to another: `[name: "failover", when: "Started", to: "failed over"]`), `priority` (before lower ones, whatever their age), `name`, `optional`
  (in strict mode it need not be used), and what comes after the last answer of a sequence (`then`).
  """
  @type rule_option ::
          match_option()
          | {:times, times()}
          | {:max_calls, times() | :infinity}
          | {:nth, pos_integer()}
          | {:after, non_neg_integer()}
          | {:p, number()}
          | {:scenario, keyword()}
          | {:priority, integer()}
          | {:name, String.t() | atom()}
          | {:optional, boolean()}
          | {:then, :last | :cycle | :store | :error}

  # Beginning and end.

  @doc """
  Starts a server. It answers when this returns, and ends with the calling process.

  ## Options

    * `:port` – where to listen; `0`, the default, takes a port that is free
    * `:ip` – the address to listen on, `{127, 0, 0, 1}` by default
    * `:unix_socket` – a path to listen on, in place of a port
    * `:mode` – who answers: `:mock_first`, the default, the rules and then the store; `:stateful_only` the store alone;
      `:mock_only` the rules alone
    * `:name` – a name to register: an atom, `{:global, term}` or `{:via, module, term}`
    * `:password` – clients must `AUTH` with it; `require_auth?: false` lets them in all the same
    * `:flavour`, `:version` – which server is played: `:redis` or `:valkey`, and a version such as `"7.0.15"`
    * `:databases` – how many there are, 16 by default
    * `:strict` – verification also fails for calls no rule answered and stubs no call used; with `:all` also for calls
      that nothing asserted
    * `:lint` – `true`, `:fail`, or a list of smells: what verification looks for in the calls, as `lint/2` does
    * `:seed` – the seed of all chance
    * `:clock` – the time the server lives in: `:system`, or one that stands at a start time (seconds since 1970, or a
      `DateTime`) until it is moved by `advance/2`
    * `:journal_limit`, `:journal_limit_bytes` – how many calls are remembered, 10,000 by default, and their bytes
    * `:config` – settings as in `redis.conf`
    * `:rdb` – an RDB file whose data the server has from the start, and again after each reset
    * `:data` – keys and values that the server has from the start, and again after each reset: a map, or the path of a
      `.json`, `.yaml` or `.rdb` file, as `FauxRedis.Data.load/2` takes them
    * `:tls` – connections are encrypted, with a certificate that is made at the start; `tls_ca/1` is what clients know it by
    * `:callback_timeout` – how many milliseconds a function of the test's may take, 5000 by default
    * `:compat` – `:v1` answers and tells as version 1 did where that is not as Redis does

  ## Examples

      iex> {:ok, server} = FauxRedis.start_link(mode: :mock_only, name: :a_server_by_name)
      iex> FauxRedis.port(:a_server_by_name) == FauxRedis.port(server)
      true

      iex> {:error, error} = FauxRedis.start_link(mode: :mocking)
      iex> {error.kind, error.message}
      {:option, "option 'mode' takes mock_first, stateful_only or mock_only, not <<\\"mocking\\">>"}

  """
  @spec start_link(keyword()) :: {:ok, pid()} | {:error, Error.t() | {:already_started, pid()}}
  def start_link(options \\ []) when is_list(options) do
    options |> :faux_redis.start_link(:elixir) |> Error.wrap()
  end

  @doc """
  A server as a supervisor starts it, with the options of `start_link/1`.

      iex> FauxRedis.child_spec(name: :redis).id
      :redis

  """
  @spec child_spec(keyword()) :: Supervisor.child_spec()
  def child_spec(options) when is_list(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}, type: :worker}
  end

  @doc """
  Stops a server, and returns when its last connection has ended.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.stop(server)
      :ok

  """
  @spec stop(server()) :: :ok
  def stop(server), do: GenServer.stop(server)

  @doc """
  Puts everything back: no keys, rules or calls; settings as at the start; clients are disconnected.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.reset!(server)
      :ok

  """
  @spec reset!(server()) :: :ok
  def reset!(server), do: :faux_redis.reset(server)

  # Where it is.

  @doc """
  The port it listens on; 0 on a Unix socket.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.port(server) in 1..65535
      true

  """
  @spec port(server()) :: :inet.port_number()
  def port(server), do: :faux_redis.port(server)

  @doc """
  The host and the port for clients; `{:local, path}` on a Unix socket.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.address(server) == {"127.0.0.1", FauxRedis.port(server)}
      true

  """
  @spec address(server()) :: {String.t(), :inet.port_number()} | {:local, String.t()}
  def address(server), do: :faux_redis.address(server)

  @doc """
  The URL for clients, with the password if there is one.

      iex> {:ok, server} = FauxRedis.start_link(password: "secret")
      iex> FauxRedis.url(server) == "redis://:secret@127.0.0.1:\#{FauxRedis.port(server)}"
      true

  """
  @spec url(server()) :: String.t()
  def url(server), do: :faux_redis.url(server)

  @doc """
  The certificate that clients know the server by, as PEM; `nil` without the option `:tls`.

      iex> {:ok, server} = FauxRedis.start_link(tls: true)
      iex> "-----BEGIN CERTIFICATE-----" <> _ = FauxRedis.tls_ca(server)
      iex> FauxRedis.url(server) == "rediss://127.0.0.1:\#{FauxRedis.port(server)}"
      true

  """
  @spec tls_ca(server()) :: String.t() | nil
  def tls_ca(server), do: :faux_redis.tls_ca(server)

  @doc """
  Which server is played.

      iex> {:ok, server} = FauxRedis.start_link(flavour: :valkey, version: "8.1.1")
      iex> FauxRedis.persona(server)
      "valkey 8.1.1"

  """
  @spec persona(server()) :: String.t()
  def persona(server), do: :faux_redis.persona(server)

  # Stubs and expectations.

  @doc """
  Makes a stub of which everything is said by options: `matcher`, `respond`, and those of `stub/4`.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, matcher: :get, respond: "bar", max_calls: 1)
      iex> FauxRedis.title(rule)
      "stub GET"

  """
  @spec stub(server(), keyword()) :: {:ok, rule()} | {:error, Error.t()}
  def stub(server, options) when is_list(options), do: server |> :faux_redis.stub(options) |> Error.wrap()

  @doc """
  Makes a stub: calls that match are answered so. It demands nothing.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, {:command, :get, [~r/^session:/]}, ["one", "two", nil])
      iex> FauxRedis.title(rule)
      "stub GET ~r/^session:/"

  """
  @spec stub(server(), matcher(), response_spec(), [rule_option()]) :: {:ok, rule()} | {:error, Error.t()}
  def stub(server, matcher, response, options \\ []) do
    server |> :faux_redis.stub(matcher, response, options) |> Error.wrap()
  end

  @doc "As `stub/4`, but it raises the error, and returns the rule."
  @spec stub!(server(), matcher(), response_spec(), [rule_option()]) :: rule()
  def stub!(server, matcher, response, options \\ []), do: bang(stub(server, matcher, response, options))

  @doc """
  Makes an expectation without an answer, so that older rules or the store answer; or one of which everything is said
  by options, as `stub/2` has them.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, _rule} = FauxRedis.expect(server, :set)
      iex> {:error, error} = FauxRedis.verify(server)
      iex> error.message =~ "expect SET: expected at least once, got 0"
      true

  """
  @spec expect(server(), matcher() | keyword()) :: {:ok, rule()} | {:error, Error.t()}
  def expect(server, matcher_or_options) do
    server |> :faux_redis.expect(matcher_or_options) |> Error.wrap()
  end

  @doc """
  Makes an expectation: verification fails unless it is met, at least once if nothing else is said.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, _rule} = FauxRedis.expect(server, {:command, :set, ["lock", :any]}, :ok, times: 0)
      iex> FauxRedis.verify(server)
      :ok

  """
  @spec expect(server(), matcher(), response_spec(), [rule_option()]) :: {:ok, rule()} | {:error, Error.t()}
  def expect(server, matcher, response, options \\ []) do
    server |> :faux_redis.expect(matcher, response, options) |> Error.wrap()
  end

  @doc "As `expect/2`, but it raises the error, and returns the rule."
  @spec expect!(server(), matcher() | keyword()) :: rule()
  def expect!(server, matcher_or_options), do: bang(expect(server, matcher_or_options))

  @doc "As `expect/4`, but it raises the error, and returns the rule."
  @spec expect!(server(), matcher(), response_spec(), [rule_option()]) :: rule()
  def expect!(server, matcher, response, options \\ []), do: bang(expect(server, matcher, response, options))

  @doc """
  Has a rule answer so from now on; its place, its limits and what it has counted stay.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> rule = FauxRedis.stub!(server, :get, "before")
      iex> FauxRedis.replace(server, rule, ["after", "and after that"])
      :ok

  """
  @spec replace(server(), rule(), response_spec()) :: :ok | {:error, Error.t()}
  def replace(server, rule, response), do: server |> :faux_redis.replace(rule, response) |> Error.wrap()

  @doc """
  Takes a stub or an expectation away. An expectation is no longer verified.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.expect(server, :get, "bar")
      iex> FauxRedis.remove(rule)
      iex> FauxRedis.verify(server)
      :ok

  """
  @spec remove(rule()) :: :ok
  def remove(rule), do: :faux_redis.remove(rule)

  @doc """
  How many calls a rule has answered or counted.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, :get, "bar")
      iex> FauxRedis.hits(rule)
      0

  """
  @spec hits(rule()) :: non_neg_integer()
  def hits(rule), do: :faux_redis.hits(rule)

  @doc """
  A rule as messages show it; `nil` once it is gone.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, rule} = FauxRedis.stub(server, {:command, "client kill", [:rest]}, :ok, name: "no killing")
      iex> FauxRedis.title(rule)
      "stub 'no killing' CLIENT KILL REST"

  """
  @spec title(rule()) :: String.t() | nil
  def title(rule), do: :faux_redis.rule_info(rule).title

  # What happened.

  @doc """
  All calls that are remembered, the oldest first.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.calls(server)
      []

  """
  @spec calls(server()) :: [Call.t()]
  def calls(server), do: :faux_redis.calls(server)

  @doc """
  The calls that match. A matcher that makes no sense is raised.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.calls(server, :set, key: "lock")
      []

  """
  @spec calls(server(), matcher(), [match_option()]) :: [Call.t()]
  def calls(server, matcher, options \\ []) do
    case server |> :faux_redis.calls(matcher, options) |> Error.wrap() do
      {:error, error} -> raise error
      calls -> calls
    end
  end

  @doc "How many calls are no longer remembered, because there were too many."
  @spec dropped_calls(server()) :: non_neg_integer()
  def dropped_calls(server), do: :faux_redis.dropped_calls(server)

  @doc "Calls that no rule answered, but for the handshake of connections."
  @spec unmatched(server()) :: [Call.t()]
  def unmatched(server), do: :faux_redis.unmatched(server)

  @doc """
  Stubs that no call has used, as texts.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, _rule} = FauxRedis.stub(server, :get, "bar")
      iex> FauxRedis.unused(server)
      ["stub GET"]

  """
  @spec unused(server()) :: [String.t()]
  def unused(server), do: :faux_redis.unused(server)

  @doc "Tells what happened on each connection, in order, as text to read."
  @spec transcript(server()) :: String.t()
  def transcript(server), do: :faux_redis.transcript(server)

  @doc """
  Waits until as many calls match as `:times` says, one by default, and returns the last of them.

  Calls that were made before count. `:timeout` is in milliseconds, 5000 by default. The other options narrow the
  matcher, as those of `stub/4` do.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:error, error} = FauxRedis.wait_for(server, :get, timeout: 1)
      iex> error.kind
      :timeout

  """
  @spec wait_for(server(), matcher(), [
          match_option() | {:times, pos_integer()} | {:timeout, non_neg_integer()}
        ]) ::
          {:ok, Call.t()} | {:error, Error.t()}
  def wait_for(server, matcher, options \\ []) do
    server |> :faux_redis.wait_for(matcher, options) |> Error.wrap()
  end

  @doc "As `wait_for/3`, but it raises the error, and returns the call."
  @spec wait_for!(server(), matcher(), keyword()) :: Call.t()
  def wait_for!(server, matcher, options \\ []), do: bang(wait_for(server, matcher, options))

  @doc """
  From now on the calling process gets `{:faux_redis, :call, call}` for each call that matches, when it is received.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.subscribe(server, :publish)
      :ok

  """
  @spec subscribe(server(), matcher(), [match_option()]) :: :ok | {:error, Error.t()}
  def subscribe(server, matcher \\ :any, options \\ []) do
    server |> :faux_redis.subscribe(matcher, options) |> Error.wrap()
  end

  @doc """
  Checks all that the test has said: expectations, functions that failed, and in strict mode what was not said.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.verify(server)
      :ok

  """
  @spec verify(server()) :: :ok | {:error, Error.t()}
  def verify(server), do: server |> :faux_redis.handle() |> verified()

  @doc """
  Checks that a call was made, as often as `:times` says; at least once by default.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.verify(server, :get, times: 0)
      :ok

  """
  @spec verify(server(), matcher(), [match_option() | {:times, times()}]) :: :ok | {:error, Error.t()}
  def verify(server, matcher, options \\ []) do
    server |> :faux_redis.verify(matcher, options) |> Error.wrap()
  end

  @doc "As `verify/1`, but it raises the error."
  @spec verify!(server()) :: :ok
  def verify!(server), do: bang(verify(server))

  @doc "As `verify/3`, but it raises the error."
  @spec verify!(server(), matcher(), keyword()) :: :ok
  def verify!(server, matcher, options \\ []), do: bang(verify(server, matcher, options))

  @doc false
  @spec verified(reference()) :: :ok | {:error, Error.t()}
  def verified(handle) do
    case :faux_redis.failures_of(handle) do
      [] ->
        :ok

      found ->
        failures = Enum.map(found, &struct!(Failure, &1))
        told = Enum.map_join(failures, &"\n- #{told(&1)}")
        {:error, %Error{kind: :verification, message: "verification failed" <> told, failures: failures}}
    end
  end

  # Servers that are down.

  @doc """
  Takes a server down: its connections are cut, and new ones are refused (`:refuse`), accepted and closed at once
  (`:accept_close`), or accepted and never read (`:blackhole`). It comes up again on the same port, with its data.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.down(server)
      iex> FauxRedis.down?(server)
      true
      iex> FauxRedis.up(server)
      :ok

  """
  @spec down(server(), :refuse | :accept_close | :blackhole) :: :ok | {:error, Error.t()}
  def down(server, mode \\ :refuse) do
    with {:ok, _down} <- server |> :faux_redis.down(mode) |> Error.wrap(), do: :ok
  end

  @doc "Has a server be down as long as a function runs, and returns what that returns."
  @spec down(server(), :refuse | :accept_close | :blackhole, (... -> result)) :: result when result: term()
  def down(server, mode, function) do
    down = server |> :faux_redis.down(mode) |> Error.wrap() |> bang()

    try do
      function.()
    after
      down |> :faux_redis.end_down() |> Error.wrap() |> bang()
    end
  end

  @doc "Brings a server up again, whoever has it down."
  @spec up(server()) :: :ok | {:error, Error.t()}
  def up(server), do: server |> :faux_redis.up() |> Error.wrap()

  @doc "Whether a server is down."
  @spec down?(server()) :: boolean()
  def down?(server), do: :faux_redis.is_down(server)

  @doc """
  Does what clients see when the server's process ends and starts anew on its port: connections are cut, settings are as at
  the start. The data is kept, or with `keep: false` lost but for that of the RDB file. Stubs, links and calls stay.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.restart(server, keep: false)
      :ok

  """
  @spec restart(server(), keep: boolean()) :: :ok | {:error, Error.t()}
  def restart(server, options \\ []), do: server |> :faux_redis.restart(options) |> Error.wrap()

  @doc """
  Ends connections at once, by a FIN (`:close`) or a RST (`:reset`), and tells how many there were.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.kill(server, name: {:glob, "worker-*"})
      {:ok, 0}

  """
  @spec kill(server(), FauxRedis.Link.client(), :close | :reset) ::
          {:ok, non_neg_integer()} | {:error, Error.t()}
  def kill(server, client \\ :any, how \\ :close), do: server |> :faux_redis.kill(client, how) |> Error.wrap()

  @doc """
  Sends connections a message that nobody asked for, such as `{:push, ["invalidate", {:array, ["k"]}]}`, and tells how many
  there were. Over RESP2 only subscribers can take one, and only messages.
  """
  @spec push(server(), FauxRedis.Link.client(), response_spec()) ::
          {:ok, non_neg_integer()} | {:error, Error.t()}
  def push(server, client, value), do: server |> :faux_redis.push(client, value) |> Error.wrap()

  @doc "Lets so many clients be connected at a time as long as a function runs; others get the real server's error."
  @spec max_clients(server(), pos_integer(), (... -> result)) :: result when result: term()
  def max_clients(server, most, function) do
    limit = server |> :faux_redis.max_clients(most) |> Error.wrap() |> bang()

    try do
      function.()
    after
      :faux_redis.end_max_clients(limit)
    end
  end

  @doc """
  Runs a function that gets a server, once for each command it sends and each fault; see `FauxRedis.Sweep`.

  Options are those of `start_link/1` and

    * `:allow` – commands at which it need not survive, or pairs of a command and a fault: `[:ping, {:get, :close}]`
    * `:limit` – no more runs than these, 200 by default; what is left out is told
    * `:timeout` – how many milliseconds a run may take, 5000 by default

  An error of the kind `:sweep` tells in a table what was not survived.

      iex> {:error, error} = FauxRedis.sweep([:close], fn server ->
      ...>   {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, FauxRedis.port(server), [:binary, active: false])
      ...>   :ok = :gen_tcp.send(socket, "PING\\r\\n")
      ...>   {:ok, "+PONG\\r\\n"} = :gen_tcp.recv(socket, 0)
      ...> end)
      iex> error.message |> String.split("\\n") |> hd()
      "fault sweep: 1 of 1 run not survived (1 command, 1 fault)"

  """
  @spec sweep([FauxRedis.Sweep.fault()], (pid() -> term()), keyword()) ::
          {:ok, FauxRedis.Sweep.t()} | {:error, Error.t()}
  def sweep(faults, function, options \\ []), do: FauxRedis.Sweep.run(faults, function, options)

  @doc "As `sweep/3`, but it raises the error, and returns what came of the sweep."
  @spec sweep!([FauxRedis.Sweep.fault()], (pid() -> term()), keyword()) :: FauxRedis.Sweep.t()
  def sweep!(faults, function, options \\ []), do: bang(sweep(faults, function, options))

  # More verification.

  @doc """
  Checks that such calls were made in this order; others may have come between them.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:error, error} = FauxRedis.verify_order(server, [:multi, :exec])
      iex> error.kind
      :verification

  """
  @spec verify_order(server(), [matcher()]) :: :ok | {:error, Error.t()}
  def verify_order(server, matchers), do: server |> :faux_redis.verify_order(matchers) |> Error.wrap()

  @doc "Checks that every call is accounted for: by a stub, an expectation, or a verification."
  @spec verify_no_more(server()) :: :ok | {:error, Error.t()}
  def verify_no_more(server), do: server |> :faux_redis.verify_no_more() |> Error.wrap()

  @doc """
  All calls that are remembered, for other programs: `:text`, `:jsonl` (an object a line) or `:monitor` (as `MONITOR` shows
  them).

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.export(server, :jsonl)
      ""

  """
  @spec export(server(), :text | :jsonl | :monitor) :: String.t()
  def export(server, format \\ :text), do: server |> :faux_redis.export(format) |> Error.wrap() |> bang()

  @doc """
  What a look at the calls finds that a reviewer would remark on: maps with the `smell`, a `message`, the `calls`, `why` it
  matters, an `advice`, and all of it as `text`. For these smells, or all.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.lint(server)
      []

  """
  @spec lint(server(), [atom()]) :: [map()]
  def lint(server, smells \\ []), do: server |> :faux_redis.lint(smells) |> Error.wrap() |> bang()

  # Waiting until something is so.

  @doc """
  Waits until clients are blocked on a key, or for `nil` on any: as many as `:n` says, one by default, within `:timeout`
  milliseconds, 5000 by default.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:error, error} = FauxRedis.wait_until_blocked(server, "jobs", timeout: 1)
      iex> error.message =~ "nobody is blocked"
      true

  """
  @spec wait_until_blocked(server(), binary() | nil, n: pos_integer(), timeout: non_neg_integer()) ::
          :ok | {:error, Error.t()}
  def wait_until_blocked(server, key \\ nil, options \\ []) do
    server |> :faux_redis.wait_until_blocked(key, options) |> Error.wrap()
  end

  @doc "Waits until `:n` clients would hear what is published on a channel."
  @spec wait_for_subscribers(server(), binary(), n: pos_integer(), timeout: non_neg_integer()) ::
          :ok | {:error, Error.t()}
  def wait_for_subscribers(server, channel, options \\ []) do
    server |> :faux_redis.wait_for_subscribers(channel, options) |> Error.wrap()
  end

  @doc """
  Waits until there are `:n` of these connections, or for `n: 0` none: `:any`, ids, or what must be so of one, as the
  option `:conn` of `stub/4` takes it.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.wait_for_connections(server, [name: {:glob, "worker-*"}], n: 0)
      :ok

  """
  @spec wait_for_connections(server(), :any | pos_integer() | [pos_integer()] | keyword(),
          n: non_neg_integer(),
          timeout: non_neg_integer()
        ) :: :ok | {:error, Error.t()}
  def wait_for_connections(server, client \\ :any, options \\ []) do
    server |> :faux_redis.wait_for_connections(client, options) |> Error.wrap()
  end

  @doc """
  Waits until all is done that was sent to the server: carried out, answered, and handed to the system.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.wait_idle(server)
      :ok

  """
  @spec wait_idle(server(), timeout: non_neg_integer()) :: :ok | {:error, Error.t()}
  def wait_idle(server, options \\ []), do: server |> :faux_redis.wait_idle(options) |> Error.wrap()

  # Time and scenarios.

  @doc "The server's time, in seconds since 1970. `FauxRedis.Clock` has more of it."
  @spec now(server()) :: float()
  def now(server), do: FauxRedis.Clock.now(server)

  @doc "Moves the server's time on by milliseconds, as `FauxRedis.Clock.advance/2` does."
  @spec advance(server(), non_neg_integer()) :: :ok
  def advance(server, ms), do: FauxRedis.Clock.advance(server, ms)

  @doc """
  The state that a scenario is in, which rules go by that have the option `:scenario`.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> FauxRedis.put_scenario(server, "failover", "replica is master")
      iex> FauxRedis.scenario(server, "failover")
      "replica is master"

  """
  @spec scenario(server(), String.t()) :: String.t()
  def scenario(server, name), do: server |> :faux_redis.scenario(name) |> Error.wrap() |> bang()

  @doc "Puts a scenario into a state."
  @spec put_scenario(server(), String.t(), String.t()) :: :ok
  def put_scenario(server, name, state) do
    server |> :faux_redis.set_scenario(name, state) |> Error.wrap() |> bang()
  end

  # A function that failed is told with its stacktrace.
  defp told(%Failure{message: message, raised: {kind, reason, stack}}) when stack != [] do
    raised = kind |> Exception.format(reason, stack) |> String.replace("\n", "\n  ")
    "#{message}\n  #{raised}"
  end

  defp told(%Failure{message: message}), do: message

  defp bang(:ok), do: :ok
  defp bang({:ok, value}), do: value
  defp bang({:error, error}), do: raise(error)
end
