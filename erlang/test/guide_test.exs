# The modules in the guide are tests: this defines them, so that they are run as they stand there.
guide = Path.expand("../README.md", __DIR__)

for [{start, _}, {from, length}] <- Regex.scan(~r/^```elixir\n(.*?)^```/ms, File.read!(guide), return: :index) do
  text = File.read!(guide)
  line = text |> binary_part(0, start) |> String.split("\n") |> length()
  text |> binary_part(from, length) |> Code.eval_string([], file: guide, line: line + 1)
end

defmodule FauxRedis.GuideTest do
  use ExUnit.Case, async: true

  test "the guide's example in Erlang runs" do
    [[_, text]] = Regex.scan(~r/^```erlang\n(.*?)^```/ms, File.read!(Path.expand("../README.md", __DIR__)))
    path = Path.join(System.tmp_dir!(), "faux_redis_guide_#{System.unique_integer([:positive])}.erl")
    File.write!(path, text)
    on_exit(fn -> File.rm!(path) end)
    assert {:ok, module, code} = :compile.file(String.to_charlist(path), [:binary, :nowarn_export_all])
    assert {:module, ^module} = :code.load_binary(module, ~c"guide", code)
    assert module.reads_a_user_test() == :ok
  end

  test "the guide's examples are tests" do
    for module <- [Guide.FirstTest, Guide.RulesTest, Guide.CallsTest, Guide.PlanesTest, Guide.DataTest] do
      assert %ExUnit.TestModule{tests: [_ | _]} = module.__ex_unit__()
    end
  end
end
