# Every task of the project. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVER := target/release/faux-redis
# A root user needs no sudo; elsewhere packages are installed through it.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

# --- set-up ---------------------------------------------------------------------------------

.PHONY: tools
tools: ## Install what tests need from Debian: Tcl for the suites, apt's own tools, Node.js for ioredis
	@missing=(); \
	command -v tclsh >/dev/null || missing+=(tcl); \
	command -v dpkg-source >/dev/null || missing+=(dpkg-dev); \
	command -v xz >/dev/null || missing+=(xz-utils); \
	command -v npm >/dev/null || missing+=(nodejs npm); \
	command -v cc >/dev/null || missing+=(gcc libc6-dev); \
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring); \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv); \
	if [ $${#missing[@]} -gt 0 ]; then \
	  $(SUDO) apt-get update -q; \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qy --no-install-recommends "$${missing[@]}"; \
	fi

# What Debian 12 calls what the Elixir and Erlang tests need; ejabberd starts no service of its own where none may be.
.PHONY: erlang-tools
erlang-tools:
	@missing=(); \
	command -v mix >/dev/null || missing+=(elixir); \
	command -v rebar3 >/dev/null || missing+=(rebar3); \
	command -v ejabberdctl >/dev/null || [ -e /usr/sbin/ejabberdctl ] || missing+=(ejabberd); \
	for package in erlang-dev erlang-eunit erlang-common-test erlang-redis-client; do \
	  dpkg -s $$package >/dev/null 2>&1 || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  $(SUDO) apt-get update -q; \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qy --no-install-recommends "$${missing[@]}"; \
	fi

$(BIN)/python:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) tools
	$(PYTHON) -m venv $(VENV)

$(VENV)/.tools: python/pyproject.toml | $(BIN)/python
	$(BIN)/pip install -q 'maturin>=1.9.4,<2' 'mypy>=1.14' 'pytest>=8' 'pytest-asyncio>=0.24' 'pytest-xdist>=3.6' 'redis>=5' 'ruff>=0.9' 'valkey>=6'
	@touch $@

.PHONY: wheel
wheel: $(VENV)/.tools ## Build the wheel into the local environment
	cd python && VIRTUAL_ENV=$(CURDIR)/$(VENV) $(CURDIR)/$(BIN)/maturin develop -q --release

.PHONY: server
server: ## Build the binary
	cargo build -q --release --features cli

.PHONY: oracles
oracles: tools ## Put the real servers and their test suites into .cache
	$(PYTHON) tests/oracles/oracles.py fetch

# --- tests ----------------------------------------------------------------------------------

.PHONY: test
test: lint test-rust test-python test-elixir test-clients test-rdb test-replication test-suites errors differential ## Install what tests need and run them all

.PHONY: lint
lint: ## Check formatting and lints
	cargo fmt --all --check
	cargo clippy -q --workspace --all-targets --all-features -- -D warnings

.PHONY: test-rust
test-rust: ## Run the Rust tests, doc examples and conversations
	cargo test -q --workspace --features faux-redis/cli,faux-redis/tls,faux-redis/yaml

.PHONY: test-python
test-python: wheel ## Run the Python tests, doc examples, type checks and conversations
	cd python && ../$(BIN)/ruff check . && ../$(BIN)/ruff format --check .
	cd python && ../$(BIN)/mypy
	cd python && ../$(BIN)/python -m mypy.stubtest faux_redis._core
	cd python && ../$(BIN)/python -m pytest -q -n auto
	$(BIN)/python -m pytest -q tests/conversations tests/differential tests/errors tests/oracles tests/state

.PHONY: test-elixir
test-elixir: export LANG := C.UTF-8
test-elixir: erlang-tools ## Run the Elixir and Erlang tests, doc examples, conversations, and ejabberd
	cd erlang && mix format --check-formatted
	cd erlang && MIX_ENV=test mix compile --warnings-as-errors
	cd erlang && mix test
	cd erlang && mix test --only ejabberd
	cd erlang && rebar3 eunit
	cd erlang && rebar3 ct

.PHONY: test-clients
test-clients: server wheel oracles ## Run real clients: redis-cli, redis-benchmark, redis-py, redis.asyncio, ioredis
	$(BIN)/python tests/clients/run.py --server $(SERVER)

.PHONY: test-rdb
test-rdb: server oracles ## Play payloads, RDB files and MIGRATE to and fro between the real servers and this one
	$(PYTHON) tests/rdb/run.py --server $(SERVER)

.PHONY: test-replication
test-replication: server oracles ## Compare what replicas are told with real servers, and have real servers follow this one
	$(PYTHON) tests/replication/run.py --server $(SERVER)

# What `make test` runs of the suites: what concerns the commands there are, and needs no minute of waiting.
SUITE_FILES := unit/type/string unit/type/incr unit/type/hash unit/type/list unit/type/list-2 unit/type/list-3 \
  unit/type/set unit/type/zset unit/type/stream unit/type/stream-cgroups unit/bitops unit/bitfield unit/geo \
  unit/hyperloglog unit/sort unit/dump unit/protocol unit/quit unit/pubsub unit/multi unit/expire unit/keyspace \
  unit/scan unit/info-command

# The suites measure real time: what fails on a busy machine gets a second run before it counts.
define run-suite
run() { $(PYTHON) tests/oracles/suite.py $(1) --start-cmd '$(SERVER) serve $(2) --port {port}' $(SUITE_FILES); }; \
  run || { echo 'Once more, for what a busy machine may have delayed.'; run; }
endef

.PHONY: test-suites
test-suites: server oracles ## Run the real servers' own Tcl suites; what passed before must pass
	$(call run-suite,redis-7.0.15,--version 7.0.15)
	$(call run-suite,valkey-8.1,--flavour valkey --version 8.1.1)
	$(PYTHON) tests/compatibility/compatibility.py --server $(SERVER) --check

# As many requests a family as go into about two minutes in all; by hand, another seed finds more.
SEED ?= 1
COUNT ?= 15000

.PHONY: differential
differential: server oracles ## Compare with real servers by random requests, the same every time (SEED=..., COUNT=...)
	$(PYTHON) tests/differential/differential.py --start-cmd '$(SERVER) serve {persona} --port {port}' --seed $(SEED) --count $(COUNT)

RUNS ?= 1000

.PHONY: stress
stress: ## Run a scenario full of faults many times: the same seed gives the same bytes each time (RUNS=...)
	FAUX_REDIS_RUNS=$(RUNS) cargo test -q --release -p faux-redis --test same_seed

.PHONY: errors
errors: server oracles ## Compare with real servers which error comes first when several things are wrong
	$(PYTHON) tests/errors/errors.py --start-cmd '$(SERVER) serve {persona} --port {port}' --limit 60

.PHONY: compatibility
compatibility: server ## Write COMPATIBILITY.md from the table, the conversations and the suites' results
	$(PYTHON) tests/compatibility/compatibility.py --server $(SERVER)

.PHONY: record
record: oracles ## Record the conversations' replies, and what is refused in which state, anew from the real servers
	$(PYTHON) tests/conversations/record.py
	$(PYTHON) tests/state/record.py

.PHONY: deny
deny: ## Check licences and sources of dependencies (installs cargo-deny)
	command -v cargo-deny >/dev/null || cargo install -q --locked cargo-deny
	cargo deny --all-features check licenses bans sources

.PHONY: bench
bench: server wheel oracles ## Measure the server beside a real one: its start, requests a second, cost as values grow; what rules cost
	$(BIN)/python tests/benchmarks/side_by_side.py --server $(SERVER)
	$(PYTHON) tests/benchmarks/growth.py --server $(SERVER)
	$(BIN)/python tests/benchmarks/rules.py
	$(BIN)/python tests/benchmarks/snapshots.py

.PHONY: bench-elixir
bench-elixir: export LANG := C.UTF-8
bench-elixir: erlang-tools oracles ## Measure what functions of the test's and servers cost in the virtual machine
	cd erlang && MIX_ENV=prod mix run bench/bench.exs $(CURDIR)/.cache/oracles/redis-7.0/bin/redis-benchmark

# --- a first look ---------------------------------------------------------------------------

.PHONY: demo
demo: wheel ## Build the wheel and run a small pytest example, with its transcript
	cd python && ../$(BIN)/python -m pytest -q -s -p no:cacheprovider examples

.PHONY: clean
clean: ## Remove what was built; the real servers in .cache stay
	cargo clean
	rm -rf $(VENV) erlang/_build erlang/priv
