#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian package in a clean root of a release, and checks it with lintian.
#   scripts/deb.sh [--twice] [bookworm|trixie] [amd64|arm64]
#     default  the release and the architecture of this machine
#     --twice  builds it again in another folder, with nothing cached, and compares bit by bit
#   scripts/deb.sh --from BUILD-FOLDER [OUT-FOLDER]
#     here, of programs that are built already, and without lintian: for tests. Needs debhelper
# Writes build/deb/RELEASE/iotcardd_VERSION_ARCHITECTURE.deb, -dbgsym, .changes and .buildinfo, and the
# source package. Another architecture than this machine's is cross-built, without the source package. A package for trixie has the version
# VERSION+deb13, so that an upgrade of Debian brings it.
# Needs root and debootstrap (see scripts/debian.sh), and the network: the web console is built with
# npm. IOTCARD_WEB=AUTO or OFF is passed on to debian/rules. IOTCARD_KEEP_ROOT=1 uses the root as the
# last run left it, which saves the installation of packages, and keeps a ccache in it.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$source"

fail() { echo "deb.sh: $*" >&2 && exit 1; }
usage() { sed -n '3,9s/^# \?//p' "$source/scripts/deb.sh" >&2 && exit 2; }

# Reproducible: files have the time of the changelog's entry, whoever builds, wherever.
build_from() {
  local built out work
  built=$(cd "$1" && pwd)
  out=${2:-$source/build/deb/from}
  [[ $(type -P dh) ]] || fail "no debhelper; scripts/install-deps.sh --package installs it"
  mkdir -p "$out"
  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  mkdir "$work/iotcardd"
  cp -a CMakeLists.txt debian systemd schemas examples "$work/iotcardd"
  mkdir "$work/iotcardd/lib" # what else debian/rules looks at is in the build folder
  (cd "$work/iotcardd" && IOTCARD_BUILT=$built DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}" \
    dpkg-buildpackage -d -b -us -uc) >"$out/build.log" 2>&1 || {
    tail -n 30 "$out/build.log" >&2
    fail "the package could not be built; see $out/build.log"
  }
  rm -f "$out"/*.deb
  cp "$work"/*.deb "$out"
  ls "$out"/*.deb
}

twice=
case ${1:-} in
  --from) shift && (($# >= 1 && $# <= 2)) || usage && build_from "$@" && exit ;;
  --twice) twice=1 && shift ;;
esac
(($# <= 2)) || usage
suite=${1:-$(. /etc/os-release && echo "${VERSION_CODENAME:-}")}
native=$(dpkg --print-architecture)
architecture=${2:-$native}
case $suite in bookworm | trixie) ;; *) usage ;; esac
case $architecture in amd64 | arm64) ;; *) usage ;; esac

out=build/deb/$suite
root=build/debian/$suite
mkdir -p "$out"
again=
if [[ ${IOTCARD_KEEP_ROOT:-} && -d $root/iotcardd ]]; then again=--again; fi
# shellcheck disable=SC2086
scripts/debian.sh $again "$suite" env IOTCARD_WEB="${IOTCARD_WEB:-ON}" \
  IOTCARD_KEEP_ROOT="${IOTCARD_KEEP_ROOT:-}" \
  scripts/deb-inside.sh "$suite" "$architecture" ${twice:+twice}
find "$out" -maxdepth 1 -name "iotcardd*_$architecture.*" -delete
find "$root/packages" -maxdepth 1 -type f -name 'iotcardd*' -exec cp -t "$out" {} +
echo "== $out"
ls -l "$out"
