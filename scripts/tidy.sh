#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy over the tree, or over the files given, with the checks of .clang-tidy.
#   scripts/tidy.sh [FILE...]
# Not over tests/support/preload, whose functions are the C library's under other parameter names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v run-clang-tidy >/dev/null; then
  echo "tidy: clang-tidy is not installed; as root: apt-get install clang-tidy" >&2
  exit 1
fi
# Each file by itself, without the precompiled header: so it shows what a file forgot to include.
cmake --preset dev -B build/tidy -DIOTCARD_TESTS=ON -DIOTCARD_UNITY=OFF \
  -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null

files=("$@")
if (($# == 0)); then files=("$PWD/(lib|daemon|cli|tests)/(?!support/preload).*\\.cpp$"); fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# It prints a command for each file; only what it found is of interest. The compiler's warnings are
# g++'s business.
if run-clang-tidy -quiet -p build/tidy -extra-arg=-w "${files[@]}" >"$log" 2>&1; then
  echo "tidy: nothing found"
else
  grep -vE '^(clang-tidy|[0-9]+ warnings? )|Suppressed|Use -header-filter' "$log"
  exit 1
fi
