#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each test that docs/acceptance.md names is there. acceptance.sh FILE BUILD
set -euo pipefail
names=$(ctest --test-dir "$2" -N | sed -n 's/^ *Test *#[0-9]*: *\([a-z]*\): */\1: /p')
missing=0
while read -r name; do
  grep -qxF -- "$name" <<<"$names" && continue
  echo "$1 names a test that is not there: $name"
  missing=1
done < <(grep -oE '`(unit|contract|system|examples): [^`]*`' "$1" | tr -d '`')
exit "$missing"
