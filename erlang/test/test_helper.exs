# ejabberd takes a second or two a test: `mix test --only ejabberd` runs it.
ExUnit.start(exclude: [:ejabberd])
