#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the web console and writes it as sources of the daemon. build.sh WEB WORK OUT auto|on
#   WEB   the console's folder; nothing is written there
#   WORK  where it is copied to and built, with its packages at the versions and hashes of its
#         package-lock.json
#   OUT   where web_files.S and web_table.cpp are written
# With `auto`, a registry that cannot be reached makes an empty table, and the daemon says at / that
# it has no console; the next build tries again.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
web=$(realpath "$1")
work=$2
out=$3
mode=$4

mkdir -p "$work" "$out"
# What is no longer in the source must not stay in the copy; the packages may.
find "$work" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name cache ! -name '*.log' \
  -exec rm -rf {} +
tar -C "$web" --exclude=./node_modules --exclude=./dist -cf - . | tar -C "$work" -xf -
cd "$work"

# The lock file last, so that an installation that was interrupted is done again.
if ! cmp -s package-lock.json node_modules/.installed; then
  if ! npm ci --ignore-scripts --cache "$work/cache" --no-progress --no-audit --no-fund \
    --fetch-retries=1 >install.log 2>&1; then
    unreachable='ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|TIMEDOUT|ENETUNREACH|EHOSTUNREACH'
    if [[ $mode != auto ]] || ! grep -qE "$unreachable" install.log; then
      cat install.log >&2
      echo "web console: npm ci failed; to build without the console: -DIOTCARD_WEB=OFF" >&2
      exit 1
    fi
    echo "web console: npm's registry cannot be reached; the daemon is built without the console" >&2
    node "$here/embed.mjs" "" "$out"
    touch -d @0 "$out/web_files.S" "$out/web_table.cpp"  # older than the source: made again
    exit 0
  fi
  cp package-lock.json node_modules/.installed
fi

node build.mjs
node "$here/embed.mjs" "$work/dist" "$out"
