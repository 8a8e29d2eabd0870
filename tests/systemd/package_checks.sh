#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# package_checks.sh - The life of the package on a systemd: installed, upgraded, downgraded, removed,
# purged, as apt does it. Runs as root where iotcardd was never installed, with mosquitto on port
# 1883. debian/tests/life runs it, too.
#   package_checks.sh FOLDER   what package_versions.sh has made
# It changes the sources of apt and removes the package: for a machine that can be thrown away.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
versions=$1
# shellcheck source=tests/systemd/inside.sh
. "$here/inside.sh"
export DEBIAN_FRONTEND=noninteractive
state=/var/lib/iotcardd
log=$place/apt.log

# Only the source of this test is asked, since there may be no network.
apt() {
  apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$place/sources" \
    -o APT::Get::List-Cleanup=0 "$@" >"$log" 2>&1 </dev/null
}
# As unattended-upgrades does it: who edited a configuration file keeps it, and nobody is asked.
install_version() { apt install -y --allow-downgrades -o Dpkg::Options::=--force-confold "$@"; }

use_repository() {
  rm -rf "$place/sources"
  install -D -m 0644 "$versions/$1/iotcardd.sources" "$place/sources/iotcardd.sources"
}
installed() { dpkg-query -W -f '${Version}' iotcardd; }
apt_said() { grep -qF -e "$1" "$log"; }
is() { [[ "$("${@:2}" 2>/dev/null)" == "$1" ]]; }
# What the package has made is there or is not there.
nothing_left() {
  local path
  for path in /usr/bin/iotcardd /usr/share/iotcardd /usr/share/doc/iotcardd /etc/iotcardd $state \
    /var/lib/private/iotcardd /etc/systemd/system/*/iotcardd.service \
    /var/lib/systemd/deb-systemd-helper-*/*iotcardd* /var/lib/dpkg/info/iotcardd.*; do
    if [[ -e $path || -L $path ]]; then printf '# %s is there\n' "$path" && return 1; fi
  done
  ! getent passwd iotcardd && ! getent group iotcardd
}
fail_with_log() { sed 's/^/#   apt: /' "$log" && fail "$1"; }
succeed() {
  local name=$1
  shift
  if "$@"; then ok "$name"; else fail_with_log "$name"; fi
}

from_a_repository() {
  use_repository first
  install -D -m 0644 "$versions/stranger.asc" /etc/apt/keyrings/iotcardd.asc
  expect "a repository that another key has signed is refused" fails apt update
  install -D -m 0644 "$versions/first/iotcardd.asc" /etc/apt/keyrings/iotcardd.asc
  succeed "the signed repository is read" apt update
  succeed "the package is installed from it" apt install -y iotcardd
  version=$(installed)
  expect "apt says that it is not started" apt_said "installed and not started"
  expect "the program has the package's version" \
    is "iotcardd ${version%%[+~-]*}" iotcardd --version
}

still_off() {
  expect "it is not enabled" is disabled systemctl is-enabled iotcardd
  expect "and not started" is inactive systemctl is-active iotcardd
  systemctl --quiet preset iotcardd 2>/dev/null || true
  expect "nor does a preset enable it" is disabled systemctl is-enabled iotcardd
  expect "the unit is in order" test -z "$(systemd-analyze verify --man=no iotcardd.service 2>&1)"
  expect "the configuration that is installed is valid" grep -q . <(iotcardd --check-config 2>&1)
  expect "and has no line in force" fails grep -qE '^[a-z]' "$config"
  expect "there is a folder for profiles, with nothing but its README" is README \
    ls /etc/iotcardd/platforms
  expect "each file is as it was packed" test -z "$(dpkg --verify iotcardd 2>&1)"
  expect "the account has no shell" grep -q '/nologin$' <(getent passwd iotcardd)
}

first_start() {
  expect "cards are imported before the first start" \
    iotcardctl card import /usr/share/doc/iotcardd/examples/cards.csv
  expect "into a store of the service" \
    is "iotcardd:iotcardd 640" stat -c '%U:%G %a' $state/cards.db
  expect "in a folder of the service" is "iotcardd:iotcardd 2750" stat -c '%U:%G %a' $state
  expect "the service is enabled and started" systemctl --quiet enable --now iotcardd
  await "it is connected" connected
  watch_events
  await "it says online" grep -qs '^iotcard/status .*"state":"online"' "$events"
  mosquitto_pub -q 1 -t /1/A/info/post -f /usr/share/doc/iotcardd/examples/reports/documented.json
  await "the documented payload becomes an event" event binding/created/1/A
}

