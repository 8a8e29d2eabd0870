#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the broker of broker.js. broker.sh FOLDER PORT: FOLDER is where its packages are installed, at
# the versions and hashes of package-lock.json; nothing is written elsewhere. 77: there is no npm, or
# no registry to reach.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
port=$2

if ! command -v npm >/dev/null; then
  echo "aedes: there is no npm; install it for this test"
  exit 77
fi

mkdir -p "$folder"
cp "$here"/{package.json,package-lock.json,.npmrc,broker.js} "$folder"
cd "$folder"

# The lock file last, so that what is half installed is installed anew.
if ! cmp -s package-lock.json node_modules/.installed; then
  if ! npm ci --cache "$folder/cache" --no-progress --fetch-retries=1 >install.log 2>&1; then
    cat install.log
    if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|TIMEDOUT|ENETUNREACH' install.log; then
      exit 77
    fi
    exit 1
  fi
  cp package-lock.json node_modules/.installed
fi

exec node broker.js "$port"
