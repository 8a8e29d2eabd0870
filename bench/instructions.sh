#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts the instructions of each step of one report, with valgrind's callgrind: the same on every
# machine with the same compiler and libraries, however busy it is.
#   bench/instructions.sh [REPORTS]     default 2000
#   bench/instructions.sh --costs STEP  and where they go in one step, such as step_apply_created
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

steps='step_*'
reports=2000
costs=
if [[ ${1:-} == --costs ]]; then
  costs=${2:?--costs needs the name of a step}
  steps="$costs*"
elif [[ ${1:-} ]]; then
  reports=$1
fi
scripts/install-deps.sh --build --test --bench
cmake --preset release -DIOTCARD_TESTS=ON >/dev/null
cmake --build --preset release --target micro >&2

out=$(mktemp)
trap 'rm -f "$out"' EXIT
# run MODE STEPS: names without their arguments, so that a step is one line.
run() {
  valgrind --tool=callgrind --callgrind-out-file="$out" --collect-atstart=no \
    --toggle-collect="iotcard::$2" build/release/bench/micro "$1" "$reports" 2>/dev/null
}
# print DIVISOR: the instructions of each step by it.
print() {
  callgrind_annotate --inclusive=yes --threshold=99.99 --auto=no "$out" 2>/dev/null |
    awk -v divisor="$1" '
      match($0, /iotcard::step_[a-z_]+\(/) {
        name = substr($0, RSTART + 9, RLENGTH - 10)
        count = $1
        gsub(",", "", count)
        if (count + 0 > most[name]) most[name] = count + 0
      }
      END { for (name in most) printf "%-24s %12.0f\n", name, most[name] / divisor }' | sort -k2 -n
}

mode=--steps
case $costs in step_report_*) mode=--daemon-steps ;; esac
if [[ $costs ]]; then
  run "$mode" "$steps"
  echo "instructions of $reports × $costs, by function, without what it calls"
  callgrind_annotate --inclusive=no --threshold=90 --auto=no "$out" | sed -n '/file:function/,$p' |
    sed -E 's/\[[^]]*\]$//; s/^([^(]*\([^)]*\)).*\/([^/]*:)/\1 \2/' | head -40
  exit
fi
printf '%-24s %12s\n' step instructions
run --steps 'step_*'
print "$reports"
echo "a confirmed report with all that follows: nothing else on, history on, all on"
run --daemon-steps 'step_report_*'
print $((24 * reports))  # DaemonBench::rounds
