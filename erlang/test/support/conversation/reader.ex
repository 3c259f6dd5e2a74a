defmodule FauxRedis.Conversation.Reader do
  @moduledoc "Lines of a conversation, read: requests as words, replies and patterns of replies as values."

  alias FauxRedis.Conversation.Value

  @doc "The reply, or the pattern, that a line stands for."
  @spec value(String.t()) :: Value.t()
  def value("+" <> text = line),
    do: if(String.starts_with?(text, "\""), do: whole(line), else: {:simple, text})

  def value("-" <> text = line),
    do: if(String.starts_with?(text, "\""), do: whole(line), else: {:error, text})

  def value(line), do: whole(line)

  defp whole(line) do
    {value, rest} = read(line)
    if String.trim(rest) != "", do: raise("more than one reply: #{line}")
    value
  end

  @doc "The words of a request, quoted as redis-cli quotes them."
  @spec words(String.t()) :: [binary()]
  def words(line) do
    case skip_spaces(line) do
      "" ->
        []

      rest ->
        {word, rest} = word(rest)
        [word | words(rest)]
    end
  end

  defp word("\"" <> _ = text), do: quoted(text)
  defp word("'" <> text), do: single_quoted(text, "")
  defp word(text), do: taken_while(text, &(&1 not in ~c" \t"))

  defp single_quoted("\\'" <> rest, word), do: single_quoted(rest, word <> "'")
  defp single_quoted("'" <> rest, word), do: {word, rest}
  defp single_quoted(<<byte, rest::binary>>, word), do: single_quoted(rest, word <> <<byte>>)

  defp read("~[" <> rest), do: items(:set, rest, "]")
  defp read(">[" <> rest), do: items(:push, rest, "]")
  defp read("[" <> rest), do: items(:array, rest, "]")
  defp read("{" <> rest), do: items(:map, rest, "}")
  defp read("..." <> rest), do: {:rest, rest}

  defp read("|{" <> rest) do
    {{:map, pairs}, rest} = items(:map, rest, "}")
    {value, rest} = rest |> skip_spaces() |> read()
    {{:attribute, pairs, value}, rest}
  end

  defp read("+" <> rest), do: named(:simple, status(rest))
  defp read("-" <> rest), do: named(:error, status(rest))
  defp read("!" <> rest), do: named(:bulk_error, quoted(rest))
  defp read(":" <> rest), do: integer(rest)

  defp read("=" <> rest) do
    {kind, rest} = taken_while(rest, &(&1 in ?a..?z or &1 in ?A..?Z or &1 in ?0..?9))
    {text, rest} = quoted(rest)
    {{:verbatim, kind, text}, rest}
  end

  defp read("(double " <> rest), do: named(:double, until_parenthesis(rest))
  defp read("(big " <> rest), do: named(:big, until_parenthesis(rest))
  defp read("(any order) " <> rest), do: named(:any_order, read(rest))
  defp read("(pairs in any order) " <> rest), do: named(:pairs_in_any_order, read(rest))
  defp read("(any " <> rest), do: named(:any_of, until_parenthesis(rest))

  defp read("(like " <> rest) do
    {pattern, ")" <> rest} = read(rest)
    {{:like, pattern}, rest}
  end

  defp read("(" <> rest) do
    {name, rest} = until_parenthesis(rest)
    {Value.word(name), rest}
  end

  defp read(text), do: named(:bulk, quoted(text))

  defp named(kind, {value, rest}), do: {{kind, value}, rest}

  defp items(kind, text, closing), do: items(kind, skip_spaces(text), closing, [])

  defp items(kind, <<closing::binary-1, rest::binary>>, closing, found),
    do: {{kind, Enum.reverse(found)}, rest}

  defp items(kind, "," <> rest, closing, found), do: items(kind, skip_spaces(rest), closing, found)

  defp items(kind, text, closing, found) do
    {item, rest} = read(text)
    {item, rest} = if kind == :map and item != :rest, do: pair(item, rest), else: {item, rest}
    items(kind, skip_spaces(rest), closing, [item | found])
  end

  defp pair(key, ":" <> rest) do
    {value, rest} = rest |> skip_spaces() |> read()
    {{:array, [key, value]}, rest}
  end

  defp status("\"" <> _ = text), do: quoted(text)
  defp status(text), do: taken_while(text, &(&1 in ?a..?z or &1 in ?A..?Z or &1 in ?0..?9 or &1 in ~c"_-"))

  defp integer(text) do
    case number(text) do
      {low, ".." <> rest} ->
        {high, rest} = number(rest)
        {{:range, low, high}, rest}

      {number, rest} when number != nil ->
        {{:integer, number}, rest}
    end
  end

  defp number(text) do
    case taken_while(text, &(&1 in ?0..?9 or &1 == ?-)) do
      {"", rest} -> {nil, rest}
      {digits, rest} -> {String.to_integer(digits), rest}
    end
  end

  defp quoted("\"" <> rest), do: quoted(rest, "")

  defp quoted("\"*" <> rest, text) do
    {count, rest} = number(rest)
    {:binary.copy(text, count), rest}
  end

  defp quoted("\"" <> rest, text), do: {text, rest}

  defp quoted("\\x" <> <<digits::binary-2, rest::binary>>, text),
    do: quoted(rest, text <> Base.decode16!(digits, case: :mixed))

  defp quoted("\\n" <> rest, text), do: quoted(rest, text <> "\n")
  defp quoted("\\r" <> rest, text), do: quoted(rest, text <> "\r")
  defp quoted("\\t" <> rest, text), do: quoted(rest, text <> "\t")
  defp quoted("\\a" <> rest, text), do: quoted(rest, text <> "\a")
  defp quoted("\\b" <> rest, text), do: quoted(rest, text <> "\b")
  defp quoted(<<"\\", byte, rest::binary>>, text), do: quoted(rest, text <> <<byte>>)
  defp quoted(<<byte, rest::binary>>, text), do: quoted(rest, text <> <<byte>>)

  defp until_parenthesis(text) do
    [inside, rest] = String.split(text, ")", parts: 2)
    {inside, rest}
  end

  defp taken_while(text, wanted?), do: taken_while(text, wanted?, 0)

  defp taken_while(text, wanted?, length) do
    case text do
      <<_::binary-size(length), byte, _::binary>> ->
        if wanted?.(byte),
          do: taken_while(text, wanted?, length + 1),
          else: String.split_at(text, length) |> by_bytes(text, length)

      _end ->
        {text, ""}
    end
  end

  defp by_bytes(_split, text, length),
    do: {binary_part(text, 0, length), binary_part(text, length, byte_size(text) - length)}

  defp skip_spaces(text), do: String.trim_leading(text)
end
