defmodule FauxRedis.XMPP do
  @moduledoc "As much of an XMPP client as it takes to log in, to be present, and to write to oneself."

  @patience_ms 60_000

  @doc "Opens a stream to `localhost`: `{:ok, connection}`, or the error of the stream."
  def open(port) do
    {:ok, socket} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
    stream(socket)
  end

  defp stream(socket) do
    send_text(
      socket,
      "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
    )

    case await(socket, ~r{</stream:features>|<stream:error>.*</stream:error>}s) do
      {:ok, text} -> if text =~ "<stream:error>", do: {:error, text}, else: {:ok, socket}
      error -> error
    end
  end

  @doc "Logs in by name and password and binds a resource."
  def login(port, user, resource) do
    with {:ok, socket} <- open(port),
         plain = Base.encode64(<<0, user::binary, 0, "secret">>),
         send_text(
           socket,
           "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>#{plain}</auth>"
         ),
         {:ok, success} <- await(socket, ~r{<success|<failure}),
         true <- success =~ "<success" || {:error, success},
         {:ok, socket} <- stream(socket),
         send_text(
           socket,
           "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>" <>
             "<resource>#{resource}</resource></bind></iq>"
         ),
         {:ok, bound} <- await(socket, ~r{id='bind'.*</iq>}s),
         true <- bound =~ "type='result'" || {:error, bound} do
      {:ok, socket}
    end
  end

  @doc "Says that it is there, and returns once that came back to itself."
  def be_present(socket) do
    send_text(socket, "<presence/>")
    await(socket, ~r{<presence[^>]*from=})
  end

  @doc "Writes to an address."
  def write(socket, to, body) do
    send_text(socket, "<message type='chat' to='#{to}'><body>#{body}</body></message>")
  end

  @doc "Returns once a text has come that matches; what came goes with it."
  def await(socket, pattern, text \\ "") do
    if text =~ pattern do
      {:ok, text}
    else
      case :gen_tcp.recv(socket, 0, @patience_ms) do
        {:ok, more} -> await(socket, pattern, text <> more)
        {:error, reason} -> {:error, {reason, text}}
      end
    end
  end

  @doc "Ends the stream in order, and returns all that came until its end."
  def logout(socket) do
    send_text(socket, "</stream:stream>")
    last_words = await(socket, ~r{</stream:stream>})
    :gen_tcp.close(socket)
    last_words
  end

  defp send_text(socket, text), do: :gen_tcp.send(socket, text)
end