upgrade_under_load() {
  local before reports
  before=$(pid)
  use_repository next
  succeed "the repository has a new version" apt update
  report_many U 1 400 &
  reports=$!
  await "reports stream in" event mismatch/card_unknown/1/U5
  succeed "the new version is installed" install_version iotcardd
  expect "while reports are sent" kill -0 "$reports"
  expect "it is the new version" is "$version+next1" installed
  expect "the service has been restarted" fails property_is MainPID "$before"
  await "and runs" connected
  expect "all reports have been sent" wait "$reports"
  await "and each has been applied" all_applied U 1 400
  expect "the bindings are as before" grep -q "$card" <(iotcardctl device show 1/A)
  expect "it is enabled as before" is enabled systemctl is-enabled iotcardd
}

edited_configuration() {
  sed -i 's/^#on_conflict = .*/on_conflict = "follow"/' "$config"
  cp "$config" "$place/edited.toml"
  systemctl stop iotcardd
  use_repository later
  succeed "the repository has another version" apt update
  succeed "with another configuration file" install_version iotcardd
  expect "the edited file is kept" cmp "$config" "$place/edited.toml"
  expect "beside the new one" grep -q "new in this version" "$config.dpkg-dist"
  expect "a service that was stopped stays so" is inactive systemctl is-active iotcardd
}

downgrade() {
  succeed "a downgrade is possible while the store has a schema that the older version knows" \
    install_version "$versions/next.deb"
  succeed "and the way back" install_version "$versions/later.deb"
  # The number that a newer program would have written: SQLite's user_version.
  printf '\0\0\0\2' | dd of=$state/cards.db bs=1 seek=60 conv=notrunc status=none
  expect "a downgrade is refused if the store has a newer schema" \
    fails install_version "$versions/next.deb"
  expect "in a sentence" apt_said "the card store has schema 2, and iotcardd $version+next1 knows"
  expect "the version is as it was" is "$version+next2" installed
  # shellcheck disable=SC2016
  expect "and the package is whole" is "install ok installed" \
    dpkg-query -W -f '${Status}' iotcardd
  expect "an older program does not touch the store" fails iotcardctl card list
  expect "and says why" grep -q "schema version 2.*newer program wrote it" \
    <(iotcardctl card list 2>&1 || true)
  systemctl start iotcardd 2>/dev/null || true
  await "the service says so, too" has_said 3 "a newer program wrote it"
  systemctl stop iotcardd
  printf '\0\0\0\1' | dd of=$state/cards.db bs=1 seek=60 conv=notrunc status=none
  systemctl start iotcardd
  await "the store is as it was" connected
}

removal() {
  expect "the service is running" is active systemctl is-active iotcardd
  install -D -m 0600 /dev/stdin "$credential" <<<"$secret"
  iotcardctl token add ann --read >/dev/null 2>&1
  succeed "the package is removed" apt remove -y iotcardd
  expect "the service was stopped" is inactive systemctl is-active iotcardd
  await "in order" status_says offline
  expect "the programs are gone" test ! -e /usr/bin/iotcardd
  expect "the store is kept" test -s $state/cards.db
  expect "and the configuration" cmp "$config" "$place/edited.toml"
  succeed "the package is installed again" install_version iotcardd
  expect "and not started by that" is inactive systemctl is-active iotcardd
  systemctl start iotcardd
  await "with the store of before" connected
  expect "and its bindings" grep -q "$card" <(iotcardctl device show 1/A)
  succeed "the package is purged" apt purge -y iotcardd
  expect "which stops the service" fails grep -qsx iotcardd /proc/[0-9]*/comm
  expect "and leaves nothing" nothing_left
  expect "but what the administrator has put into /etc/credstore" test -s "$credential"
}

[[ ! -e /usr/bin/iotcardd ]] || fail "iotcardd was never installed here"
from_a_repository
still_off
first_start
upgrade_under_load
edited_configuration
downgrade
removal
