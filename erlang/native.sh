#!/bin/sh
# Puts the crates the native library is made of into native/, so that the Hex package compiles from its own tarball.
# It is run before `mix hex.build`, in a repository; `--check` also compiles what it has put there.
set -eu
cd "$(dirname "$0")"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' ../Cargo.toml | head -n 1)
rm -rf native
mkdir native
(cd .. && cargo package -q --allow-dirty --no-verify -p faux-redis -p faux-redis-erlang --target-dir "$PWD/target/hex")
for crate in faux-redis faux-redis-erlang; do
  tar -xzf "../target/hex/package/$crate-$version.crate" -C native
  mv "native/$crate-$version" "native/$crate"
  rm -f "native/$crate/Cargo.lock" "native/$crate/Cargo.toml.orig" "native/$crate/.cargo_vcs_info.json"
  rm -rf "native/$crate/tests" "native/$crate/examples"
done
cp ../Cargo.lock native/
cat > native/Cargo.toml <<'END'
[workspace]
resolver = "3"
members = ["faux-redis", "faux-redis-erlang"]

[patch.crates-io]
faux-redis = { path = "faux-redis" }

[profile.release]
lto = "thin"
strip = "debuginfo"
END
if [ "${1:-}" = --check ]; then
  (cd native && cargo check -q -p faux-redis-erlang)
fi
