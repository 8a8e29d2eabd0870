#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the parsers with libFuzzer, one target after the other, AddressSanitizer and
# UndefinedBehaviorSanitizer watching, and prints a table of what was done.
#   scripts/fuzz.sh [--seconds N] [TARGET...]     default: 60 seconds each, all of tests/fuzz
# What a target learns stays in build/fuzz/corpus/TARGET, what it finds in
# build/fuzz/findings/TARGET. Exit status: 0 nothing found, 1 something found, 2 wrong usage.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

all=()
for source in tests/fuzz/*_fuzz.cpp; do
  name=${source##*/}
  all+=("${name%_fuzz.cpp}")
done

usage() {
  echo "Usage: fuzz.sh [--seconds N] [TARGET...]"
  echo "Targets: ${all[*]}"
}

seconds=60
targets=()
while (($# > 0)); do
  case $1 in
    --seconds) seconds=${2:?--seconds needs a number} && shift ;;
    --seconds=*) seconds=${1#*=} ;;
    -h | --help) usage && exit 0 ;;
    *)
      if [[ " ${all[*]} " != *" $1 "* ]]; then
        echo "fuzz.sh: no target $1" >&2
        usage >&2
        exit 2
      fi
      targets+=("$1")
      ;;
  esac
  shift
done
if [[ ! $seconds =~ ^[1-9][0-9]*$ ]]; then
  echo "fuzz.sh: --seconds $seconds is not a number above 0" >&2 && exit 2
fi
if ((${#targets[@]} == 0)); then targets=("${all[@]}"); fi

scripts/install-deps.sh --build --test --fuzz
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz

build=build/fuzz
count_findings() { find "$build/findings/$1" -type f | wc -l; }
# The number behind `stat::NAME:` in libFuzzer's last words.
stat() { sed -n "s/^stat::$1: *//p" "$2" | tail -1; }
# The edges covered once the seeds were read (1), or at the end ($).
coverage() { sed -n 's/^#.* cov: \([0-9]*\).*/\1/p' "$1" | sed -n "$2p"; }

rows=()
found=0
for target in "${targets[@]}"; do
  corpus=$build/corpus/$target
  findings=$build/findings/$target
  log=$build/$target.log
  mkdir -p "$corpus" "$findings"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256
    -print_final_stats=1 -artifact_prefix="$findings/")
  if [[ -f tests/fuzz/$target.dict ]]; then options+=(-dict="tests/fuzz/$target.dict"); fi
  folders=("$corpus")
  files=()
  while read -r seed; do
    if [[ -d $seed ]]; then folders+=("$seed"); else files+=("$seed"); fi
  done <"$build/tests/fuzz/$target.seeds"
  if ((${#files[@]} > 0)); then
    options+=(-seed_inputs="$(IFS=, && echo "${files[*]}")")
  fi
  before=$(count_findings "$target")
  echo "== $target, $seconds s; log: $log"
  status=0
  "$build/tests/fuzz/${target}_fuzz" "${options[@]}" "${folders[@]}" >"$log" 2>&1 || status=$?
  new=$(($(count_findings "$target") - before))
  if ((status != 0 || new > 0)); then
    found=1
    grep -vE '^#[0-9]+\s+(NEW|REDUCE|pulse|RELOAD)' "$log" | tail -40
  fi
  executions=$(stat number_of_executed_units "$log")
  speed=$(stat average_exec_per_sec "$log")
  edges=$(coverage "$log" '$')
  seeds=$(coverage "$log" 1)
  rows+=("$target ${executions:-0} ${speed:-0} ${edges:-0} $((${edges:-0} - ${seeds:-0})) $new")
done

printf '\n%-10s %12s %8s %8s %8s %9s\n' target executions exec/s edges new findings
for row in "${rows[@]}"; do
  read -r -a column <<<"$row"
  printf '%-10s %12s %8s %8s %8s %9s\n' "${column[@]}"
done
exit $found
