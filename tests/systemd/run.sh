#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots a Debian in systemd-nspawn with mosquitto and the installed program, and checks what the
# service does on a real systemd. TAP on standard output; 77 where no container can be made.
#   tests/systemd/run.sh BUILD-FOLDER
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "$1" && pwd)
work=$build/tests/systemd
# shellcheck source=tests/systemd/container.sh
. "$source/tests/systemd/container.sh"

begin "$0" "$@"
DESTDIR=$root cmake --install "$build" --prefix /usr >"$work/install.log" ||
  fail "the program is installed" "$work/install.log"
for file in usr/bin/iotcardd usr/bin/iotcardctl usr/lib/systemd/system/iotcardd.service \
  usr/lib/sysusers.d/iotcardd.conf \
  usr/share/doc/iotcardd/iotcardd.toml; do
  [[ -s $root/$file ]] || fail "/$file is installed"
done
echo "ok - unit, programs and sample configuration are installed"

install -D -m 0644 "$root/usr/share/doc/iotcardd/iotcardd.toml" "$root/etc/iotcardd/iotcardd.toml"
mkdir -p "$root/etc/systemd/system/iotcardd.service.d" "$root/opt/tests"
printf '[Service]\nSyslogLevel=notice\n' >"$root/etc/systemd/system/iotcardd.service.d/test.conf"
cp "$source"/tests/systemd/{checks,inside}.sh "$root/opt/tests/"
systemd-sysusers --root="$root" iotcardd.conf >"$work/sysusers.log" 2>&1 ||
  fail "the service's user can be made" "$work/sysusers.log"
systemctl --quiet --root="$root" enable iotcardd.service 2>"$work/enable.log" ||
  fail "the service can be enabled" "$work/enable.log"

boot
say "booted $SECONDS s after the start"
inside timeout 400 /opt/tests/checks.sh first | tee "$work/checks.tap"
reboot
inside timeout 150 /opt/tests/checks.sh second | tee -a "$work/checks.tap"
say "done $SECONDS s after the start"
printf '1..%d\n' "$(($(grep -c '^ok ' "$work/checks.tap") + 1))"
