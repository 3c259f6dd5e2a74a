defmodule FauxRedis.Conversation.Stage do
  @moduledoc "A server with the connections of one block, and one more that looks on."

  alias FauxRedis.Conversation.{Script, Value}

  # How long a reply may take before it counts as missing; only a failing conversation ever waits so long.
  @patience_ms 10_000
  # How long to look for what should not come.
  @glance_ms 2
  # How often the server is asked whether a client waits.
  @questions 3000

  defstruct [:port, connections: %{}]

  @doc "Plays one block to a new server and returns what differs from what is written for `recorded`."
  def play(block, port, recorded) do
    stage = connection(%__MODULE__{port: port}, :onlooker)
    steps(block.steps, stage, block, recorded, [])
  end

  defp steps([], stage, block, recorded, differences) do
    left = for text <- leftovers(stage), do: "#{block.title} [#{recorded}]: at the end there is #{text}"
    close_all(stage)
    Enum.reverse(differences, left)
  end

  defp steps([step | steps], stage, block, recorded, differences) do
    lines = Enum.filter(step.expected, &Script.for?(&1, recorded))

    case receive_lines(lines, perform(stage, step), {block, step, recorded}, differences) do
      {:missing, stage, differences} ->
        close_all(stage)
        Enum.reverse(differences)

      {stage, differences} ->
        steps(steps, stage, block, recorded, differences)
    end
  end

  defp receive_lines([], stage, _where, differences), do: {stage, differences}

  defp receive_lines([line | lines], stage, where, differences) do
    {got, stage} = await(line, stage)
    fits = got != :silent and Value.matches?(line.pattern, got)
    differences = if fits, do: differences, else: [difference(where, line, got) | differences]

    if got == :silent,
      do: {:missing, stage, differences},
      else: receive_lines(lines, stage, where, differences)
  end

  defp difference({block, step, recorded}, line, got) do
    got = if got == :silent, do: "(nothing)", else: Value.show(got)

    """
    line #{step.number}: #{block.title} [#{recorded}]
        #{step.source}
        expected  #{line.connection}< #{line.text}
        got       #{got}
    """
  end

  defp perform(stage, %{action: :closes, connection: name}) do
    stage = connection(stage, name)
    {own_port, stage} = {stage.connections[name].own_port, forget(stage, name)}
    gone(stage, own_port, @questions)
  end

  defp perform(stage, %{action: {kind, words}, connection: name}) do
    {words, stage} = Enum.map_reduce(words, stage, &filled_in/2)
    stage = connection(stage, name)
    send_to(stage, name, if(kind == :sends, do: Value.encode(words), else: words))
    stage
  end

  # Awaits that the server has noticed.
  defp gone(stage, _own_port, 0), do: stage

  defp gone(stage, own_port, questions) do
    case listed(stage, own_port, "id") do
      {nil, stage} -> stage
      {_id, stage} -> gone(stage, own_port, questions - 1)
    end
  end

  # What only a running server knows of a connection is filled in.
  defp filled_in(word, stage) do
    case Regex.run(~r/\A<(id|address)-of-(\d+)>\z/, word) do
      [_, what, name] ->
        stage = connection(stage, name)
        own_port = stage.connections[name].own_port

        if what == "address" do
          {"127.0.0.1:#{own_port}", stage}
        else
          {id, stage} = listed(stage, own_port, "id")
          {id || "", stage}
        end

      nil ->
        {word, stage}
    end
  end

  # What comes back where a line expects it; `:silent` if it does not come.
  defp await(%{pattern: :no_reply}, stage), do: {:no_reply, stage}

  defp await(%{pattern: :waits, connection: name}, stage) do
    case waits(stage, name, @questions) do
      {true, stage} -> {:waits, stage}
      {false, stage} -> await(name, stage, @patience_ms)
    end
  end

  defp await(%{connection: name}, stage), do: await(name, stage, @patience_ms)

  defp await(name, stage, patience_ms) do
    stage = connection(stage, name)
    connection = stage.connections[name]
    {got, buffer} = next(connection.socket, connection.buffer, patience_ms)

    if got == :closed,
      do: {got, forget(stage, name)},
      else: {got, put_in(stage.connections[name].buffer, buffer)}
  end

  # Whether the server holds the request of a connection back, found out by asking again and again.
  defp waits(stage, _name, 0), do: {false, stage}

  defp waits(stage, name, questions) do
    # A connection that is new may not be there yet.
    {flags, stage} = listed(stage, stage.connections[name].own_port, "flags")
    if flags && flags =~ "b", do: {true, stage}, else: looked_again(stage, name, questions)
  end

  # A reply that comes early is kept, as the value it is.
  defp looked_again(stage, name, questions) do
    %{socket: socket, buffer: buffer} = stage.connections[name]

    case next(socket, buffer, @glance_ms) do
      {:silent, buffer} -> waits(put_in(stage.connections[name].buffer, buffer), name, questions - 1)
      early -> {false, put_in(stage.connections[name].buffer, early)}
    end
  end

  # A field of a client as CLIENT LIST shows it; nil if the server has no such client.
  defp listed(stage, own_port, field) do
    {reply, stage} = ask(stage, ["CLIENT", "LIST"])

    with {:bulk, text} <- reply,
         line when line != nil <-
           text |> String.split("\n") |> Enum.find(&(&1 =~ " addr=127.0.0.1:#{own_port} ")),
         [_, value] <- Regex.run(~r/(?:\A| )#{field}=(\S*)/, line) do
      {value, stage}
    else
      _ -> {nil, stage}
    end
  end

  # Asks on the onlooker's connection, on a new one if a request has ended it.
  defp ask(stage, words) do
    stage = connection(stage, :onlooker)
    send_to(stage, :onlooker, Value.encode(words))

    case await(:onlooker, stage, @patience_ms) do
      {:closed, stage} -> ask(stage, words)
      answered -> answered
    end
  end

  # What has come without being awaited.
  defp leftovers(stage) do
    stage = settled(stage)
    for name <- Map.keys(stage.connections), name != :onlooker, text <- left(stage, name), do: text
  end

  # What it has been sent before this the server has answered. A request may have ended the server.
  defp settled(stage) when is_map_key(stage.connections, :onlooker) do
    send_to(stage, :onlooker, Value.encode(["PING"]))
    {_pong_or_closed, stage} = await(:onlooker, stage, @patience_ms)
    stage
  end

  defp settled(stage), do: stage

  defp left(stage, name) do
    case await(name, stage, @glance_ms) do
      {:silent, _stage} -> []
      {:closed, _stage} -> ["#{name}< (closed)"]
      {value, stage} -> ["#{name}< #{Value.show(value)}" | left(stage, name)]
    end
  end

  defp connection(stage, name) when is_map_key(stage.connections, name), do: stage

  defp connection(stage, name) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, stage.port, [:binary, active: false, nodelay: true])
    {:ok, own_port} = :inet.port(socket)
    put_in(stage.connections[name], %{socket: socket, own_port: own_port, buffer: ""})
  end

  defp forget(stage, name) do
    {%{socket: socket}, connections} = Map.pop!(stage.connections, name)
    :gen_tcp.close(socket)
    %{stage | connections: connections}
  end

  defp close_all(stage), do: for({_name, %{socket: socket}} <- stage.connections, do: :gen_tcp.close(socket))

  # Whether that failed shows in what comes back, for then the connection is closed.
  defp send_to(stage, name, bytes), do: :gen_tcp.send(stage.connections[name].socket, bytes)

  # The next reply, `:closed`, or `:silent` if none comes in time; and the buffer then.
  defp next(_socket, {early, buffer}, _patience_ms), do: {early, buffer}

  defp next(socket, buffer, patience_ms) do
    with nil <- Value.decode(buffer) do
      case :gen_tcp.recv(socket, 0, patience_ms) do
        {:ok, bytes} -> next(socket, buffer <> bytes, patience_ms)
        {:error, :timeout} -> {:silent, buffer}
        {:error, _closed} -> {:closed, buffer}
      end
    end
  end
end
