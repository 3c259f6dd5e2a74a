defmodule FauxRedis.EredisTest do
  @moduledoc "A client of Erlang's, as Debian has it."
  use FauxRedis.Case, async: true

  @compile {:no_warn_undefined, [:eredis, :eredis_sub]}

  # It says in the log that it lost its connection.
  @moduletag :capture_log
  @moduletag skip:
               not Code.ensure_loaded?(:eredis) &&
                 "eredis is not installed: apt-get install erlang-redis-client"

  setup ctx do
    if ctx[:redis_port],
      do: %{
        client: start_supervised!(%{id: :eredis, start: {:eredis, :start_link, [[port: ctx.redis_port]]}})
      },
      else: :ok
  end

  test "eredis reads and writes, alone, in pipelines and in transactions", %{client: client} = ctx do
    assert :eredis.q(client, ["SET", "k", "2"]) == {:ok, "OK"}
    assert :eredis.q(client, ["GET", "none"]) == {:ok, :undefined}

    assert :eredis.qp(client, [["MULTI"], ["INCR", "k"], ["EXEC"]]) ==
             [{:ok, "OK"}, {:ok, "QUEUED"}, {:ok, ["3"]}]

    assert_command_order(ctx, [:multi, :incr, :exec])
  end

  test "eredis gets what is stubbed", %{client: client} = ctx do
    stub(ctx, :hgetall, {:array, ["field", <<0, 255>>]})
    stub(ctx, :get, [{:error, "LOADING Redis is loading the dataset in memory"}, fn call -> call.key end])
    assert :eredis.q(client, ["HGETALL", "h"]) == {:ok, ["field", <<0, 255>>]}
    assert :eredis.q(client, ["GET", "k"]) == {:error, "LOADING Redis is loading the dataset in memory"}
    assert :eredis.q(client, ["GET", "k"]) == {:ok, "k"}
  end

  test "eredis connects again when it loses its connection", %{client: client} = ctx do
    stub(ctx, :get, [:close, "there again"])
    assert {:error, _} = :eredis.q(client, ["GET", "k"])
    assert there_again?(client, 1_000_000)
  end

  @tag faux_redis: [password: "secret"]
  test "eredis is told that it must log in", %{redis_port: port} do
    assert {:error, "NOAUTH" <> _} = ask_once([port: port], ["GET", "k"])
    assert ask_once([port: port, password: ~c"secret", database: 3], ["GET", "k"]) == {:ok, :undefined}
  end

  test "eredis_sub gets messages of channels and patterns", %{redis_port: port, client: client} do
    {:ok, subscriber} = :eredis_sub.start_link(port: port)
    :eredis_sub.controlling_process(subscriber)
    :eredis_sub.subscribe(subscriber, ["news"])
    assert_receive {:subscribed, "news", ^subscriber}, 5_000
    :eredis_sub.ack_message(subscriber)
    :eredis_sub.psubscribe(subscriber, ["w*"])
    assert_receive {:subscribed, "w*", ^subscriber}, 5_000
    :eredis_sub.ack_message(subscriber)
    assert :eredis.q(client, ["PUBLISH", "news", <<131, 0>>]) == {:ok, "1"}
    assert_receive {:message, "news", <<131, 0>>, ^subscriber}, 5_000
    :eredis_sub.ack_message(subscriber)
    assert :eredis.q(client, ["PUBLISH", "weather", "fine"]) == {:ok, "1"}
    assert_receive {:pmessage, "w*", "weather", "fine", ^subscriber}, 5_000
    :eredis_sub.ack_message(subscriber)
    :eredis_sub.unsubscribe(subscriber, ["news"])
    assert_receive {:unsubscribed, "news", ^subscriber}, 5_000
  end

  # It connects again by itself, some time later.
  defp there_again?(_client, 0), do: false

  defp there_again?(client, questions) do
    case :eredis.q(client, ["GET", "k"]) do
      {:ok, "there again"} -> true
      {:error, :no_connection} -> there_again?(client, questions - 1)
    end
  end

  defp ask_once(options, words) do
    {:ok, client} = :eredis.start_link(options)
    reply = :eredis.q(client, words)
    :eredis.stop(client)
    reply
  end
end
