#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes pictures of the web console's main screens, light and dark, in English and Chinese.
#   scripts/screenshots.sh FOLDER      builds build/dev first; IOTCARD_BUILD=DIR takes that build
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
  '' | -*) echo "usage: scripts/screenshots.sh FOLDER" >&2 && exit 2 ;;
esac
mkdir -p "$1"
IOTCARD_SCREENSHOTS=$(realpath "$1")
export IOTCARD_SCREENSHOTS

# Without a Chinese font the pictures have boxes in place of characters.
if command -v fc-list >/dev/null && [[ -z $(fc-list ':lang=zh-cn') ]]; then
  echo "screenshots: no font has Chinese characters: apt-get install fonts-noto-cjk" >&2
  exit 1
fi

build=${IOTCARD_BUILD:-build/dev}
if [[ -z ${IOTCARD_BUILD:-} ]]; then
  scripts/install-deps.sh --build --test
  cmake --preset dev -DIOTCARD_WEB=ON
  cmake --build "$build" --target iotcardd iotcardctl
fi
IOTCARDD=$(realpath "$build/daemon/iotcardd")
IOTCARDCTL=$(realpath "$build/cli/iotcardctl")
export IOTCARDD IOTCARDCTL IOTCARD_SOURCE_DIR=$PWD
exec tests/web/run.sh "$build/tests/web/run" screenshots.mjs
