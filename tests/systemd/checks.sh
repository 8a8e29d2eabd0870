#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# checks.sh - What is expected of the installed service on a systemd. Runs inside the container, as
# root: `checks.sh first`, and after a reboot `checks.sh second`.
set -euo pipefail
# shellcheck source=tests/systemd/inside.sh
. "$(dirname "${BASH_SOURCE[0]}")/inside.sh"

without_secrets() {
  expect "systemd-analyze verify has nothing to say of the unit" \
    test -z "$(systemd-analyze verify --man=no iotcardd.service 2>&1)"
  await "the service runs after the boot, without any credential" connected
  expect "it was started after the broker" test \
    "$(property ExecMainStartTimestampMonotonic)" -gt \
    "$(property ActiveEnterTimestampMonotonic mosquitto)"
  expect "its user is not root" test "$(stat -c %u "/proc/$(pid)")" -ne 0
  await "the status topic says online" status_says online
}

cards_before_the_first_start() {
  systemctl stop iotcardd
  rm -rf /var/lib/iotcardd
  mkdir /var/lib/iotcardd
  iotcardctl card add "$card" >/dev/null
  systemctl start iotcardd
  watch_events
  await "a store that root made before the first start is taken over" connected
  report A
  await "a report becomes an event" event binding/created/1/A
  systemctl stop iotcardd
  iotcardctl card add 89860617060065258667 >/dev/null
  systemctl start iotcardd
  report A
  await "root's iotcardctl does not lock the stopped service out" event binding/confirmed/1/A
}

reload() {
  local before
  before=$(pid)
  report B
  await "by the default a binding is held" event mismatch/card_in_use/1/B
  write_config 'on_conflict="follow"'
  expect "a reload with a good file succeeds" systemctl reload iotcardd
  await "and is done" has_said 6 "$config: reloaded"
  report B
  await "and takes effect" event binding/created/1/B

  write_config 'on_conflict="sometimes"'
  expect "a reload with a broken file fails where one sees it" fails systemctl reload iotcardd
  await "and says why as an error" has_said 3 "binding.on_conflict: expected one of"
  report A
  await "the running configuration stays in force" event_count_is binding/created/1/A 2
  expect "in the same process" property_is MainPID "$before"
}

numbered_cards() {
  echo iccid
  seq -f '8986061706%10.0f' $((1000000000 + $1)) $((1000000000 + $2))
}

import_over_http() {
  local body
  body=$(numbered_cards 1 50000)
  exec {api}<>/dev/tcp/127.0.0.1/8480
  printf 'POST /card/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n%s\r\n\r\n%s' \
    "Connection: close"$'\r\n'"Content-Length: ${#body}" "$body" >&"$api"
  cat <&"$api" >"$place/reply"
}

# The sandbox hides root's processes from the service.
as() { # USER GROUP COMMAND...
  local user=$1 group=$2
  shift 2
  setpriv --reuid="$user" --regid=nogroup --groups="$group" -- "$@"
}

readers() {
  expect "the folder of the store is for the service's group to read" \
    test "$(stat -c '%U:%G %a' /var/lib/iotcardd)" = "iotcardd:iotcardd 2750"
  expect "and so is the store" \
    test "$(stat -c '%U:%G %a' /var/lib/iotcardd/cards.db)" = "iotcardd:iotcardd 640"
  expect "a member of the group reads the store while the service runs" \
    grep -q "$card" <(as games iotcardd iotcardctl card list)
  expect "and changes nothing" fails as games iotcardd iotcardctl card set "$card" note=x
  expect "who is no member reads nothing" fails as games nogroup iotcardctl card list
  systemctl stop iotcardd
  expect "a member reads it while the service is stopped" \
    grep -q "$card" <(as games iotcardd iotcardctl card list)
  systemctl start iotcardd
  await "the service runs again" connected
}

api_answers() ( # TOKEN STATUS
  exec {api}<>/dev/tcp/127.0.0.1/8480
  printf 'GET /card/list HTTP/1.1\r\nHost: localhost\r\n%s\r\nConnection: close\r\n\r\n' \
    "Authorization: Bearer $1" >&"$api"
  read -r first <&"$api"
  [[ $first == "HTTP/1.1 $2 "* ]]
)

