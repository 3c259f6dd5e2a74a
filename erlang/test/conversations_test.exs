alias FauxRedis.Conversation.{Script, Stage}

folder = Path.expand("../../tests/conversations", __DIR__)
files = folder |> Path.join("*.md") |> Path.wildcard() |> Enum.reject(&(Path.basename(&1) == "README.md"))

# The versions that were recorded from.
versions = %{
  "redis 7.0" => "7.0.15",
  "redis 8.0" => "8.0.2",
  "valkey 8.1" => "8.1.1",
  "valkey 9.1" => "9.1.2"
}

for recorded <- Script.recorded() do
  [flavour, short] = String.split(recorded, " ")

  defmodule Module.concat(
              FauxRedis,
              "Conversations#{String.capitalize(flavour)}#{String.replace(short, ".", "_")}Test"
            ) do
    use ExUnit.Case, async: true

    @options [flavour: flavour, version: versions[recorded]]
    @recorded recorded

    for file <- files do
      @file_played file
      @tag timeout: 300_000
      test "#{Path.basename(file, ".md")} goes as it did with #{recorded}" do
        blocks = @file_played |> File.read!() |> Script.parse()
        assert blocks != []

        differences =
          for block <- blocks, Script.for?(block, @recorded), Script.played_over_the_port?(block) do
            {:ok, server} = FauxRedis.start_link(@options)
            differences = Stage.play(block, FauxRedis.port(server), @recorded)
            FauxRedis.stop(server)
            differences
          end

        differences = List.flatten(differences)
        assert differences == [], "#{length(differences)} differences\n\n#{Enum.join(differences, "\n")}"
      end
    end
  end
end

defmodule FauxRedis.ConversationsTest do
  use ExUnit.Case, async: true

  alias FauxRedis.Conversation.{Reader, Script, Value}

  @files files

  test "there are conversations" do
    assert length(@files) >= 21
  end

  test "a line is read as what it stands for, and shown as it is written" do
    for line <- [
          ~S'["a", :1, (nil), [+"OK", -"ERR no"]]',
          ~S'{"a": :1}',
          ~S'>["message", "c", "x\x00\n"]',
          ~S'|{"k": "v"} "a"',
          ~S'=txt"text"',
          ~S'(double 1.5)',
          ~S'(big 12)',
          ~S'"x"*40',
          ~S'(nil array)'
        ] do
      assert line |> Reader.value() |> Value.show() == line
    end

    assert Reader.words(~S{SET "a\x00b" 'it\'s' "x"*3 plain}) == [
             "SET",
             <<?a, 0, ?b>>,
             "it's",
             "xxx",
             "plain"
           ]
  end

  test "a placeholder matches what it says and nothing else" do
    for {pattern, reply, matches} <- [
          {"(any)", ":1", true},
          {"(any integer)", ":1", true},
          {"(any integer)", ~S'"1"', false},
          {":1..3", ":3", true},
          {":1..3", ":4", false},
          {":1..", ":9", true},
          {~S'(like "id=* name=me")', ~S'"id=7 name=me"', true},
          {~S'(like "id=* name=me")', ~S'"id=7 name=you"', false},
          {~S'(like -"ERR *")', ~S'-ERR no', true},
          {~S'(any order) ["a", "b"]', ~S'["b", "a"]', true},
          {~S'(any order) ["a", "b"]', ~S'["b", "b"]', false},
          {~S'(pairs in any order) ["f", "v", "g", "w"]', ~S'["g", "w", "f", "v"]', true},
          {~S'(pairs in any order) ["f", "v", "g", "w"]', ~S'["f", "w", "g", "v"]', false},
          {~S'["a", ...]', ~S'["a", "b"]', true},
          {~S'["a", ...]', ~S'["b"]', false}
        ] do
      assert Value.matches?(Reader.value(pattern), Reader.value(reply)) == matches, "#{pattern} and #{reply}"
    end
  end

  test "what differs is told" do
    [block] =
      Script.parse("# t\n```redis\n1> ECHO a\n\"b\"\n1> BLPOP l 0\n(waits)\n1> PING\n(no reply)\n```\n")

    {:ok, server} = FauxRedis.start_link()
    assert [told] = FauxRedis.Conversation.Stage.play(block, FauxRedis.port(server), "redis 8.0")
    assert told =~ ~s(line 3: t [redis 8.0])
    assert told =~ ~s(expected  1< "b")
    assert told =~ ~s(got       "a")
  end
end
