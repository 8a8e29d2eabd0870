#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of scripts/deb.sh that runs inside the clean root, in a copy of the tree: installs what the
# build needs, builds into /packages, runs lintian.
#   deb-inside.sh bookworm|trixie amd64|arm64 [twice]
# With IOTCARD_KEEP_ROOT, compiles through a ccache in /ccache, which a later run finds again.
# Changes the root that it runs in; of no use elsewhere.
set -eu
suite=$1
architecture=$2
twice=${3:-}
native=$(dpkg --print-architecture)
export DEBIAN_FRONTEND=noninteractive

profiles=
if [ "$IOTCARD_WEB" = OFF ]; then profiles=pkg.iotcardd.noweb; fi
cross=
build_types=source,binary
if [ "$architecture" != "$native" ]; then
  dpkg --add-architecture "$architecture"
  cross="crossbuild-essential-$architecture qemu-user-static"
  profiles="$profiles cross nocheck"
  build_types=binary
fi
ccache=
if [ "${IOTCARD_KEEP_ROOT:-}" ]; then
  ccache=ccache
  export CCACHE_DIR=/ccache
fi
# shellcheck disable=SC2086,SC2116
profiles=$(echo $profiles | tr ' ' ,)
if [ "$suite" = trixie ]; then sed -i '1s/)/+deb13)/' debian/changelog; fi

echo "== packages that the build needs"
{
  apt-get -q update
  # shellcheck disable=SC2086
  apt-get -q install -y --no-install-recommends dpkg-dev build-essential lintian $cross $ccache
  # shellcheck disable=SC2086
  apt-get -q build-dep -y --no-install-recommends --host-architecture "$architecture" \
    ${profiles:+--build-profiles "$profiles"} ./
} >/packages.log 2>&1 || { tail -n 30 /packages.log && exit 1; }

build() { # FOLDER
  rm -rf "$1"
  mkdir -p "$1/iotcardd"
  tar -cf - --exclude=./build . | tar -C "$1/iotcardd" -xf -
  (cd "$1/iotcardd" && dpkg-buildpackage "--build=$build_types" -us -uc --host-arch "$architecture" \
    ${profiles:+--build-profiles="$profiles"}) >"$1/build.log" 2>&1 ||
    { tail -n 60 "$1/build.log" && exit 1; }
}

echo "== build for $architecture"
build /packages
cd /packages
if [ "$architecture" != "$native" ]; then
  echo "== the programs in an emulator"
  case $architecture in arm64) machine=aarch64 ;; *) machine=x86_64 ;; esac
  emulator=$(command -v "qemu-$machine-static" || command -v "qemu-$machine")
  programs=iotcardd/debian/iotcardd/usr/bin
  "$emulator" $programs/iotcardd --version
  "$emulator" $programs/iotcardd --check-config --config iotcardd/examples/iotcardd.toml
  "$emulator" $programs/iotcardctl explain --no-store iotcardd/examples/reports/documented.json
  "$emulator" $programs/iotcardctl --store sqlite:/packages/cards.db card import iotcardd/examples/cards.csv
  "$emulator" $programs/iotcardctl --store sqlite:/packages/cards.db card list
  rm /packages/cards.db*
fi
echo "== lintian"
lintian --version
lintian --info --pedantic --display-info --fail-on error,warning,info,pedantic ./*.changes ||
  { echo "lintian has found something" >&2 && exit 1; }
if [ "$twice" ]; then
  echo "== build in another folder"
  cd /iotcardd
  export CCACHE_DISABLE=1
  build /srv/second/folder
  for deb in /packages/*.deb; do
    cmp "$deb" "/srv/second/folder/${deb##*/}"
    echo "the same bits twice: $(sha256sum "$deb")"
  done
fi
