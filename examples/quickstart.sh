#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows iotcardd at work, from nothing: installs what is missing, builds, starts a broker of its own
# on a free port of the loopback interface, and sends four reports. Everything is in a temporary
# folder; broker and daemon are ended and the folder is removed at the end. Needs Debian 12.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=build/quickstart
dir=$(mktemp -d)
pids=()

say() { printf '\n== %s\n' "$*"; }
show() { printf '   $ %s\n' "$*"; }

clean_up() {
  local status=$?
  trap - EXIT
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  rm -rf "$dir"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  printf '\nquickstart: %s\n' "$1" >&2
  for log in "${@:2}"; do
    if [[ -s $log ]]; then printf -- '-- %s\n%s\n' "${log##*/}" "$(tail -n 30 "$log")" >&2; fi
  done
  exit 1
}

# Looks every 50 ms, for at most 20 s.
wait_for() {
  for ((i = 0; i < 400; i++)); do
    if "$@" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  return 1
}

say "Packages and build (the first time takes a few minutes)"
scripts/install-deps.sh --build --broker
cmake --preset release -B "$build" -DIOTCARD_TESTS=OFF >"$dir/build.log" 2>&1 ||
  fail "cmake failed" "$dir/build.log"
cmake --build "$build" --target iotcardd iotcardctl >"$dir/build.log" 2>&1 ||
  fail "the build failed" "$dir/build.log"
"$build/daemon/iotcardd" --version

start_broker() {
  for ((attempt = 0; attempt < 20; attempt++)); do
    port=$((20000 + RANDOM % 20000))
    printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$port" \
      >"$dir/mosquitto.conf"
    PATH=$PATH:/usr/sbin mosquitto -c "$dir/mosquitto.conf" >"$dir/mosquitto.log" 2>&1 &
    local pid=$!
    pids+=("$pid")
    # A port that somebody else has makes mosquitto end.
    listening_or_ended() { [[ ! -d /proc/$pid ]] || grep -q ' running$' "$dir/mosquitto.log"; }
    wait_for listening_or_ended || break
    if [[ -d /proc/$pid ]]; then return; fi
    wait "$pid" || true
    unset 'pids[-1]'
  done
  fail "mosquitto does not start" "$dir/mosquitto.log"
}

say "A broker of its own, and five cards"
start_broker
echo "mosquitto listens on 127.0.0.1:$port"
cat >"$dir/iotcardd.toml" <<END
[broker]
url = "mqtt://127.0.0.1:$port"
[store]
url = "sqlite:$dir/cards.db"
[intake]
dir = "$dir/intake"
[api]
listen = ""
END
ctl=("$build/cli/iotcardctl" --config "$dir/iotcardd.toml")
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
show "iotcardd --config iotcardd.toml &"
"$build/daemon/iotcardd" --config "$dir/iotcardd.toml" >"$dir/iotcardd.log" 2>&1 &
pids+=($!)
online=$(mosquitto_sub -p "$port" -t iotcard/status -C 1 -W 20) ||
  fail "the daemon does not come online" "$dir/iotcardd.log"
echo "iotcard/status: $online"

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

say "Done; broker, daemon and folder are being removed"
