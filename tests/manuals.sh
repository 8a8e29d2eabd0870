#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The manual pages: without a complaint of mandoc, with each option of --help and each key of the
# configuration's example, and with what iotcardctl itself says of its commands.
# usage: manuals.sh BUILD MANUALS     exit status 77: there are no manual pages in this build
set -euo pipefail
build=$1 manuals=$2
source=$(cd "$(dirname "$0")/.." && pwd)
ctl=$build/cli/iotcardctl
if [[ ! -e $manuals/iotcardctl.1 ]] || ! command -v mandoc >/dev/null; then
  echo "There are no manual pages in this build, or no mandoc (scripts/install-deps.sh --test)"
  exit 77
fi
failed=0
wrong() {
  echo "$*"
  failed=1
}
declare -A texts
for page in "$manuals"/*.[1578]; do
  # Bold letters are printed twice, with a backspace between them.
  texts[${page##*/}]=$(mandoc -T utf8 -O width=1000 "$page" | LC_ALL=C.UTF-8 sed 's/.\x08//g')
done

for page in "$manuals"/*.[1578]; do
  complaints=$(mandoc -T lint -W style "$page" 2>&1) || true
  [[ -z $complaints ]] || wrong "$complaints"
done

"$source/scripts/manuals.sh" --check "$ctl" || failed=1

# Each option that a command's --help lists, and each command, in the page of its group. Looked for in
# what --help prints, so that it also shows if __manual forgets one.
options_of() { grep -o '^ \+-[^ ]*' | tr -d ' ' | tr ',' '\n' | grep '^--'; }
commands_of() { sed -n '/^Subcommands:/,/^$/p' | grep -o '^  [a-z][a-z-]*' | tr -d ' '; }
count=0
has_options() { # PAGE HELP WORD…
  local page=$1 part option
  shift
  part=$(awk -v head="   $*" '$0 == head { on = 1; next }
    /^   [a-z]/ || /^[A-Z]/ { on = 0 } on' <<<"${texts[$page]}")
  [[ -n $part ]] || wrong "$page: no section \"$*\""
  while IFS= read -r option; do
    count=$((count + 1))
    [[ $option == --help ]] && continue
    grep -q -e "^ *\(-[a-zA-Z], \)\?$option\( \|$\)" <<<"$part" || wrong "$page: $* $option is missing"
  done < <("$ctl" "$@" --help | options_of)
}
while IFS= read -r group; do
  commands=$("$ctl" "$group" --help | commands_of) || true
  if [[ -z $commands ]]; then
    has_options iotcardctl.1 "$group"
    continue
  fi
  for command in $commands; do has_options "iotcardctl-$group.1" "$group" "$command"; done
done < <("$ctl" --help | commands_of)
for option in $("$ctl" --help | options_of); do
  grep -q -e "^ *\(-[a-zA-Z], \)\?$option\( \|$\)" <<<"${texts[iotcardctl.1]}" ||
    wrong "iotcardctl.1: $option is missing"
done
for option in $("$build/daemon/iotcardd" --help | options_of); do
  grep -q -e "^ *.*$option\( \|$\)" <<<"${texts[iotcardd.8]}" || wrong "iotcardd.8: $option is missing"
done
((count > 200)) || wrong "only $count options were found in --help"

# Each key and section of the example, and each of its comments.
text=${texts[iotcardd.toml.5]}
keys=0
while IFS= read -r line; do
  keys=$((keys + 1))
  line=${line#\#}
  grep -qF -- "$line" <<<"$text" || wrong "iotcardd.toml.5: \"$line\" is missing"
done < <(grep -E '^#?(\[|[a-z_]+ = )' "$source/examples/iotcardd.toml")
((keys > 60)) || wrong "only $keys keys were found in the example"
flat=$(tr -s '[:space:]' ' ' <<<"$text")
while IFS= read -r line; do
  grep -qF -- "$line" <<<"$flat" || wrong "iotcardd.toml.5: \"$line\" is missing"
done < <(sed -n '2,$s/^# \(.*[^ ]\) *$/\1/p' "$source/examples/iotcardd.toml" | tr -d '`')
exit $failed
