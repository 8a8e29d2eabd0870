#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs and builds what it takes, and compares iotcardd with what people would write instead.
#   bench/compare.sh [--quick] [--fast-paho DIR] [any option of build/release/bench/compare]
set -euo pipefail
started_in=$PWD  # what paths among the options are relative to
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

say() { printf '== %s\n' "$*" >&2; }

scripts/install-deps.sh --build --test --bench
say "build: cmake --preset release"
cmake --preset release -DIOTCARD_TESTS=ON >/dev/null
cmake --build --preset release --target iotcardd iotcardctl compare paho_peer

# Beside the build, so that nothing is installed into the source tree.
modules=build/release/bench/peers/node
if ! cmp -s bench/compare/peers/node/package-lock.json "$modules/installed.json"; then
  say "npm ci: mqtt, better-sqlite3"
  mkdir -p "$modules"
  cp bench/compare/peers/node/package{,-lock}.json "$modules"
  npm --prefix "$modules" ci --no-audit --no-fund >&2
  cp "$modules/package-lock.json" "$modules/installed.json"
fi

cd "$started_in"
exec "$root/build/release/bench/compare" --node-modules "$root/$modules/node_modules" \
  --stores "$root/build/release/bench/stores" "$@"
