#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows iotcardd at work, from nothing: installs what is missing, builds, starts a broker of its own
# on a free port of the loopback interface, and sends four reports. Everything is in a temporary
# folder; broker and daemon are ended and the folder is removed at the end. Needs Debian 12 or 13.
#   quickstart.sh [--stay]
# --stay builds the web console in, prints its address, and keeps everything running until Ctrl+C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
example=quickstart
stay=
case ${1:-} in
  '') ;;
  --stay) stay=1 && web=ON ;;
  *) echo "quickstart.sh: unknown argument $1; usage: quickstart.sh [--stay]" >&2 && exit 2 ;;
esac
# shellcheck source=examples/stage.sh
. examples/stage.sh

build_programs

say "A broker of its own, and five cards"
start_broker
echo "mosquitto listens on 127.0.0.1:$port"
api=
if [[ $stay ]]; then api=127.0.0.1:$(free_port); fi
configure "$api"
show iotcardctl card import examples/cards.csv
"${ctl[@]}" card import examples/cards.csv

say "Somebody who watches, and the daemon"
show "iotcardctl tail &"
"${ctl[@]}" tail >"$dir/events" 2>"$dir/tail.log" &
pids+=($!)
"${ctl[@]}" --json tail >"$dir/events.json" 2>"$dir/tail-json.log" &
pids+=($!)
for log in tail.log tail-json.log; do
  wait_for grep -q '^listening to' "$dir/$log" || fail "tail hears no broker" "$dir/$log"
done
start_daemon

# Waits until both watchers have heard of an event, and shows what is new.
shown=0
expect() {
  if ! { wait_for grep -q "\"type\":\"iotcard.$1\"" "$dir/events.json" &&
    wait_for grep -q " $1 " "$dir/events"; }; then
    fail "no event $1 came" "$dir/events" "$dir/iotcardd.log"
  fi
  tail -n "+$((shown + 1))" "$dir/events"
  shown=$(wc -l <"$dir/events")
}

# Publishes a file as it is, byte for byte.
report() {
  local device=$1 file=$2 kind=$3
  show "mosquitto_pub -q 1 -t /1/$device/info/post -f examples/reports/$file"
  mosquitto_pub -p "$port" -q 1 -t "/1/$device/info/post" -f "examples/reports/$file" ||
    fail "mosquitto_pub failed" "$dir/mosquitto.log"
  expect "$kind"
}

say "The import has found cards that somebody must look at"
expect card.abnormal

say "The documented report, byte for byte: its ICCID is unquoted, so it is not JSON"
cat examples/reports/documented.json
report D6O0RUN27PPP documented.json binding.created
echo "The event as it was published:"
grep '"type":"iotcard.binding.created"' "$dir/events.json"

say "The same device with another SIM, as the modem answers AT+QCCID: the binding is held"
report D6O0RUN27PPP swapped.json mismatch.device_has_other_card

say "A card that is in no list"
report D6O0RUN28QQQ unknown.json mismatch.card_unknown

say "A number that went through a spreadsheet: nothing is bound by a guess"
report D6O0RUN29RRR invalid.json mismatch.iccid_invalid

say "What an operator sees"
for verb in "mismatch list" "card list" "device show 1/D6O0RUN27PPP"; do
  show "iotcardctl $verb"
  # shellcheck disable=SC2086
  "${ctl[@]}" $verb
done

if [[ $stay ]]; then
  say "The web console: http://$api/"
  echo "Four devices have reported. Send more, in another terminal:"
  show "mosquitto_pub -p $port -q 1 -t /1/D6O0RUN27PPP/info/post -f examples/reports/swapped.json"
  echo "Broker and daemon run until you press Ctrl+C; then they are ended, and their folder is removed."
  wait -n "${pids[@]}" || true  # the first that ends; Ctrl+C is the usual end
  fail "the daemon, the broker or a watcher has ended" "$dir/iotcardd.log" "$dir/mosquitto.log"
fi

say "Done; broker, daemon and folder are being removed"
echo "The programs stay: $build/daemon/iotcardd and $build/cli/iotcardctl"
