#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, and runs all tests.
#   tests/run.sh [--preset dev|asan|tsan|release] [ctest arguments, such as -R unit:]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=dev
arguments=()
while (($# > 0)); do
  case $1 in
    --preset) preset=${2:?--preset needs a name} && shift ;;
    --preset=*) preset=${1#*=} ;;
    *) arguments+=("$1") ;;
  esac
  shift
done
case $preset in
  dev | asan | tsan | release) ;;
  *) echo "tests/run.sh: no preset $preset; there are dev, asan, tsan and release" >&2 && exit 2 ;;
esac

say() { printf '== %s\n' "$*"; }

# ThreadSanitizer of g++ 12 does not know the address layout of newer kernels with all their
# randomisation.
fixed_layout=()
if [[ $preset == tsan ]] && setarch -R true 2>/dev/null; then fixed_layout=(setarch -R); fi
# What a library that was built without it does to its own static variables looks like a race.
if [[ $preset == tsan ]]; then
  export TSAN_OPTIONS="${TSAN_OPTIONS:+$TSAN_OPTIONS }ignore_noninstrumented_modules=1"
fi

say "packages: scripts/install-deps.sh --build --test"
scripts/install-deps.sh --build --test
say "configure: cmake --preset $preset"
cmake --preset "$preset" -DIOTCARD_TESTS=ON
say "build: cmake --build --preset $preset"
"${fixed_layout[@]}" cmake --build --preset "$preset"
say "test: ctest --preset $preset -j2 ${arguments[*]}"
"${fixed_layout[@]}" ctest --preset "$preset" -j2 "${arguments[@]}"
