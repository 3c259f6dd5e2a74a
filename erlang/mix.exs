defmodule Mix.Tasks.Compile.FauxRedisNif do
  @moduledoc "Builds the native library by cargo, or takes the one that `FAUX_REDIS_NIF_PREBUILT` names."
  use Mix.Task.Compiler

  @crate "faux-redis-erlang"
  @library "libfaux_redis_nif"

  @impl true
  def run(_args) do
    case System.get_env("FAUX_REDIS_NIF_PREBUILT") do
      path when path in [nil, ""] -> install(cargo())
      path -> install(path)
    end
  end

  @impl true
  def clean, do: File.rm(library())

  defp library, do: Path.join([Mix.Project.app_path(), "priv", "faux_redis_nif.so"])

  defp cargo do
    cargo = System.get_env("CARGO") || "cargo"

    unless System.find_executable(cargo) do
      Mix.raise(
        "cargo was not found: install Rust, or set FAUX_REDIS_NIF_PREBUILT to a faux_redis_nif.so that is built"
      )
    end

    options = ~w(build -q -p #{@crate} --profile #{profile()} --message-format json-render-diagnostics)

    case System.cmd(cargo, options, cd: workspace()) do
      {messages, 0} -> artifact(messages)
      {_, status} -> Mix.raise("cargo could not build the native library (exit status #{status})")
    end
  end

  # A repository has its workspace above, a package from Hex in itself.
  defp workspace do
    here = Path.dirname(__ENV__.file)
    above = Path.expand("..", here)

    if File.exists?(Path.join(above, "bindings/erlang/Cargo.toml")),
      do: above,
      else: Path.join(here, "native")
  end

  defp profile do
    System.get_env("FAUX_REDIS_NIF_PROFILE") || if(Mix.env() == :dev, do: "dev", else: "release")
  end

  # Cargo's messages name what it has built, whatever its target folder is.
  defp artifact(messages) do
    case Regex.scan(~r/"([^"]*\/#{@library}\.(?:so|dylib))"/, messages) do
      [] -> Mix.raise("cargo has built no #{@library}")
      found -> found |> List.last() |> List.last()
    end
  end

  # It is put in place by its name: a running virtual machine has the old file mapped, and keeps it.
  defp install(from) do
    to = library()

    if same?(from, to) do
      {:noop, []}
    else
      File.mkdir_p!(Path.dirname(to))
      beside = to <> ".#{System.pid()}"
      File.cp!(from, beside)
      File.rename!(beside, to)
      {:ok, []}
    end
  end

  defp same?(from, to) do
    with {:ok, %{size: size, mtime: from_time}} <- File.stat(from),
         {:ok, %{size: ^size, mtime: to_time}} <- File.stat(to) do
      to_time >= from_time
    else
      _ -> false
    end
  end
end

defmodule FauxRedis.MixProject do
  use Mix.Project

  @version "2.0.0-dev"

  def project do
    [
      app: :faux_redis,
      version: @version,
      elixir: "~> 1.14",
      # The library comes first: the Elixir compiler loads the modules it calls.
      compilers: [:faux_redis_nif] ++ Mix.compilers(),
      # rebar3 has _build to itself.
      build_path: "_build/mix",
      erlc_options: [:debug_info, :warnings_as_errors],
      elixirc_paths: elixirc_paths(Mix.env()),
      deps: [],
      description: "A controllable Redis that lives inside a test.",
      package: package()
    ]
  end

  def application, do: [extra_applications: [:logger | applications(Mix.env())]]

  # The guide's example in Erlang is a test, and uses EUnit.
  defp applications(:test), do: [:eunit]
  defp applications(_), do: []

  defp elixirc_paths(:test), do: ["lib", "test/support"]
  defp elixirc_paths(_), do: ["lib"]

  defp package do
    [
      licenses: ["MIT"],
      links: %{},
      build_tools: ["mix", "rebar3"],
      files: ~w(lib src native nif.sh mix.exs rebar.config README.md .formatter.exs)
    ]
  end
end
