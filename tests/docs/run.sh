#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the commands of the documents as a reader would, and expects each to succeed: those of the
# fenced sh blocks of README.md, CONTRIBUTING.md, docs/ and the folders of examples/. Each block has a
# machine of its own: namespaces with their own network, /etc, /var/lib and processes, in which the
# programs are installed, a broker listens on 1883 and a daemon on 8480 (world.sh). So the commands run
# as they are written, with the default paths and ports, without root and without a network.
# not_run.tsv names the commands that cannot run so, each with its reason, and those that rightly end
# with another status than 0: there the reason begins with "status N: ". README.zh-CN.md has the same
# commands as README.md: chinese.pl compares them.
#   run.sh BUILD [FILE...]
# 77: there are no namespaces here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../.." && pwd)
IOTCARD_BUILD=$(realpath "$1")
export IOTCARD_BUILD
shift
cd "$source"
example=docs
# shellcheck source=examples/stage.sh
. examples/stage.sh

spaces=(unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc)
if ! "${spaces[@]}" true 2>/dev/null; then
  spaces=(unshare --user --map-root-user "${spaces[@]:1}")
  if ! "${spaces[@]}" true 2>/dev/null; then
    echo "docs: this machine allows no namespaces, neither to root nor to users"
    exit 77
  fi
fi

all=
if (($# == 0)); then
  all=1
  mapfile -t files < <(find README.md CONTRIBUTING.md SECURITY.md docs examples \
    \( -name '*.md' -o -name '*.scd' \) | sort)
  set -- "${files[@]}"
fi

# What every block begins with. Hidden files of /etc that only root may read are not needed.
export IOTCARD_DOCS_START=$dir/start TMPDIR=$dir
mkdir "$IOTCARD_DOCS_START"
cp -r /etc "$IOTCARD_DOCS_START/etc" 2>/dev/null || true
rm -rf "$IOTCARD_DOCS_START"/etc/{iotcardd,credstore}
card_list >"$IOTCARD_DOCS_START/cards.csv"
"${spaces[@]}" "$here/world.sh" >"$dir/said" 2>&1 || { cat "$dir/said" && exit 1; }

patterns=() reasons=() used=()
while IFS=$'\t' read -r pattern reason; do
  if [[ $pattern == '' || $pattern == '#'* ]]; then continue; fi
  if [[ ! $reason ]]; then echo "not_run.tsv: $pattern has no reason" && exit 1; fi
  patterns+=("$pattern") reasons+=("$reason") used+=('')
done <"$here/not_run.tsv"

# The exit status that a command should have, in `expected`: empty if it is not run.
expected=0
find_expected() {
  local words=$1 at
  expected=0
  for ((at = 0; at < ${#patterns[@]}; at++)); do
    # shellcheck disable=SC2053  # the pattern is one
    if [[ $words != ${patterns[at]} ]]; then continue; fi
    used[at]=1
    expected=
    if [[ ${reasons[at]} =~ ^status\ ([0-9]+): ]]; then expected=${BASH_REMATCH[1]}; fi
    return
  done
}

# Runs a block beside the others, two at a time, since most of it is waiting. What it said goes to
# NUMBER.said, and NUMBER.failed is there if it failed.
ran=0 left_out=0 failed=0 blocks=0 running=0
start_block() {
  local count
  count=$(wc -l <"$dir/script")
  if ((count == 0)); then return; fi
  ran=$((ran + count)) blocks=$((blocks + 1))
  mv "$dir/script" "$dir/$blocks.script"
  if ((running == 2)); then wait -n && running=1; fi
  run_block "$dir/$blocks" "$count" &
  running=$((running + 1))
}

run_block() {
  trap - EXIT
  local base=$1 begun=$SECONDS
  if timeout -k 5 60 "${spaces[@]}" "$here/world.sh" "$base.script" >"$base.output" 2>&1; then
    echo "$(sed 's/\t.*//; q' "$base.script"): $2 commands, $((SECONDS - begun)) s" >"$base.said"
  else
    mv "$base.output" "$base.said"
    : >"$base.failed"
  fi
}

for file in "$@"; do
  last=
  : >"$dir/script"
  while IFS=$'\t' read -r block line command; do
    if [[ $block != "$last" ]]; then
      start_block
      : >"$dir/script"
      last=$block
    fi
    find_expected "$command"
    if [[ $expected ]]; then
      printf '%s:%s\t%s\t%s\n' "$file" "$line" "$expected" "$command" >>"$dir/script"
    else
      left_out=$((left_out + 1))
    fi
  done < <(awk -f "$here/commands.awk" "$file")
  start_block
done
wait
for ((at = 1; at <= blocks; at++)); do
  cat "$dir/$at.said"
  if [[ -e $dir/$at.failed ]]; then failed=$((failed + 1)); fi
done

echo "docs: $ran commands ran, $left_out did not: not_run.tsv, $failed blocks failed"
if [[ $all ]]; then
  for ((at = 0; at < ${#patterns[@]}; at++)); do
    if [[ ${used[at]} ]]; then continue; fi
    echo "not_run.tsv: no document has a command like this: ${patterns[at]}"
    failed=$((failed + 1))
  done
  if ((ran < 30)); then echo "docs: only $ran commands were found" && failed=1; fi
fi
exit $((failed > 0))
