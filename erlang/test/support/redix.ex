defmodule Redix do
  @moduledoc "As much of Redix as the guide's examples use, since Debian has no package of it."

  alias FauxRedis.Wire

  defmodule Error do
    @moduledoc false
    defexception [:message]
  end

  @doc false
  def start_link("redis://127.0.0.1:" <> port), do: {:ok, port |> String.to_integer() |> Wire.connect()}

  @doc false
  def command(conn, words) do
    case Wire.ask(conn, words) do
      {:error, message} -> {:error, %Error{message: message}}
      reply -> {:ok, reply}
    end
  end

  @doc false
  def command!(conn, words) do
    {:ok, reply} = command(conn, words)
    reply
  end
end
