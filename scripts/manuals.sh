#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes into the manual pages of iotcardctl (docs/man) what its --help says: the lines between
# "; begin PART" and "; end" are what `iotcardctl __manual PART` prints. They are kept in the pages,
# so that manuals can be built without running the program, such as for another processor.
# usage: manuals.sh [--check] IOTCARDCTL     --check changes nothing; exit status 1: they have parted
set -euo pipefail
check=
if [[ ${1:-} == --check ]]; then check=1 && shift; fi
if (($# != 1)) || [[ ! -x $1 ]]; then
  echo "usage: manuals.sh [--check] build/dev/cli/iotcardctl" >&2
  exit 2
fi
program=$(realpath "$1")
cd "$(dirname "$0")/../docs/man"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

parted=0
for page in iotcardctl*.scd; do
  while IFS= read -r line; do
    [[ $line == '; end' ]] && inside=
    [[ ${inside:-} ]] || printf '%s\n' "$line"
    [[ $line == '; begin '* ]] || continue
    inside=1
    echo
    "$program" __manual "${line#; begin }" | grep . >/dev/null ||
      { echo "$page: the program has no part \"${line#; begin }\"" >&2; exit 1; }
    "$program" __manual "${line#; begin }"
  done <"$page" >"$dir/$page"
  cmp -s "$page" "$dir/$page" && continue
  parted=1
  if [[ $check ]]; then
    diff -u "$page" "$dir/$page" | head -n 40 || true
  else
    cat "$dir/$page" >"$page"
  fi
done
if [[ $check && $parted == 1 ]]; then
  echo "The pages and the program have parted: scripts/manuals.sh $program" >&2
  exit 1
fi
