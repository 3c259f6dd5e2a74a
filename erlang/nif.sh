#!/bin/sh
# Puts the native library into priv/: the one FAUX_REDIS_NIF_PREBUILT names, or what cargo builds.
set -eu
cd "$(dirname "$0")"
from=${FAUX_REDIS_NIF_PREBUILT:-}
if [ -z "$from" ]; then
  workspace=..
  [ -e ../bindings/erlang/Cargo.toml ] || workspace=native
  cargo=${CARGO:-cargo}
  command -v "$cargo" >/dev/null || {
    echo 'cargo was not found: install Rust, or set FAUX_REDIS_NIF_PREBUILT to a faux_redis_nif.so that is built' >&2
    exit 1
  }
  messages=$(cd "$workspace" && "$cargo" build -q -p faux-redis-erlang --profile "${FAUX_REDIS_NIF_PROFILE:-release}" \
    --message-format json-render-diagnostics)
  from=$(printf '%s\n' "$messages" | grep -oE '"[^"]*/libfaux_redis_nif\.(so|dylib)"' | tail -n 1 | tr -d '"')
fi
if ! cmp -s "$from" priv/faux_redis_nif.so; then
  mkdir -p priv
  # It is put in place by its name: a running virtual machine has the old file mapped, and keeps it.
  cp "$from" "priv/faux_redis_nif.so.$$"
  mv -f "priv/faux_redis_nif.so.$$" priv/faux_redis_nif.so
fi
