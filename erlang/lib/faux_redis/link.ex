defmodule FauxRedis.Link do
  @moduledoc """
  The link: what the bytes of some connections go through, set and taken away while they are under way.

  Connections are said as the option `:conn` of `FauxRedis.stub/4` says them, but without functions, or `:any`; those that
  come later are included. Effects are gone through in their order:

    * `latency: ms` or `latency: {ms, jitter_ms}`
    * `bandwidth: bytes_a_second`
    * `slice: size` or `slice: {size, gap_ms}` – segments no longer than this
    * `limit: bytes` or `limit: {bytes, :close | :reset | :blackhole}` – what comes through before the end
    * `corrupt: rate` – how likely each byte is another one
    * `slow_close: ms`
    * `blackhole: true` or `blackhole: ms` – half open: established and silent, and after that time closed
    * `reset: true`, `reset: ms` or `reset: {:bytes, n}`

  `direction: :down | :up | :both` concerns those that follow; `p: chance` says how likely a connection is to be met, and
  `name: text` names the link in messages. Whatever is added or removed, no byte is lost or overtaken. A link lasts until
  it is removed, or the server is reset.
  """

  alias FauxRedis.Error

  @typedoc "A link."
  @type t :: reference()

  @typedoc "Which connections: any, an id, ids, or what must be so of one."
  @type client :: :any | pos_integer() | [pos_integer()] | keyword()

  @doc """
  Makes a link.

      iex> {:ok, server} = FauxRedis.start_link()
      iex> {:ok, link} = FauxRedis.Link.add(server, [name: {:glob, "web-*"}], latency: {20, 5}, slice: 1)
      iex> FauxRedis.Link.title(link)
      ~s[link(client(name=glob("web-*"))).latency(20ms, jitter=5ms)/down.slice(1)/down]

  """
  @spec add(FauxRedis.server(), client(), keyword()) :: {:ok, t()} | {:error, Error.t()}
  def add(server, client, effects), do: server |> :faux_redis.link(client, effects) |> Error.wrap()

  @doc "As `add/3`, but it raises the error, and returns the link."
  @spec add!(FauxRedis.server(), client(), keyword()) :: t()
  def add!(server, client, effects), do: Error.ok!(add(server, client, effects))

  @doc "Stops serving these connections, until the link that this gives is removed."
  @spec pause(FauxRedis.server(), client()) :: {:ok, t()} | {:error, Error.t()}
  def pause(server, client \\ :any), do: server |> :faux_redis.pause(client) |> Error.wrap()

  @doc "As `pause/2`, but it raises the error, and returns the link."
  @spec pause!(FauxRedis.server(), client()) :: t()
  def pause!(server, client \\ :any), do: Error.ok!(pause(server, client))

  @doc "A link as messages show it; `nil` once it is gone."
  @spec title(t()) :: String.t() | nil
  def title(link), do: FauxRedis.title(link)

  @doc "Takes a link away. What is under way keeps its time; what it held back comes now."
  @spec remove(t()) :: :ok
  def remove(link), do: FauxRedis.remove(link)

  @doc "Has bytes go through a link as long as a function runs, and returns what that returns."
  @spec within(FauxRedis.server(), client(), keyword(), (... -> result)) :: result when result: term()
  def within(server, client, effects, function) do
    link = add!(server, client, effects)

    try do
      function.()
    after
      remove(link)
    end
  end
end
