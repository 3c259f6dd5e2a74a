defmodule FauxRedis.Wire do
  @moduledoc "A client that sends what it is told and gives back what comes, for tests."

  import Kernel, except: [send: 2]

  alias FauxRedis.RESP

  @patience_ms 10_000

  @doc "A connection to a server or a port; its process is the connection's state."
  def connect(server_or_port)
  def connect(port) when is_integer(port), do: open({127, 0, 0, 1}, port)

  def connect(server) do
    case FauxRedis.address(server) do
      {:local, path} -> open({:local, path}, 0)
      {_host, port} -> connect(port)
    end
  end

  defp open(address, port) do
    {:ok, socket} = :gen_tcp.connect(address, port, [:binary, packet: :raw, active: false, nodelay: true])
    {:ok, buffer} = Agent.start_link(fn -> "" end)
    {socket, buffer}
  end

  @doc "The reply to one request."
  def ask(client, words) do
    send(client, words)
    receive_reply(client)
  end

  @doc "The replies to several requests sent at once."
  def pipeline(client, requests) do
    send_raw(client, Enum.map(requests, &RESP.encode/1))
    Enum.map(requests, fn _ -> receive_reply(client) end)
  end

  @doc "Sends one request."
  def send(client, words), do: send_raw(client, RESP.encode(words))

  @doc "Sends bytes."
  def send_raw({socket, _buffer}, bytes), do: :gen_tcp.send(socket, bytes)

  @doc "The next reply; `:closed` or `:reset` when there is none, `:silent` when none comes in time."
  def receive_reply({socket, buffer} = client, patience_ms \\ @patience_ms) do
    case RESP.decode(Agent.get(buffer, & &1)) do
      {:ok, reply, rest} ->
        Agent.update(buffer, fn _ -> rest end)
        reply

      :more ->
        case :gen_tcp.recv(socket, 0, patience_ms) do
          {:ok, bytes} ->
            Agent.update(buffer, &(&1 <> bytes))
            receive_reply(client, patience_ms)

          {:error, :closed} ->
            :closed

          {:error, :econnreset} ->
            :reset

          {:error, :timeout} ->
            :silent
        end
    end
  end

  @doc "Bytes as they come."
  def receive_raw({socket, _buffer}, length \\ 0), do: :gen_tcp.recv(socket, length, @patience_ms)

  @doc "Ends the connection."
  def close({socket, buffer}) do
    Agent.stop(buffer)
    :gen_tcp.close(socket)
  end
end
