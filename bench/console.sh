#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs and builds what it takes, and measures the web console in Chromium.
#   bench/console.sh [--cards N] [--rounds N] [--reports N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

while (($# > 0)); do
  case $1 in
    --cards) export IOTCARD_BENCH_CARDS=${2:?} ;;
    --rounds) export IOTCARD_BENCH_ROUNDS=${2:?} ;;
    --reports) export IOTCARD_BENCH_REPORTS=${2:?} ;;
    *) echo "usage: bench/console.sh [--cards N] [--rounds N] [--reports N]" >&2 && exit 2 ;;
  esac
  shift 2
done

scripts/install-deps.sh --build --test --bench >&2
cmake --preset release -DIOTCARD_WEB=ON >/dev/null
cmake --build --preset release --target iotcardd iotcardctl >&2
IOTCARDD=$(realpath build/release/daemon/iotcardd)
IOTCARDCTL=$(realpath build/release/cli/iotcardctl)
export IOTCARDD IOTCARDCTL IOTCARD_SOURCE_DIR=$PWD
exec tests/web/run.sh build/release/bench/console "$PWD/bench/console/console.mjs"
