#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a file of the web console's tests in Chromium. run.sh FOLDER setup|FILE.mjs|/PATH/FILE.mjs
#   FOLDER  where the tests are copied to, and their packages are installed at the versions and hashes
#           of package-lock.json; nothing is written elsewhere but temporary files
#   setup   the packages, and the store that the tests share
#   /PATH/  a program that is no test, such as bench/console/console.mjs
# Needs IOTCARDD, IOTCARDCTL and IOTCARD_SOURCE_DIR. 77: there is no npm, no Chromium, or no registry
# to reach.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
what=$2

for program in npm node "${CHROMIUM:-chromium}"; do
  if ! command -v "$program" >/dev/null; then
    echo "web: there is no $program; scripts/install-deps.sh --test"
    exit 77
  fi
done
CHROMIUM=$(command -v "${CHROMIUM:-chromium}")
export CHROMIUM

mkdir -p "$folder"
folder=$(realpath "$folder")
rm -rf "$folder/harness" "$folder"/*.mjs
cp -r "$here"/{package.json,package-lock.json,.npmrc,harness} "$here"/*.mjs "$folder"
cd "$folder"

# The lock file last, so that an installation that was interrupted is done again.
if ! cmp -s package-lock.json node_modules/.installed; then
  if ! npm ci --ignore-scripts --cache "$folder/cache" --no-progress --fetch-retries=1 \
    >install.log 2>&1; then
    cat install.log
    if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|TIMEDOUT|ENETUNREACH' install.log; then
      exit 77
    fi
    exit 1
  fi
  cp package-lock.json node_modules/.installed
fi

export IOTCARD_WEB_WORK=$folder
if [[ $what == setup ]]; then
  rm -rf failed
  exec node --input-type=module \
    -e "import {fleet} from '$folder/harness/fleet.mjs'; console.log(await fleet());"
fi
if [[ $what == /* ]]; then
  cp "$what" .
  exec node "${what##*/}"
fi
exec node --test --test-reporter=spec "$what"
