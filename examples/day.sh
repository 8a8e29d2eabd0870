#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The first week of an operator, from nothing: a thousand cards are imported, devices report, one has
# another card than yesterday, some cards need somebody's eye, and the HTTP API is asked. The list
# comes again with mistakes, firmware reports what nobody can read, a card is cloned, meters are
# replaced, and a colleague asks from another host. Everything is in a
# temporary folder; broker and daemon are ended and the folder is removed at the end. Needs
# Debian 12 or 13.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
example=day
# shellcheck source=examples/stage.sh
. examples/stage.sh

build_programs

run() {
  show "iotcardctl $*"
  "${ctl[@]}" "$@"
}

say "Morning: the carrier's list of a thousand cards"
card_list >"$dir/cards.csv"
card() { sed -n "$(($1 + 1))s/,.*//p" "$dir/cards.csv"; }
start_broker
api=$((port + 1))
configure "127.0.0.1:$api"
show "head -n 3 cards.csv"
head -n 3 "$dir/cards.csv"
run card import --dry-run "$dir/cards.csv"
run card import "$dir/cards.csv"

say "The daemon starts, and meters power up"
start_daemon
report() {
  mosquitto_pub -p "$port" -q 1 -t "/1/$1/info/post" -m "{\"rssi\":-43,\"iccid\":$2}" ||
    fail "mosquitto_pub failed" "$dir/mosquitto.log"
}
for ((i = 1; i <= 20; i++)); do report "METER$i" "$(card "$i")"; done
bound() { [[ $("${ctl[@]}" --json status | grep -o '"bindings":[0-9]*') == "\"bindings\":$1" ]]; }
wait_for bound 20 || fail "the meters are not bound" "$dir/iotcardd.log"
run device list --bound --limit 3

say "Noon: METER7 reports another card; its binding is held until somebody looks"
report METER7 "$(card 500)"
mismatch() { "${ctl[@]}" mismatch list | grep -q "$1"; }
wait_for mismatch METER7 || fail "no mismatch came" "$dir/iotcardd.log"
run mismatch list

say "The technician did swap it: accepted, and the binding follows"
id=$("${ctl[@]}" --json mismatch list | grep -o '"id":[0-9]*' | head -n 1 | cut -d: -f2)
run mismatch accept "$id"
run mismatch list
run card show "$(card 7)"

say "Afternoon: which cards need an eye? The worst first"
run card list --abnormal
run card list --reason expired

say "The same by HTTP"
get() {
  show "curl -s http://127.0.0.1:$api$1"
  curl -sS --fail-with-body "http://127.0.0.1:$api$1" || fail "no answer" "$dir/iotcardd.log"
  echo
}
get "/device/1/METER7"
get "/card/abnormal?pageSize=2"
get "/card/statistics?top=1"

say "Evening: a list for the files, and one for a colleague"
run card export "$dir/evening.csv"
[[ $(wc -l <"$dir/evening.csv") == 1001 ]] || fail "the export has not all cards"
run card list --status suspended -o csv --columns iccid,device,plan
run card list --status suspended --no-header --columns iccid

# What must fail, with status 1 and these words.
refused() {
  local words=$1 status=0
  shift
  show "iotcardctl $*"
  "${ctl[@]}" "$@" >"$dir/said" 2>&1 || status=$?
  cat "$dir/said"
  [[ $status == 1 ]] || fail "it ended with $status, not 1"
  grep -q -- "$words" "$dir/said" || fail "it did not say: $words"
}

say "The next morning: the same list again, harmless; then with new plans and a mistake"
run card import "$dir/cards.csv"
sed 's/Meter 30 MB/Meter 60 MB/; 4s/^[0-9]*/8986X/' "$dir/cards.csv" >"$dir/new.csv"
refused "nothing is imported" card import --strict --update --rejects "$dir/rejects.csv" "$dir/new.csv"
show "cat rejects.csv"
cat "$dir/rejects.csv"
sed -i 4d "$dir/new.csv"
run card import --update "$dir/new.csv"
run card set "$(card 500)" "plan=Meter 60 MB"
run card show "$(card 500)"

