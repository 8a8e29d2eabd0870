#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds an OpenAPI description against the rules of a public linter, @redocly/cli from npm.
# lint.sh FOLDER FILE: FOLDER is where the linter is installed, at the versions and hashes of
# package-lock.json; nothing is written elsewhere. 77: there is no npm, or no registry to reach.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
file=$(realpath "$2")

if ! command -v npm >/dev/null; then
  echo "lint: there is no npm; install it for this test"
  exit 77
fi

mkdir -p "$folder"
folder=$(realpath "$folder")
cp "$here"/{package.json,package-lock.json,.npmrc,redocly.yaml} "$folder"
cd "$folder"

# The lock file last, so that what is half installed is installed anew.
if ! cmp -s package-lock.json node_modules/.installed; then
  registry=$(npm config get registry)
  # Some registries do not know ping; one that answers anything can be reached.
  unreachable='ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|TIMEDOUT|TIMEOUT|ENETUNREACH|EHOSTUNREACH'
  if ! npm ping --fetch-retries=0 --fetch-timeout=20000 >ping.log 2>&1 &&
    grep -qE "$unreachable" ping.log; then
    echo "lint: the registry $registry cannot be reached"
    exit 77
  fi
  npm ci --cache "$folder/cache" --no-progress
  cp package-lock.json node_modules/.installed
fi

export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
exec node_modules/.bin/redocly lint --config redocly.yaml --max-problems 50 "$file"
