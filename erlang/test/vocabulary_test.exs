defmodule FauxRedis.VocabularyTest do
  @moduledoc """
  The vocabulary is whole: each word of `tests/vocabulary.tsv` is there in Elixir, and a test shows it at work.

  A word is written `FauxRedis.port/1` for a function, `FauxRedis.stub/4(times:)` for an option of one, `FauxRedis.stub/4(:glob)`
  for what stands in another argument (`fn` for a function, `~r` for a regular expression), `FauxRedis.Call.seq` for a field,
  `FauxRedis.Error.kind(:timeout)` for what it may hold, and `FauxRedis.Case(verify:)` for an option of `use`. What is said to
  functions is used in `vocabulary/spelt.exs`.
  """
  use ExUnit.Case, async: true

  alias FauxRedis.{Error, Wire}

  @root Path.expand("../..", __DIR__)
  @spelt Path.expand("vocabulary/spelt.exs", __DIR__)

  # What belongs to one language, with how many words it has.
  @of_python_alone %{
    "tripwire" => {5, "the words of a Python library that patches redis-py"},
    "fakeredis" => {8, "the words of a Python library that stands in for redis-py"}
  }

  # Public functions, or modules of them, that are no words of their own.
  @not_words %{
    "FauxRedis.title" => "what a handle shows of itself, which other languages print",
    "FauxRedis.Handle.title" => "as FauxRedis.title",
    "FauxRedis.Link.title" => "as FauxRedis.title",
    "FauxRedis.subscribe" => "calls as messages to a process, which other languages do not have",
    "FauxRedis.Calls.subscribe" => "as FauxRedis.subscribe",
    "FauxRedis.Case.subscribe" => "as FauxRedis.subscribe",
    "FauxRedis.Glob" => "a tool of version 1's, which asks no server",
    "FauxRedis.RESP" => "a tool of version 1's, which asks no server",
    "FauxRedis.Store" => "what is left of version 1's store, which asks no server"
  }

  defp rows do
    [_head | lines] =
      @root |> Path.join("tests/vocabulary.tsv") |> File.read!() |> String.split("\n", trim: true)

    for line <- lines do
      [plane, word, _rust, _python, _rust_test, _python_test, elixir, test] = String.split(line, "\t")
      %{plane: plane, word: word, paths: String.split(elixir) -- ["-"], test: test}
    end
  end

  # The parts of a path: whose it is, its last name, the arity if that is a function, and what is said to it.
  defp parts(path) do
    [_whole, name, arity, said] = Regex.run(~r"^([\w.?!]+)(?:/(\d+))?(?:\((\S+)\))?()$", path) |> Enum.take(4)
    {holder, [last]} = name |> String.split(".") |> Enum.split(-1)
    %{module: Module.concat(holder), last: last, arity: arity, said: said, whole: Module.concat([name])}
  end

  # How a path may be written where it is used.
  defp spellings(path) do
    case parts(path) do
      %{said: "fn"} -> ["fn", "&"]
      %{said: "~" <> sigil} -> ["sigil_" <> sigil]
      %{said: "", last: last} -> [last, last <> "!"]
      %{said: said} -> [String.trim(said, ":")]
    end
  end

  test "every word is there in Elixir" do
    spelt = spelt()

    amiss =
      for %{plane: plane, word: word, paths: paths} <- rows(), not is_map_key(@of_python_alone, plane) do
        if paths == [], do: ["#{plane}: '#{word}' is not there"], else: Enum.reject(paths, &there?(&1, spelt))
      end

    assert List.flatten(amiss) == []
  end

  test "what belongs to one language has no word in Elixir" do
    alone = for %{paths: []} = row <- rows(), do: row.plane

    assert Enum.frequencies(alone) ==
             Map.new(@of_python_alone, fn {plane, {words, _why}} -> {plane, words} end)

    for %{paths: [], test: test} <- rows(), do: assert(test == "-")
  end

  defp there?(path, spelt) do
    case parts(path) do
      %{arity: "", said: ""} = part -> field?(part)
      %{arity: "", last: "kind"} = part -> kind?(part)
      %{arity: "", said: said} = part -> told?(part.whole, said)
      part -> function?(part) and (part.said == "" or is_map_key(spelt, path))
    end
  end

  defp function?(%{module: module, last: last, arity: arity}) do
    function = {String.to_atom(last), String.to_integer(arity)}
    Code.ensure_loaded!(module)
    function in module.__info__(:functions) or function in module.__info__(:macros)
  end

  defp field?(%{module: module, last: last}) do
    last in (module.__struct__() |> Map.keys() |> Enum.map(&Atom.to_string/1))
  end

  # Whether the type of the struct says that it may be of this kind.
  defp kind?(%{module: module, said: ":" <> kind}) do
    {:ok, types} = Code.Typespec.fetch_types(module)
    types |> Macro.escape() |> atoms() |> MapSet.member?(kind)
  end

  # Whether the module tells of an option of its `use`.
  defp told?(module, option) do
    {:docs_v1, _, _, _, %{"en" => told}, _, _} = Code.fetch_docs(module)
    told =~ "`#{option}"
  end

  # Paths that are said to functions, each with how it is used.
  defp spelt do
    {:%{}, _, pairs} = @spelt |> File.read!() |> Code.string_to_quoted!(file: @spelt)
    Map.new(pairs)
  end

  test "what is said to functions is taken, and nothing that is spelt otherwise" do
    folder = folder()

    amiss =
      for {path, used} <- spelt(), {code, outcome} <- [{used, :taken} | misspelt(path, used)] do
        if carried_out(code, folder) != outcome, do: "#{path}: #{Macro.to_string(code)} is not #{outcome}"
      end

    assert Enum.filter(amiss, & &1) == []
  end

  # A function and a regular expression have no name to misspell.
  defp misspelt(path, used) do
    case parts(path) do
      %{said: said} when said in ["fn", "~r"] ->
        []

      _ ->
        [word] = spellings(path)
        misspelt = Macro.prewalk(used, &otherwise(&1, word))
        assert {path, misspelt != used} == {path, true}
        [{misspelt, :refused}]
    end
  end

  test "what is used is in the table" do
    said =
      for %{paths: paths} <- rows(), path <- paths, parts(path).arity != "", parts(path).said != "", do: path

    assert Map.keys(spelt()) -- said == []
  end

  # The names of functions stay as they are.
  defp otherwise({:., meta, [module, name]}, _word), do: {:., meta, [module, {:kept, name}]}
  defp otherwise({:kept, name}, _word), do: name

  defp otherwise(atom, word) when is_atom(atom) do
    if Atom.to_string(atom) == word,
      do: String.to_atom(word <> if(word =~ ~r/^[A-Z]+$/, do: "X", else: "x")),
      else: atom
  end

  defp otherwise(other, _word), do: other

  # A folder of the test's own, with an RDB file in it. The path of a socket may have no more than about a hundred bytes.
  defp folder do
    folder = Path.join(System.tmp_dir!(), "faux_redis_#{System.pid()}_#{System.unique_integer([:positive])}")
    File.mkdir!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    {:ok, server} = FauxRedis.start_link(config: %{dir: folder, dbfilename: "saved.rdb"})
    "OK" = Wire.ask(Wire.connect(server), ["SAVE"])
    folder
  end

  defp carried_out(code, folder) do
    {:ok, server} = FauxRedis.start_link()
    Wire.ask(Wire.connect(server), ["PING"])

    case Code.eval_quoted(code, server: server, folder: folder) do
      {{:error, %Error{}}, _} -> :refused
      {_result, _} -> :taken
    end
  rescue
    Error -> :refused
  end

  test "every word is shown by a test" do
    amiss =
      for %{word: word, paths: [_ | _] = paths, test: test} <- rows() do
        [file, name] = String.split(test, "::", parts: 2)

        case tests(file) do
          %{^name => body} ->
            unless Enum.any?(paths, &shown?(&1, body)), do: "'#{word}' does not occur in #{test}"

          %{} ->
            "'#{word}': there is no test #{test}"
        end
      end

    assert Enum.filter(amiss, & &1) == []
  end

  defp shown?(path, said), do: Enum.any?(spellings(path), &MapSet.member?(said, &1))

  # The tests of a file by their names, each with what it, its tags and the functions of the file that it calls say.
  defp tests(file) do
    case Process.get({:tests, file}) do
      nil ->
        path = Path.join(@root, file)
        code = path |> File.read!() |> Code.string_to_quoted!(file: path)
        functions = functions_in(code)
        tests = for {name, body} <- tests_in(code, ""), into: %{}, do: {name, said(body, functions)}
        Process.put({:tests, file}, tests)
        tests

      tests ->
        tests
    end
  end

  defp said(body, functions) do
    said = atoms(body)
    for {name, more} <- functions, name in said, reduce: said, do: (all -> MapSet.union(all, more))
  end

  defp functions_in(code) do
    {_, functions} =
      Macro.prewalk(code, [], fn
        {:defp, _, [{name, _, _} | body]} = part, found ->
          {part, [{Atom.to_string(name), atoms(body)} | found]}

        part, found ->
          {part, found}
      end)

    functions
  end

  defp tests_in({:__block__, _, parts}, prefix) do
    {tests, _tags} =
      Enum.flat_map_reduce(parts, [], fn
        {:@, _, [{tag, _, _}]} = told, tags when tag in [:tag, :describetag] ->
          {[], [told | tags]}

        {word, _, [name | body]}, tags when word in [:test, :sweep] and is_binary(name) ->
          {[{prefix <> name, [tags | body]}], []}

        part, tags ->
          {tests_in(part, prefix), tags}
      end)

    tests
  end

  defp tests_in({:defmodule, _, [_name, [do: body]]}, prefix), do: tests_in(block(body), prefix)
  defp tests_in({:describe, _, [name, [do: body]]}, _prefix), do: tests_in(block(body), name <> " ")
  defp tests_in(_other, _prefix), do: []

  defp block({:__block__, _, _} = block), do: block
  defp block(part), do: {:__block__, [], [part]}

  # Names that code says: of functions, of keys, and other atoms; not of variables.
  defp atoms(code) do
    {_, atoms} =
      Macro.prewalk(code, MapSet.new(), fn
        {name, _, arguments} = part, atoms when is_atom(name) and is_list(arguments) ->
          {part, put(atoms, name)}

        atom, atoms when is_atom(atom) ->
          {atom, put(atoms, atom)}

        part, atoms ->
          {part, atoms}
      end)

    atoms
  end

  defp put(atoms, atom), do: MapSet.put(atoms, Atom.to_string(atom))

  test "whatever a test can call is a word" do
    public = public()
    assert map_size(public) > 80
    named = for %{paths: paths} <- rows(), path <- paths, parts(path).arity != "", do: parts(path)
    named = MapSet.new(named, &name(&1.module, &1.last))

    # What FauxRedis passes on is a word where it is told of, too.
    named = for {name, told} <- public, name in named, name <- [name | told], into: named, do: name

    left_out = for name <- Map.keys(public), name not in named, do: left_out(name, holder(name))
    assert Enum.uniq(left_out) -- Map.keys(@not_words) == []
    assert Map.keys(@not_words) -- left_out == []
  end

  defp left_out(_name, holder) when is_map_key(@not_words, holder), do: holder
  defp left_out(name, _holder), do: name
  defp holder(name), do: String.replace(name, ~r/\.[^.]+$/, "")

  # Public functions and macros, as far as they are told of, each with where it is passed on to.
  defp public do
    lib = Path.join(@root, "erlang/lib/")
    {:ok, modules} = :application.get_key(:faux_redis, :modules)

    for module <- modules,
        Code.ensure_loaded?(module),
        match?("FauxRedis" <> _, inspect(module)),
        module.module_info(:compile)[:source] |> to_string() |> String.starts_with?(lib),
        {:docs_v1, _, :elixir, _, %{}, _, docs} <- [Code.fetch_docs(module)],
        {{kind, name, _arity}, _, _, doc, meta} <- docs,
        kind in [:function, :macro] and doc != :hidden and not match?("__" <> _, Atom.to_string(name)),
        reduce: %{} do
      public ->
        told = for {_, {to, as, _arity}} <- [{:delegate_to, meta[:delegate_to]}], do: name(to, as)
        Map.update(public, name(module, name), told, &(&1 ++ told))
    end
  end

  # A function that raises what another returns is no other word.
  defp name(module, name), do: "#{inspect(module)}.#{name |> to_string() |> String.trim_trailing("!")}"
end
