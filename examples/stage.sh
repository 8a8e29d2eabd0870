# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the examples share: a folder and a broker of their own, programs that are built or, with
# IOTCARD_BUILD, that were, and everything ended and removed at the end. To be sourced from the
# project's folder by a script that has set `example` to its name. `web=ON` builds the web console in,
# which needs npm; otherwise it is built in if npm is there.

build=${IOTCARD_BUILD:-build/quickstart}
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
  printf '\n%s: %s\n' "${example:?}" "$1" >&2
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

# What is built goes to a log. On a terminal ninja shows how far it is; otherwise there is a line
# every 15 seconds.
show_progress() {
  local line next=0 last=
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    if [[ $line != \[*Building* ]]; then continue; fi
    last=${line##*/}
    if ((SECONDS >= next)); then
      printf '%s %s\n' "${line%% *}" "$last"
      next=$((SECONDS + 15))
    fi
  done
}

# step WHAT COMMAND...: runs it and says how long it took.
step() {
  local begun=$SECONDS
  "${@:2}"
  printf '%s: %d min %02d s\n' "$1" $(((SECONDS - begun) / 60)) $(((SECONDS - begun) % 60))
}

configure_build() {
  cmake --preset release -B "$build" -DIOTCARD_TESTS=OFF -DIOTCARD_WEB="${web:-AUTO}" >"$dir/build.log" 2>&1 ||
    fail "cmake failed" "$dir/build.log"
}

compile() {
  local command=(cmake --build "$build" --target iotcardd iotcardctl)
  if [[ -t 1 ]]; then
    "${command[@]}" || fail "the build failed"
  else
    "${command[@]}" 2>&1 | show_progress "$dir/build.log" || fail "the build failed" "$dir/build.log"
  fi
}

build_programs() {
  if [[ ${IOTCARD_BUILD:-} ]]; then return; fi
  say "Packages and build"
  echo "The first build takes about six minutes of processor time; $(nproc) processors share it."
  step "packages" scripts/install-deps.sh --build --broker ${web:+--web}
  step "configuration" configure_build
  step "build" compile
  "$build/daemon/iotcardd" --version
}

start_broker() {
  for ((attempt = 0; attempt < 20; attempt++)); do
    port=$((20000 + RANDOM % 12000))
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

# A port that nobody listens on: the API's own if it is free.
free_port() {
  local candidate=8480
  while (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; do
    candidate=$((20000 + RANDOM % 12000))
  done
  echo "$candidate"
}

# The configuration of a daemon on that broker; `ctl` is iotcardctl on it. The argument is
# api.listen.
configure() {
  cat >"$dir/iotcardd.toml" <<END
[broker]
url = "mqtt://127.0.0.1:$port"
[store]
url = "sqlite:$dir/cards.db"
[intake]
dir = "$dir/intake"
[api]
listen = "$1"
END
  ctl=("$build/cli/iotcardctl" --config "$dir/iotcardd.toml")
}

start_daemon() {
  show "iotcardd --config iotcardd.toml &"
  "$build/daemon/iotcardd" --config "$dir/iotcardd.toml" >"$dir/iotcardd.log" 2>&1 &
  pids+=($!)
  online=$(mosquitto_sub -p "$port" -t iotcard/status -C 1 -W 20) ||
    fail "the daemon does not come online" "$dir/iotcardd.log"
  echo "iotcard/status: $online"
}

# A number with its check digit (ISO/IEC 7812).
with_luhn() {
  local sum=0 digit place double
  for ((place = ${#1} - 1, double = 1; place >= 0; place--, double = !double)); do
    digit=${1:place:1}
    if ((double)); then digit=$((digit * 2 > 9 ? digit * 2 - 9 : digit * 2)); fi
    sum=$((sum + digit))
  done
  echo "$1$(((10 - sum % 10) % 10))"
}

# A carrier's list of a thousand cards: some are suspended, some over their limit, one has expired.
card_list() {
  local i status used expires
  echo "iccid,operator,plan,status,limit_bytes,used_bytes,expires_at"
  for ((i = 1; i <= 1000; i++)); do
    status=active used=$((i % 23)) expires=2035-06-30
    if ((i % 250 == 0)); then status=suspended; fi
    if ((i % 333 == 0)); then used=31; fi
    if ((i == 777)); then expires=2026-01-31; fi
    printf '%s,China Mobile,Meter 30 MB,%s,30MB,%dMB,%s\n' \
      "$(with_luhn "$(printf '8986042936%09d' $((i * 7919)))")" "$status" "$used" "$expires"
  done
}
