#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots a Debian in systemd-nspawn, and installs, upgrades, removes and purges the Debian package in
# it, from a signed repository. TAP on standard output; 77 where that cannot be done.
#   tests/systemd/package.sh BUILD-FOLDER
# The package is made of the programs in the build folder, or is the one that IOTCARD_DEB names.
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "$1" && pwd)
work=$build/tests/systemd
# shellcheck source=tests/systemd/container.sh
. "$source/tests/systemd/container.sh"

for program in dh reprepro gpg; do
  [[ -n $(type -P "$program") ]] || skip "no $program; scripts/install-deps.sh --package installs it"
done
begin "$0" "$@"
deb=${IOTCARD_DEB:-}
if [[ ! $deb ]]; then
  deb=$("$source/scripts/deb.sh" --from "$build" "$work/package") || fail "the package is built"
fi
echo "ok - the package is built"
mkdir -p "$root/opt/tests"
"$source/tests/systemd/package_versions.sh" "$deb" "$root/opt/tests/versions" \
  /opt/tests/versions >"$work/versions.log" 2>&1 || fail "its repository is made" "$work/versions.log"
echo "ok - its repository is made"
cp "$source"/tests/systemd/{package_checks,inside}.sh "$root/opt/tests/"

boot
say "booted $SECONDS s after the start"
inside timeout 300 /opt/tests/package_checks.sh /opt/tests/versions | tee "$work/package.tap"
say "done $SECONDS s after the start"
printf '1..%d\n' "$(($(grep -c '^ok ' "$work/package.tap") + 2))"
