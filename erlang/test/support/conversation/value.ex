defmodule FauxRedis.Conversation.Value do
  @moduledoc """
  Replies as one line of text: decoded off the wire, written down, read back with placeholders, and compared.

  A reply is a pair of its kind and what it holds, such as `{:bulk, "a"}` or `{:array, values}`, or a word such as `:nil`.
  A map holds its pairs as arrays of two.
  """

  @type t :: atom() | tuple()

  # The values that are written as words in parentheses.
  @words %{
    "nil" => nil,
    "nil array" => :nil_array,
    "null" => :null,
    "true" => true,
    "false" => false,
    "any" => :any,
    "waits" => :waits,
    "no reply" => :no_reply,
    "closed" => :closed
  }

  @names Map.new(@words, fn {name, word} -> {word, name} end)

  # A bulk of one byte again and again is written with a count from this length on.
  @long 40

  # The wire.

  @doc "The first reply of a buffer and what follows it; `nil` if it has not come to its end."
  @spec decode(binary()) :: {t(), binary()} | nil
  def decode(bytes) do
    with {<<mark, text::binary>>, rest} <- line(bytes), do: decode(mark, text, rest)
  end

  defp decode(?+, text, rest), do: {{:simple, text}, rest}
  defp decode(?-, text, rest), do: {{:error, text}, rest}
  defp decode(?:, text, rest), do: {{:integer, String.to_integer(text)}, rest}
  defp decode(?,, text, rest), do: {{:double, text}, rest}
  defp decode(?(, text, rest), do: {{:big, text}, rest}
  defp decode(?#, text, rest), do: {text == "t", rest}
  defp decode(?_, _text, rest), do: {:null, rest}
  defp decode(?$, "-1", rest), do: {nil, rest}
  defp decode(?*, "-1", rest), do: {:nil_array, rest}
  defp decode(?$, text, rest), do: with({payload, rest} <- payload(text, rest), do: {{:bulk, payload}, rest})

  defp decode(?!, text, rest),
    do: with({payload, rest} <- payload(text, rest), do: {{:bulk_error, payload}, rest})

  defp decode(?=, text, rest) do
    with {<<kind::binary-3, ":", payload::binary>>, rest} <- payload(text, rest),
         do: {{:verbatim, kind, payload}, rest}
  end

  defp decode(?*, text, rest), do: aggregate(:array, values(text, rest))
  defp decode(?~, text, rest), do: aggregate(:set, values(text, rest))
  defp decode(?>, text, rest), do: aggregate(:push, values(text, rest))
  defp decode(?%, text, rest), do: aggregate(:map, pairs(text, rest))

  defp decode(?|, text, rest) do
    with {pairs, rest} <- pairs(text, rest),
         {value, rest} <- decode(rest),
         do: {{:attribute, pairs, value}, rest}
  end

  defp aggregate(kind, found), do: with({values, rest} <- found, do: {{kind, values}, rest})

  defp line(bytes) do
    case :binary.split(bytes, "\r\n") do
      [line, rest] -> {line, rest}
      [_unfinished] -> nil
    end
  end

  defp payload(text, bytes) do
    length = String.to_integer(text)

    case bytes do
      <<payload::binary-size(length), "\r\n", rest::binary>> -> {payload, rest}
      _unfinished -> nil
    end
  end

  defp values(text, rest), do: times(String.to_integer(text), rest, &decode/1, [])

  defp pairs(text, rest) do
    times(
      String.to_integer(text),
      rest,
      fn bytes ->
        with {key, bytes} <- decode(bytes),
             {value, bytes} <- decode(bytes),
             do: {{:array, [key, value]}, bytes}
      end,
      []
    )
  end

  defp times(0, rest, _read, values), do: {Enum.reverse(values), rest}

  defp times(left, rest, read, values) do
    with {value, rest} <- read.(rest), do: times(left - 1, rest, read, [value | values])
  end

  @doc "A request, as clients send it."
  @spec encode([binary()]) :: iodata()
  def encode(words), do: ["*#{length(words)}\r\n" | Enum.map(words, &["$#{byte_size(&1)}\r\n", &1, "\r\n"])]

  # Writing.

  @doc "A reply in the notation."
  @spec show(t()) :: String.t()
  def show({:simple, text}), do: "+" <> quoted(text)
  def show({:error, text}), do: "-" <> quoted(text)
  def show({:integer, number}), do: ":#{number}"
  def show({:bulk, text}), do: quoted(text)
  def show({:bulk_error, text}), do: "!" <> quoted(text)
  def show({:verbatim, kind, text}), do: "=#{kind}#{quoted(text)}"
  def show({:double, text}), do: "(double #{text})"
  def show({:big, text}), do: "(big #{text})"
  def show({:array, items}), do: "[#{listed(items)}]"
  def show({:set, items}), do: "~[#{listed(items)}]"
  def show({:push, items}), do: ">[#{listed(items)}]"
  def show({:map, pairs}), do: "{#{listed_pairs(pairs)}}"
  def show({:attribute, pairs, value}), do: "|{#{listed_pairs(pairs)}} #{show(value)}"
  def show(word) when is_map_key(@names, word), do: "(#{@names[word]})"
  def show(_pattern), do: "(a pattern)"

  defp listed(items), do: Enum.map_join(items, ", ", &show/1)

  defp listed_pairs(pairs),
    do: Enum.map_join(pairs, ", ", fn {:array, [key, value]} -> "#{show(key)}: #{show(value)}" end)

  defp quoted(<<first, _::binary>> = text) when byte_size(text) >= @long do
    if text == :binary.copy(<<first>>, byte_size(text)),
      do: "#{inspect(<<first>>)}*#{byte_size(text)}",
      else: escaped(text)
  end

  defp quoted(text), do: escaped(text)

  defp escaped(text) do
    shown =
      for <<byte <- text>>, into: "" do
        case byte do
          ?\n ->
            "\\n"

          ?\r ->
            "\\r"

          ?\t ->
            "\\t"

          ?" ->
            "\\\""

          ?\\ ->
            "\\\\"

          printable when printable in 32..126 ->
            <<printable>>

          other ->
            "\\x" <> (other |> Integer.to_string(16) |> String.downcase() |> String.pad_leading(2, "0"))
        end
      end

    "\"#{shown}\""
  end

  # Comparing.

  @doc "Whether a reply is what the pattern promises."
  @spec matches?(t(), t()) :: boolean()
  def matches?(:any, _value), do: true
  def matches?({:any_of, kind}, value), do: kind == kind_of(value)

  def matches?({:range, low, high}, {:integer, number}) do
    (low == nil or low <= number) and (high == nil or number <= high)
  end

  def matches?({:like, like}, value),
    do: kind_of(like) == kind_of(value) and like?(text_of(like), text_of(value))

  def matches?({:any_order, {kind, patterns}}, {kind, values}), do: in_any_order?(patterns, values)

  def matches?({:pairs_in_any_order, {:array, patterns}}, {:array, values}),
    do: in_any_order?(by_two(patterns), by_two(values))

  def matches?({:attribute, patterns, pattern}, {:attribute, values, value}) do
    in_order?(patterns, values) and matches?(pattern, value)
  end

  def matches?({kind, patterns}, {kind, values}) when kind in [:array, :set, :push, :map],
    do: in_order?(patterns, values)

  def matches?(pattern, value), do: pattern === value

  defp in_order?([:rest], _values), do: true
  defp in_order?([], []), do: true

  defp in_order?([pattern | patterns], [value | values]),
    do: matches?(pattern, value) and in_order?(patterns, values)

  defp in_order?(_patterns, _values), do: false

  # Each pattern has a value of its own; with `...` at the end there may be more values.
  defp in_any_order?([:rest], _values), do: true
  defp in_any_order?([], values), do: values == []

  defp in_any_order?([pattern | patterns], values) do
    case Enum.find_index(values, &matches?(pattern, &1)) do
      nil -> false
      index -> in_any_order?(patterns, List.delete_at(values, index))
    end
  end

  defp by_two(values) do
    for two <- Enum.chunk_every(values, 2), do: if(two == [:rest], do: :rest, else: {:array, two})
  end

  defp text_of({kind, text}) when kind in [:simple, :error, :bulk], do: text
  defp text_of({:verbatim, _kind, text}), do: text
  defp text_of(_other), do: ""

  defp kind_of(value) when is_tuple(value), do: value |> elem(0) |> Atom.to_string()
  defp kind_of(_other), do: "other"

  # Whether the text fits the pattern, in which `*` stands for anything.
  defp like?(pattern, text) do
    [first | rest] = String.split(pattern, "*")
    expression = Enum.map_join([first | rest], "(?s:.*)", &Regex.escape/1)
    text =~ ~r/\A#{expression}\z/
  end

  @doc "The word that stands in parentheses."
  @spec word(String.t()) :: t()
  def word(name), do: Map.fetch!(@words, name)
end
