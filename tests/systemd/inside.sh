# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# inside.sh - What the checks in the container share: a line for each of them, waiting, the broker
# and the service. To be sourced, as root, inside.

config=/etc/iotcardd/iotcardd.toml
sample=/usr/share/doc/iotcardd/iotcardd.toml
credential=/etc/credstore/iotcardd.broker-password
place=/var/tmp/iotcardd-test
events=$place/events
card=898604293620C0000970
secret=correct-horse-7
wrong_secret=battery-staple-8
login=()
watcher=

mkdir -p "$place"

ok() { printf 'ok - %s\n' "$1"; }

fail() {
  printf 'not ok - %s\n' "$1"
  {
    systemctl --no-pager --full status iotcardd mosquitto || true
    journalctl --no-pager -o short-monotonic -n 60 || true
    grep -v '^\(#\|$\)' "$config" || true
    tail -n 20 "$events" || true
  } 2>&1 | sed 's/^/#   /'
  exit 1
}

expect() {
  local name=$1
  shift
  if "$@"; then ok "$name"; else fail "$name"; fi
}

# Looks every 50 ms, for at most 30 s.
await() {
  local name=$1 until=$((SECONDS + 30))
  shift
  while ((SECONDS <= until)); do
    if "$@"; then ok "$name" && return; fi
    sleep 0.05
  done
  fail "$name"
}

fails() { ! "$@" 2>/dev/null; }

property() { systemctl show --property "$1" --value "${2:-iotcardd}"; }
property_is() { [[ $(property "$1") == "$2" ]]; }
pid() { property MainPID; }
connected() { [[ $(property StatusText) == "connected to "* ]]; }

# Lines of the service's programs with a priority, from a time on if one is given.
said() {
  journalctl --no-pager -o cat SYSLOG_IDENTIFIER=iotcardd "PRIORITY=$1" ${2:+--since="$2"}
}
has_said() { said "$1" "${3:-}" | grep -qF -e "$2"; }
now() { date +@%s.%6N; }

# The sample with some of its keys taken into use: KEY=VALUE…
write_config() {
  cp "$sample" "$config.new"
  local setting
  for setting in "$@"; do
    sed -i "s|^#${setting%%=*} = .*|${setting%%=*} = ${setting#*=}|" "$config.new"
  done
  mv "$config.new" "$config"
}

watch_events() {
  if [[ $watcher ]]; then
    kill "$watcher"
    wait "$watcher" || true
  fi
  mosquitto_sub "${login[@]}" -i watcher -c -q 1 -t 'iotcard/#' -F '%t %p' >>"$events" 2>/dev/null &
  watcher=$!
}
trap 'if [[ $watcher ]]; then kill "$watcher"; fi' EXIT

event() { grep -qs "^iotcard/event/$1 " "$events"; }
event_count_is() { [[ $(grep -cs "^iotcard/event/$1 " "$events") == "$2" ]]; }
status_says() {
  mosquitto_sub "${login[@]}" -t iotcard/status -C 1 -W 5 2>/dev/null | grep -q "\"state\":\"$1\""
}

report() {
  mosquitto_pub "${login[@]}" -q 1 -t "/1/$1/info/post" -m "{\"rssi\":23,\"iccid\":${2:-$card}}"
}
# Cards that nobody knows, one for each device: PREFIX FIRST LAST
report_many() {
  local i
  for ((i = $2; i <= $3; i++)); do
    report "$1$i" "$(printf '8986000000000C%06d' "$i")" || return 1
  done
}
all_applied() {
  local i
  for ((i = $2; i <= $3; i++)); do event "mismatch/card_unknown/1/$1$i" || return 1; done
}
