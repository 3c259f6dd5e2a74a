defmodule FauxRedis.Conversation.Script do
  @moduledoc "Conversations as they stand in their Markdown files."

  alias FauxRedis.Conversation.Reader

  @doc "The servers that conversations are recorded from."
  def recorded, do: ["redis 7.0", "redis 8.0", "valkey 8.1", "valkey 9.1"]

  @doc """
  The blocks of a Markdown text: each has a title, the servers it is for, and its steps.

  A step does something on a connection (`{:sends, words}`, `{:sends_raw, words}`, `:closes` or `:directive`), and is
  followed by what comes back.
  """
  def parse(text) do
    {blocks, _title, _inside} =
      text
      |> String.split("\n")
      |> Enum.with_index(1)
      |> Enum.reduce({[], "", false}, &parse_line/2)

    blocks |> Enum.map(&%{&1 | steps: Enum.reverse(&1.steps)}) |> Enum.reverse()
  end

  defp parse_line({"```", _number}, {blocks, title, true}), do: {blocks, title, false}

  defp parse_line({line, number}, {[block | blocks], title, true}) do
    {[%{block | steps: parse_step(line, number, block.steps)} | blocks], title, true}
  end

  defp parse_line({"```redis" <> info, _number}, {blocks, title, false}) do
    block = %{
      title: title,
      personas: info |> String.trim() |> String.trim("[") |> String.trim("]"),
      steps: []
    }

    {[block | blocks], title, true}
  end

  defp parse_line({"#" <> _ = line, _number}, {blocks, _title, false}) do
    {blocks, line |> String.trim_leading("#") |> String.trim(), false}
  end

  defp parse_line(_prose, state), do: state

  defp parse_step(line, number, steps) do
    cond do
      String.trim(line) == "" or String.starts_with?(line, "#") ->
        steps

      action = parse_action(line) ->
        {connection, action} = action
        [%{number: number, source: line, connection: connection, action: action, expected: []} | steps]

      true ->
        [step | steps] = steps
        [%{step | expected: step.expected ++ [parse_expected(line, step.connection)]} | steps]
    end
  end

  defp parse_action("! " <> _), do: {"0", :directive}

  defp parse_action(line) do
    case Regex.run(~r/\A(\d+)( closes|>> |> )(.*)\z/s, line) do
      [_, connection, " closes", ""] -> {connection, :closes}
      [_, connection, ">> ", rest] -> {connection, {:sends_raw, Reader.words(rest)}}
      [_, connection, "> ", rest] -> {connection, {:sends, Reader.words(rest)}}
      _ -> nil
    end
  end

  defp parse_expected(line, connection) do
    {connection, line} =
      case Regex.run(~r/\A(\d+)< (.*)\z/s, line) do
        [_, other, rest] -> {other, rest}
        nil -> {connection, line}
      end

    {personas, text} =
      case Regex.run(~r/\A\[((?:redis|valkey)[^\]]*)\] (.*)\z/s, line) do
        [_, personas, text] -> {personas, text}
        nil -> {"", line}
      end

    %{connection: connection, personas: personas, pattern: Reader.value(text), text: text}
  end

  @doc "Directives are carried out by whoever holds the server, not over its port."
  def played_over_the_port?(block), do: Enum.all?(block.steps, &(&1.action != :directive))

  @doc "Whether a list such as `redis 8.0, valkey` names a recorded server; the empty list names all."
  def for?(%{personas: personas}, recorded) do
    [flavour | _] = String.split(recorded, " ")
    personas == "" or Enum.any?(String.split(personas, ", "), &(&1 in [recorded, flavour]))
  end
end
