defmodule FauxRedis.CompletenessTest do
  @moduledoc "The interface is whole: what a function takes and gives is said, and whatever may fail may raise too."
  use ExUnit.Case, async: true

  @rooms [
    FauxRedis.Calls,
    FauxRedis.Case,
    FauxRedis.Clock,
    FauxRedis.Connections,
    FauxRedis.Data,
    FauxRedis.Gate,
    FauxRedis.Glob,
    FauxRedis.Handle,
    FauxRedis.Link,
    FauxRedis.RESP,
    FauxRedis.Rules,
    FauxRedis.State,
    FauxRedis.Sweep,
    FauxRedis.Verification,
    FauxRedis.Waiting
  ]

  @passed_on [
    FauxRedis.Calls,
    FauxRedis.Connections,
    FauxRedis.Handle,
    FauxRedis.Rules,
    FauxRedis.Verification,
    FauxRedis.Waiting
  ]

  setup_all do
    Enum.each([FauxRedis | @rooms], &Code.ensure_loaded!/1)
  end

  # Functions by their names and arities, as far as they are told of.
  defp told(module) do
    {:docs_v1, _, :elixir, _, _, _, docs} = Code.fetch_docs(module)
    for {{:function, name, arity}, _, _, doc, meta} <- docs, doc != :hidden, do: {{name, arity}, doc, meta}
  end

  defp specs(module) do
    {:ok, specs} = Code.Typespec.fetch_specs(module)
    Map.new(specs)
  end

  test "every function has a doc and a spec" do
    for module <- [FauxRedis | @rooms],
        {function, doc, meta} <- told(module),
        not Map.has_key?(meta, :delegate_to) do
      assert {module, function, is_map(doc)} == {module, function, true}
      assert {module, function, Map.has_key?(specs(module), function)} == {module, function, true}
    end
  end

  test "whatever may return an error has a variant that raises it" do
    may_fail =
      for module <- @rooms -- [FauxRedis.Case, FauxRedis.RESP],
          {{name, arity} = function, _doc, _meta} <- told(module),
          inspect(specs(module)[function]) =~ "FauxRedis.Error",
          do: {module, :"#{name}!", arity}

    assert length(may_fail) > 20

    assert Enum.reject(may_fail, fn {module, name, arity} -> function_exported?(module, name, arity) end) ==
             []
  end

  test "what FauxRedis passes on is told of where it is" do
    for {{name, arity}, _, %{delegate_to: {module, told, _}}} <- told(FauxRedis) do
      assert {name, Enum.any?(told(module), &match?({{^told, ^arity}, _, _}, &1))} == {name, true}
    end

    for module <- @passed_on, {{name, arity}, _, _} <- told(module) do
      assert {name, function_exported?(FauxRedis, name, arity)} == {name, true}
    end
  end
end
