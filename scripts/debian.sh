#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs this tree in a clean Debian 12 or 13: what the README tells a newcomer to run, or a command.
#   scripts/debian.sh [--again] bookworm|trixie [COMMAND...]
#     COMMAND  default: ./examples/quickstart.sh && ./tests/run.sh
#     --again  in the root as the last run left it, build folders and packages included
# Needs root and debootstrap, and asks the mirror that apt asks on this machine. Keeps in
# build/debian: NAME, the root; NAME.tar, the root before anything was run in it; NAME.debs, the
# packages. All mounts and processes are in namespaces of their own and end with the script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/apt-mirror.sh
. scripts/apt-mirror.sh

fail() { echo "debian.sh: $*" >&2 && exit 1; }

again=
if [[ ${1:-} == --again ]]; then again=1 && shift; fi
name=${1:-}
case $name in
  bookworm | trixie) shift ;;
  *) echo "Usage: debian.sh [--again] bookworm|trixie [COMMAND...]" >&2 && exit 2 ;;
esac
if (($# == 0)); then set -- sh -c './examples/quickstart.sh && ./tests/run.sh'; fi
((EUID == 0)) || fail "not root"
[[ $(type -P debootstrap) ]] || fail "no debootstrap; scripts/install-deps.sh --test installs it"

kept=$PWD/build/debian
root=$kept/$name
mkdir -p "$kept/$name.debs/partial"
use_proxy_of_apt

make_base() {
  local here mirror security
  here=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(mirror_of_apt "$here")
  security=$(mirror_of_apt "$here-security")
  rm -rf "$root"
  mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/test"
  debootstrap --variant=minbase --include=ca-certificates "$name" "$root" ${mirror:+"$mirror"} \
    >"$kept/$name.log" 2>&1 || fail "debootstrap failed; see $kept/$name.log"
  if [[ $security ]]; then
    echo "deb $security $name-security main" >>"$root/etc/apt/sources.list"
  fi
  # No service is started in a root that is not booted.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  echo "127.0.0.1 localhost" >"$root/etc/hosts"
  rm -f "$root"/var/cache/apt/archives/*.deb
  tar -C "$root" -cf "$kept/$name.tar.new" .
  mv "$kept/$name.tar.new" "$kept/$name.tar"
}

if [[ ! -e $kept/$name.tar ]]; then
  echo "== debootstrap $name; once"
  make_base
elif [[ ! $again || ! -d $root/iotcardd ]]; then
  rm -rf "$root"
  mkdir "$root"
  tar -C "$root" -xf "$kept/$name.tar"
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
# A proxy of this machine may have an authority of its own.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

# The tree as it is here, what is not committed included, and nothing that was built.
mkdir -p "$root/iotcardd"
find "$root/iotcardd" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do if [[ -e $file ]]; then printf '%s\0' "$file"; fi; done |
  tar --null -T - -cf - | tar -C "$root/iotcardd" -xf - --no-same-owner

echo "== Debian $(cat "$root/etc/debian_version"): $*"
# Number 1 of a namespace does not hear a signal that it does not handle, but it cannot outlive a KILL.
inside=
trap 'if [[ $inside ]]; then kill -KILL "$inside" 2>/dev/null || true; fi' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# shellcheck disable=SC2016
unshare --mount --propagation private --pid --fork --kill-child bash -c '
  set -e
  root=$1 debs=$2
  shift 2
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount --bind "$debs" "$root/var/cache/apt/archives"
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    TERM="${TERM:-dumb}" ${http_proxy:+http_proxy="$http_proxy"} \
    ${https_proxy:+https_proxy="$https_proxy"} \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    chroot "$root" sh -c "cd /iotcardd && exec \"\$@\"" sh "$@"' - "$root" "$kept/$name.debs" "$@" &
inside=$!
status=0
wait "$inside" || status=$?
inside=
exit "$status"
