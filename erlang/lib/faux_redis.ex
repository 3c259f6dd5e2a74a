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

    * a binary, an integer, a float, a boolean, `nil`, `:ok`, a `MapSet`, a map (`%{name: "Ada"}` is `%{"name" => "Ada"}`)
    * `{:array, list}`, `{:set, list}`, `{:map, pairs}`, `{:push, list}`, `{:status, text}`, `{:error, line}`,
      `{:double, number}` (or `:inf`, `:"-inf"`, `:nan`), `{:big_number, integer}`, `{:verbatim, text}`, `:null_array`,
      `{:attribute, pairs, answer}`, `{:message, channel, payload}`, `{:invalidate, keys}`
    * a list is a *sequence*: an answer for each call, the last one again and again; a list within it is an array
    * `{:delay, ms, answer}`, `:no_reply` (also `:timeout`), `:close`, `{:close, answer}`, `:reset`, `{:reset, answer}`,
      `{:partial, chunks}`, `{:partial, chunks, gap_ms}`, `{:raw, bytes}` (also `{:protocol_error, bytes}`)
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

  ## Where what is told

  All that is done to a server is a function of this module, or of the module of its plane. What this module passes on is told of
  in `FauxRedis.Rules` (stubs and expectations), `FauxRedis.Handle`, `FauxRedis.Calls`, `FauxRedis.Verification`, `FauxRedis.Waiting`,
  `FauxRedis.Connections` (servers that are down, kills, pushes) and `FauxRedis.Sweep`. `FauxRedis.Link`, `FauxRedis.State`,
  `FauxRedis.Clock`, `FauxRedis.Gate` and `FauxRedis.Data` have functions of their own.
  """

  alias FauxRedis.{Call, Calls, Clock, Connections, Error, Handle, Rules, Sweep, Verification, Waiting}

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
    * `via` – `:direct`, `:exec` for commands of a transaction, or `:script`
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
  state, which it moves to another: `[name: "failover", when: "started", to: "failed over"]`), `priority` (before lower ones, whatever their age), `name`, `optional`
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
    * `:lint` – `true`, `:fail`, or a list of smells: what is looked for in the calls when a test of `FauxRedis.Case` has passed, as
      `lint/3` does. What is found is printed, and with `:fail` fails verification. `:lint_ignore` are smells that are not looked
      for, `:n_plus_one` is how many calls in a row, each for another key, are found (5 by default)
    * `:max_round_trips` – how many round trips a test may make; more fail verification. Requests that were read together are
      one, and those of the connections' handshakes do not count
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
      {:option, "option 'mode' takes mock_first, stateful_only or mock_only, not :mocking"}

  """
  @spec start_link(keyword()) :: {:ok, pid()} | {:error, Error.t() | {:already_started, pid()}}
  def start_link(options \\ []) do
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

  defdelegate stub(server, options), to: Rules
  defdelegate stub(server, matcher, response, options \\ []), to: Rules
  defdelegate stub!(server, options), to: Rules
  defdelegate stub!(server, matcher, response, options \\ []), to: Rules
  defdelegate expect(server, matcher_or_options), to: Rules
  defdelegate expect(server, matcher, response, options \\ []), to: Rules
  defdelegate expect!(server, matcher_or_options), to: Rules
  defdelegate expect!(server, matcher, response, options \\ []), to: Rules
  defdelegate replace(server, rule, response), to: Rules
  defdelegate replace!(server, rule, response), to: Rules
  defdelegate hits(rule), to: Rules
  defdelegate scenario(server, name), to: Rules
  defdelegate put_scenario(server, name, state), to: Rules

  # What has been set up.

  defdelegate title(handle), to: Handle
  defdelegate source(handle), to: Handle
  defdelegate remove(handle), to: Handle

  # What happened.

  defdelegate calls(server), to: Calls
  defdelegate calls(server, matcher, options \\ []), to: Calls
  defdelegate dropped_calls(server), to: Calls
  defdelegate dropped_bytes(server), to: Calls
  defdelegate unmatched(server), to: Calls
  defdelegate unused(server), to: Calls
  defdelegate transcript(server), to: Calls
  defdelegate subscribe(server, matcher \\ :any, options \\ []), to: Calls
  defdelegate subscribe!(server, matcher \\ :any, options \\ []), to: Calls
  defdelegate export(server, format \\ :text), to: Calls
  defdelegate lint(server, smells \\ [], options \\ []), to: Calls

  # What must have happened.

  defdelegate verify(server), to: Verification
  defdelegate verify(server, matcher, options \\ []), to: Verification
  defdelegate verify!(server), to: Verification
  defdelegate verify!(server, matcher, options \\ []), to: Verification
  defdelegate verify_order(server, matchers), to: Verification
  defdelegate verify_order!(server, matchers), to: Verification
  defdelegate verify_no_more(server), to: Verification
  defdelegate verify_no_more!(server), to: Verification

  # Until something is so.

  defdelegate wait_for(server, matcher, options \\ []), to: Waiting
  defdelegate wait_for!(server, matcher, options \\ []), to: Waiting
  defdelegate wait_until_blocked(server, key \\ nil, options \\ []), to: Waiting
  defdelegate wait_until_blocked!(server, key \\ nil, options \\ []), to: Waiting
  defdelegate wait_for_subscribers(server, channel, options \\ []), to: Waiting
  defdelegate wait_for_subscribers!(server, channel, options \\ []), to: Waiting
  defdelegate wait_for_connections(server, client \\ :any, options \\ []), to: Waiting
  defdelegate wait_for_connections!(server, client \\ :any, options \\ []), to: Waiting
  defdelegate wait_idle(server, options \\ []), to: Waiting
  defdelegate wait_idle!(server, options \\ []), to: Waiting

  # What becomes of connections.

  defdelegate down(server, mode \\ :refuse), to: Connections
  defdelegate down(server, mode, function), to: Connections
  defdelegate down!(server, mode \\ :refuse), to: Connections
  defdelegate up(server), to: Connections
  defdelegate up!(server), to: Connections
  defdelegate down?(server), to: Connections
  defdelegate restart(server, options \\ []), to: Connections
  defdelegate restart!(server, options \\ []), to: Connections
  defdelegate kill(server, client \\ :any, how \\ :close), to: Connections
  defdelegate kill!(server, client \\ :any, how \\ :close), to: Connections
  defdelegate push(server, client, value), to: Connections
  defdelegate push!(server, client, value), to: Connections
  defdelegate max_clients(server, most, options_or_function \\ []), to: Connections
  defdelegate max_clients!(server, most, options \\ []), to: Connections

  # Time, and every fault at every step.

  defdelegate now(server), to: Clock
  defdelegate advance(server, ms), to: Clock
  defdelegate sweep(faults, function, options \\ []), to: Sweep, as: :run
  defdelegate sweep!(faults, function, options \\ []), to: Sweep, as: :run!
end