say "Noon: firmware prints what nobody can read; what would be made of it, and what becomes of it"
printf '{"rssi":-43,"iccid":"%s",' "$(card 30)" >"$dir/payload"
mosquitto_pub -p "$port" -q 1 -t /1/METER30/info/post -f "$dir/payload"
is_rejected() { "${ctl[@]}" rejected list --columns topic | grep -q METER30; }
wait_for is_rejected || fail "the report was not rejected" "$dir/iotcardd.log"
run rejected list
printf '{"rssi":-43,"iccid":"%s"}' "$(card 30)" >"$dir/payload"
run explain --device 1/METER30 "$dir/payload"
printf '{"rssi":-43,"iccid":"%s"}' "$(card 8)" >"$dir/payload"
run explain --device 1/METER30 "$dir/payload"

say "Evening: old rejected reports are removed, with a preview"
run rejected remove --before 0s --dry-run
refused "say --yes 1" rejected remove --before 0s
run rejected remove --before 0s --yes 1
run status

say "Wednesday: two meters report the same card in turn, so it was cloned"
report METER90 "$(card 1)"
listed() { "${ctl[@]}" "${@:2}" | grep -q -- "$1"; }
wait_for listed METER90 mismatch list || fail "no mismatch came" "$dir/iotcardd.log"
report METER1 "$(card 1)"
wait_for listed METER90 mismatch list --suspect cloned || fail "no clone" "$dir/iotcardd.log"
run mismatch list --suspect cloned
id_of() { "${ctl[@]}" --json mismatch list --device "$1" --all | sed -n 's/^.*"id":\([0-9]*\).*/\1/p' | head -n 1; }
run mismatch show "$(id_of 1/METER90)"

say "A test meter changes its card every day: that is known, and from now on silent"
report METER2 "$(card 502)"
wait_for listed METER2 mismatch list --kind device_has_other_card || fail "no mismatch came"
known=$(id_of 1/METER2)
run mismatch dismiss "$known" --reason "a test meter"
report METER2 "$(card 502)"
counted_twice() { "${ctl[@]}" --json mismatch list --state dismissed | grep -q '"count":2'; }
wait_for counted_twice || fail "the report did not count" "$dir/iotcardd.log"
run mismatch list --state dismissed
published() { [[ $("${ctl[@]}" events --kind mismatch --device 1/METER2 -o csv --no-header | wc -l) == "$1" ]]; }
wait_for published 2 || fail "expected one mismatch, and its end by the dismissal"

say "Thursday: three meters got new cards; what accepting them all would do, and then it is done"
for i in 3 4 5; do report "METER$i" "$(card $((500 + i)))"; done
three_swapped() { [[ $("${ctl[@]}" mismatch list --kind device_has_other_card --no-header | wc -l) == 4 ]]; }
wait_for three_swapped || fail "the swaps are not listed" "$dir/iotcardd.log"
run mismatch accept --kind device_has_other_card --state open --dry-run
refused "say --yes 3" mismatch accept --kind device_has_other_card --state open
run mismatch accept --kind device_has_other_card --state open --yes 3 --reason "meters replaced"

say "The test meter was no test meter: undone"
run mismatch reopen "$known"
run mismatch list --device 1/METER2

say "Friday: who has not been heard, who changed a card, and two cards that are gone"
run device list --not-seen 7d
run card set --status suspended "note=ask the carrier" --yes 4
run events --kind mismatch --since 1h --limit 3
run device remove --dry-run 1/METER90
run device remove 1/METER90
run card remove "$(card 900)" "$(card 901)"
refused "it was removed at" card show "$(card 900)"

say "A colleague on another host, with a token that may read"
printf 'token_file = "%s"\n' "$dir/tokens" >>"$dir/iotcardd.toml"
show "iotcardctl token add ann --read >ann.token"
"${ctl[@]}" token add ann --read >"$dir/ann.token"
chmod 600 "$dir/ann.token"
kill -HUP "${pids[-1]}"
needs_token() { ! curl -sf -o "$dir/answer" "http://127.0.0.1:$api/card/statistics"; }
wait_for needs_token || fail "the token file is not in force" "$dir/iotcardd.log"
remote() {
  show "iotcardctl --api http://127.0.0.1:$api --token-file ann.token $*"
  "$build/cli/iotcardctl" --api "http://127.0.0.1:$api" --token-file "$dir/ann.token" "$@"
}
remote status
remote card list --abnormal --limit 2
remote explain --device 1/METER30 "$dir/payload"

say "Done; broker, daemon and folder are being removed"
