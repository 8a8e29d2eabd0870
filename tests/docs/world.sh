#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The machine in which a block of a document runs: called by run.sh in namespaces of its own, so that
# whatever the commands write to /etc and /var/lib is gone afterwards. The cards of cards.csv and of
# examples/cards.csv are stored, and nine devices have reported, which also answer when they are asked.
# METER7 has another card than before; seven reports could not be read. The folder has the files that
# the documents name.
#   world.sh [SCRIPT]    lines of FILE:LINE, exit status and command with tabs between them; without
# SCRIPT, stores the cards and the reports once, for all blocks
# Three things differ from the reader's machine: systemctl reaches the daemon of this world and no
# systemd; https://cards.example, the TLS proxy, is the daemon itself; and TOKEN is the token that
# ann.token has.
set -euo pipefail
script=${1:-}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source=$PWD
example=docs
# shellcheck source=examples/stage.sh
. examples/stage.sh

prepare_machine() {
  ip link set lo up
  local etc=$dir/etc
  cp -al "${IOTCARD_DOCS_START:?}/etc" "$etc"
  mkdir -p "$etc"/{iotcardd/platforms,credstore} "$dir"/{share/iotcardd,lib/iotcardd,bin}
  chmod 700 "$etc/credstore"
  cp examples/iotcardd.toml "$etc/iotcardd/"
  ln -s "$source/examples/platforms" "$source/examples/lists" "$dir/share/iotcardd/"
  mount --bind "$etc" /etc
  mount --bind "$dir/lib" /var/lib
  mount --bind "$dir/share" /usr/local/share
  ln -s "$build/daemon/iotcardd" "$build/cli/iotcardctl" "$dir/bin/"
  cat >"$dir/bin/systemctl" <<END
#!/bin/sh
# is-active, and reload as Type=notify-reload does it: until the daemon has loaded the file.
case \$1 in
  is-active) exec kill -0 "\$(cat $dir/daemon.pid)" ;;
  reload)
    kill -HUP "\$(cat $dir/daemon.pid)"
    for try in 1 2 3 4 5 6 7 8 9 10; do
      sleep 0.1
      if tail -n 3 $dir/iotcardd.log | grep -q ': reloaded'; then exit; fi
    done
    echo "the daemon does not reload" >&2 && exit 1 ;;
esac
echo "systemctl \$*: there is no systemd here" >&2
exit 1
END
  chmod 755 "$dir/bin/systemctl"
  # A command of a document cannot touch anything else. Where root is only mapped, mount may refuse, but
  # then the commands may not write there anyway.
  mkdir "$dir/tmp"
  mount --bind "$IOTCARD_DOCS_START/.." "$IOTCARD_DOCS_START/.."  # this folder too is there
  mount -o remount,bind,ro / 2>/dev/null || true
  export TMPDIR=$dir/tmp PATH=$dir/bin:$PATH:/usr/sbin
  echo fail-with-body >"$dir/.curlrc"  # a document shows no request that fails
  export HOME=$dir
}

# The files that the documents name, and the folder of the project beside them.
prepare_folder() {
  mkdir "$dir/work"
  cd "$dir/work"
  ln -s "$source"/{examples,schemas,docs} .
  cp "$IOTCARD_DOCS_START/cards.csv" .
  cp examples/lists/airvantage.csv list.csv
  cp list.csv export.csv
  cp examples/lists/airvantage.toml our-carrier.toml
  sed -n '2,121s/,.*//p' cards.csv >sold.txt
  cp examples/reports/documented.json payload.json
  echo "a password" >broker-password
}

start_broker() {
  port=1883
  printf 'listener 1883 127.0.0.1\nallow_anonymous true\nuser root\n' >"$dir/mosquitto.conf"
  mosquitto -c "$dir/mosquitto.conf" >"$dir/mosquitto.log" 2>&1 &
  pids+=($!)
  wait_for grep -q ' running$' "$dir/mosquitto.log" || fail "mosquitto does not start" "$dir/mosquitto.log"
}

start_service() {
  ln -s /etc/iotcardd/iotcardd.toml "$dir/iotcardd.toml"
  start_daemon
  echo "${pids[-1]}" >"$dir/daemon.pid"
}

card() { sed -n "$(($1 + 1))s/,.*//p" cards.csv; }
report() { mosquitto_pub -q 1 -t "/1/$1/info/post" -m "{\"rssi\":-43,\"iccid\":$2}"; }

# A device that is asked reports the card that it has now.
start_answers() {
  local topic device
  while read -r topic; do
    device=${topic#/1/METER}
    device=${device%%/*}
    report "METER$device" "$(card "$((device == 7 ? 500 : device))")"
  done < <(exec mosquitto_sub -F %t -t /1/+/info/get) &
  pids+=($!)
}

# The store and the journal that every block begins with.
prepare_store() {
  local i
  iotcardctl -q card import cards.csv
  iotcardctl -q card import examples/cards.csv
  for ((i = 1; i <= 9; i++)); do report "METER$i" "$(card "$i")"; done
  for ((i = 1; i <= 7; i++)); do report METER8 "[$i"; done
  report METER7 "$(card 500)"
  knows_mismatch() { iotcardctl mismatch list | grep -q METER7; }
  wait_for knows_mismatch || fail "the devices are not known" "$dir/iotcardd.log"
  kill "${pids[-1]}"
  wait "${pids[-1]}" || true
  cp -r "$dir/lib/iotcardd" "$IOTCARD_DOCS_START/"
}

# What goes on until somebody ends it is right if it still runs after two seconds.
is_endless() { [[ $1 == "iotcardctl tail"* || $1 == "curl -sN"* || $1 == *" --stay"* ]]; }

run_commands() {
  local where expected command status
  while IFS=$'\t' read -r where expected command <&3; do
    show "$command"
    command=${command//https:\/\/cards.example/http:\/\/127.0.0.1:8480}
    if [[ -s ann.token ]]; then command=${command//TOKEN/$(cat ann.token)}; fi
    status=0
    if is_endless "$command"; then
      timeout 2 bash -c "$command" >"$dir/said" 2>&1 || status=$?
      if ((status == 124)); then status=0; else status="$status within 2 s"; fi
    else
      eval "$command" </dev/null >"$dir/said" 2>&1 || status=$?
    fi
    if [[ $status != "$expected" ]]; then
      fail "$where: this command ended with $status, not $expected: $command" "$dir/said" "$dir/iotcardd.log"
    fi
  done 3<"$script"
}

prepare_machine
prepare_folder
start_broker
if [[ ! $script ]]; then
  start_service
  prepare_store
  exit
fi
cp -r "$IOTCARD_DOCS_START/iotcardd" /var/lib/
start_service
start_answers
run_commands
