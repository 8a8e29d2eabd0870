#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Debian's own Paho C (the MQTT library) for high performance: without trace lines and without
# tracking its heap. What comes out is a drop-in libpaho-mqtt3as.so.1 for LD_LIBRARY_PATH; nothing
# is installed.
#   bench/fast-paho.sh DIR
set -euo pipefail
target=${1:?Usage: fast-paho.sh DIR, where the library is put}
mkdir -p "$target"
target=$(cd "$target" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/install-deps.sh --build
command -v dpkg-source >/dev/null || {
  echo "fast-paho: dpkg-source is missing: apt-get install dpkg-dev" >&2
  exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/etc" "$work/lists/partial"
# The machine's own package sources, asked for source packages; their configuration stays as it is.
shopt -s nullglob
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [[ -e $list ]] && sed -n 's/^deb /deb-src /p' "$list" >>"$work/etc/sources.list"
done
mkdir "$work/etc/sources.list.d"
for list in /etc/apt/sources.list.d/*.sources; do
  sed 's/^Types:.*/Types: deb-src/' "$list" >"$work/etc/sources.list.d/${list##*/}"
done
touch "$work/etc/sources.list"
apt=(apt-get -q -o "Dir::Etc::sourcelist=$work/etc/sources.list"
  -o "Dir::Etc::sourceparts=$work/etc/sources.list.d" -o "Dir::State::lists=$work/lists"
  -o APT::Sandbox::User=root)
version=$(dpkg-query -W -f '${Version}' libpaho-mqtt1.3)
"${apt[@]}" update
(cd "$work" && "${apt[@]}" source "paho.mqtt.c=$version")

source=("$work"/paho.mqtt.c-*/)
cmake -S "${source[0]}" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DPAHO_HIGH_PERFORMANCE=ON -DPAHO_WITH_SSL=ON -DPAHO_BUILD_SHARED=ON -DPAHO_BUILD_STATIC=OFF \
  -DPAHO_ENABLE_TESTING=OFF -DPAHO_BUILD_SAMPLES=OFF -DPAHO_BUILD_DOCUMENTATION=OFF
cmake --build "$work/build" --target paho-mqtt3as
cp -P "$work"/build/src/libpaho-mqtt3as.so* "$target"
echo "fast-paho: LD_LIBRARY_PATH=$target, or bench/compare.sh --fast-paho $target"