tokens() {
  local token
  token=$(iotcardctl token add ann --read 2>"$place/token.err")
  expect "a token file that root makes is for the service to read" \
    test "$(stat -c '%U:%G %a' /etc/iotcardd/tokens)" = "root:iotcardd 640"
  await "the service has been reloaded, and the token works" api_answers "$token" 200
  expect "and another does not" api_answers "not-$token" 401
  printf '%s\n' "$token" | install -m 0600 /dev/stdin "$place/token"
  expect "the tool works through the API" grep -q "$card" \
    <(iotcardctl --api http://127.0.0.1:8480 --token-file "$place/token" card list)
  expect "the token is taken back" iotcardctl token remove ann
  await "and is refused" api_answers "$token" 401
  rm /etc/iotcardd/tokens
  systemctl restart iotcardd
  await "without the file no token is needed" api_answers "$token" 200
}

imports() {
  write_config 'listen="127.0.0.1:8480"' 'on_conflict="follow"'
  systemctl restart iotcardd
  await "the service has an API" has_said 6 "the API listens on"

  mkfifo "$place/list"
  iotcardctl card import "$place/list" >"$place/imported" 2>&1 &
  local import=$!
  exec {list}>"$place/list"
  numbered_cards 60001 62000 >&"$list"
  expect "the service starts while root imports a list" systemctl restart iotcardd
  await "and works" connected
  seq -f '8986061706%10.0f' 1000062001 1000062100 >&"$list"
  exec {list}>&-
  expect "the import comes to its end" wait "$import"
  expect "and has lost no card" grep -q '^2100 of 2100 rows imported' "$place/imported"

  import_over_http &
  import=$!
  while kill -0 "$import" 2>/dev/null; do
    iotcardctl card set "$card" note=x >>"$place/set" 2>&1
  done
  expect "the API answers an import beside root's iotcardctl" wait "$import"
  expect "and all its cards are imported by the service itself" \
    grep -q '"imported":50000,' "$place/reply"
  expect "which root's iotcardctl leaves alone" fails grep -q "half way" "$place/set"
}

with_a_password() {
  mosquitto_passwd -c -b /etc/mosquitto/passwords iotcardd "$secret"
  chown mosquitto /etc/mosquitto/passwords
  printf 'listener 1883 127.0.0.1\nallow_anonymous false\npassword_file %s\n' \
    /etc/mosquitto/passwords >/etc/mosquitto/conf.d/password.conf
  login=(-u iotcardd -P "$secret")
  systemctl restart mosquitto
  watch_events
  await "a broker that refuses us is a warning" has_said 4 "refuses the connection"

  # shellcheck disable=SC2016
  write_config 'username="iotcardd"' \
    'password_file="$CREDENTIALS_DIRECTORY/iotcardd.broker-password"' 'on_conflict="follow"'
  expect "the service starts without the credential that its configuration names" \
    systemctl restart iotcardd
  await "and says which file it looks for" has_said 4 "cannot read the password from /run/cred"

  install -D -m 0600 /dev/stdin "$credential" <<<"$wrong_secret"
  local from
  from=$(now)
  systemctl restart iotcardd
  await "a wrong password is refused" has_said 4 "refuses the connection" "$from"
  install -D -m 0600 /dev/stdin "$credential" <<<"$secret"
  systemctl restart iotcardd
  await "a password from a credential works" connected
  expect "its source is for root only" test "$(stat -c '%U %a' "$credential")" = "root 600"
  expect "root's iotcardctl finds the same password by the same configuration" \
    grep -q '"state":"online"' <(iotcardctl --json status)
  expect "no password is in the journal, the status, the arguments or the environment" \
    no_secret_in_sight
}

no_secret_in_sight() {
  local seen
  seen=$(
    journalctl --no-pager && systemctl --no-pager --full status iotcardd && systemctl show iotcardd &&
      iotcardd --check-config && iotcardctl status &&
      tr '\0' '\n' <"/proc/$(pid)/cmdline" && tr '\0' '\n' <"/proc/$(pid)/environ"
  ) || return 1
  [[ $seen == *CREDENTIALS_DIRECTORY* && $seen != *"$secret"* && $seen != *"$wrong_secret"* ]]
}

kill_and_restart() {
  report_many K 1 60 &
  local reports=$!
  await "reports stream in" event mismatch/card_unknown/1/K5
  kill -KILL "$(pid)"
  expect "reports are sent while the service is being killed" wait "$reports"
  await "a service that was killed is restarted" property_is NRestarts 1
  await "each of these reports is applied" all_applied K 1 60

  kill -KILL "$(pid)"
  await "there is a pause before a restart" property_is SubState auto-restart
  report D1 8986000000000C000001
  expect "reports are sent while the service is down" property_is SubState auto-restart
  report_many D 2 20
  await "each of these is applied, too" all_applied D 1 20
}

watchdog_barked() { journalctl --no-pager -o cat -u iotcardd | grep -q "Watchdog timeout"; }

hang() {
  mkdir -p /run/systemd/system/iotcardd.service.d
  printf '[Service]\nWatchdogSec=5s\n' >/run/systemd/system/iotcardd.service.d/watchdog.conf
  systemctl daemon-reload
  systemctl restart iotcardd
  await "the service is up" connected
  kill -STOP "$(pid)"
  await "a service that hangs is ended by the watchdog" watchdog_barked
  await "and restarted" property_is NRestarts 1
  await "and works" connected
  rm -r /run/systemd/system/iotcardd.service.d
  systemctl daemon-reload
}

wrong_from_the_start() {
  write_config 'on_conflict="sometimes"'
  expect "a start with a wrong configuration fails" fails systemctl restart iotcardd
  expect "for good: the unit is failed" property_is SubState failed
  expect "with exit status 3" property_is ExecMainStatus 3
  write_config 'on_conflict="follow"'

  mkdir -p /run/systemd/system/iotcardd.service.d
  printf '[Service]\nExecStart=\nExecStart=/usr/bin/iotcardd --nonsense\n' \
    >/run/systemd/system/iotcardd.service.d/call.conf
  systemctl daemon-reload
  expect "a start with a wrong call fails" fails systemctl start iotcardd
  expect "with exit status 2" property_is ExecMainStatus 2
  expect "for good, too" property_is SubState failed
  rm -r /run/systemd/system/iotcardd.service.d
  systemctl daemon-reload
}

one_error_since() { [[ $(said 3 "$1" | wc -l) == 1 ]]; }

store_fails() {
  local from
  from=$(now)
  mv /var/lib/iotcardd/cards.db "$place/cards.db"
  echo "this is no database, whatever its name may say of it" >/var/lib/iotcardd/cards.db
  systemctl start iotcardd 2>/dev/null || true
  await "a store that cannot be opened is tried again later" property_is SubState auto-restart
  await "and is one line of error" one_error_since "$from"
  mv "$place/cards.db" /var/lib/iotcardd/cards.db
  # shellcheck disable=SC2016
  write_config 'username="iotcardd"' \
    'password_file="$CREDENTIALS_DIRECTORY/iotcardd.broker-password"' 'on_conflict="follow"'
  await "the service comes up by itself once the store is well" connected
}

# The drop-in of this test makes 5 the priority of a line that says none.
priorities() {
  expect "the life cycle is information in the journal" has_said 6 "runs; store sqlite:"
  expect "no line of ours is without a priority" test -z "$(said 5)"
  expect "no priority is left in a text" \
    test -z "$(journalctl --no-pager -o cat SYSLOG_IDENTIFIER=iotcardd | grep '^<')"
}

after_a_reboot() {
  login=(-u iotcardd -P "$secret")
  watch_events
  await "the service runs after a reboot" connected
  expect "cards survive a reboot" grep -q "$card" <(iotcardctl card list)
  expect "bindings survive a reboot" grep -q "$card" <(iotcardctl device show 1/A)
  local count
  count=$(grep -cs "^iotcard/event/binding/confirmed/1/A " "$events")
  report A
  await "and the next report confirms" event_count_is binding/confirmed/1/A "$((count + 1))"
}

stop() {
  local begin=$SECONDS
  expect "the service stops" systemctl stop iotcardd
  expect "within 5 seconds" test $((SECONDS - begin)) -le 5
  expect "cleanly" test "$(property Result) $(property ExecMainStatus)" = "success 0"
  await "and the status topic says offline" status_says offline
}

case $1 in
  first)
    without_secrets
    cards_before_the_first_start
    readers
    tokens
    reload
    imports
    with_a_password
    kill_and_restart
    hang
    wrong_from_the_start
    store_fails
    priorities
    ;;
  second)
    after_a_reboot
    stop
    ;;
esac
