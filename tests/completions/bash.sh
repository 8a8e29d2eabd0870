#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The completion in bash: as bash calls it, and with a real Tab in an interactive shell.
# usage: bash.sh IOTCARDCTL COMPLETIONS
set -u
file=$2/iotcardctl.bash
cd "$(dirname "$0")" && . ./common.sh
source "$file"

# What bash offers for a line with the cursor at its end; its words are split as readline does it.
offered() {
  local line=$1 rest word=
  COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=() COMPREPLY=()
  rest=$line
  while [[ $rest ]]; do
    case $rest in
      [[:blank:]]*) [[ $word ]] && COMP_WORDS+=("$word"); word= ;;
      [=:]*) [[ $word ]] && COMP_WORDS+=("$word"); COMP_WORDS+=("${rest:0:1}"); word= ;;
      *) word+=${rest:0:1} ;;
    esac
    rest=${rest:1}
  done
  [[ $word || $line == *[[:blank:]] ]] && COMP_WORDS+=("$word")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _iotcardctl
  offered_text="${COMPREPLY[*]}"
}
expect() {
  offered "$1"
  is "$1" "$2" "$offered_text"
}
expect 'iotcardctl mism' mismatch
expect 'iotcardctl card s' 'show set suspend'
expect 'iotcardctl card show 89860429' "$card"
expect 'iotcardctl device show 1/' "$device"
expect 'iotcardctl card list --status act' active
# Behind = and :, bash replaces the rest only.
expect 'iotcardctl card list --status=act' active
expect 'iotcardctl card list --sort expires_at:d' desc
expect "iotcardctl --store 'sqlite:$dir/cards.db' card show 89860429" "$card"
expect "iotcardctl --store=sqlite:$dir/cards.db card show 89860429" "$card"
touch "$dir/list.csv"
expect "iotcardctl card import $dir/li" "$dir/list.csv"
expect 'iotcardctl --store sqlite:/no/such/store card show 8' ''

# An interactive bash with this completion, the keys typed into a terminal of its own.
cat >"$dir/rc" <<END
source '$file'
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
PS1='ready> '
END
typed=$(printf 'iotcardctl card sho\t8986042\t--json >%s/out\nexit\n' "$dir" |
  script -qec "bash --noprofile --rcfile '$dir/rc' -i" /dev/null 2>&1)
grep -q "\"iccid\":\"$card\"" "$dir/out" 2>/dev/null || {
  printf 'a Tab in an interactive bash: %s\n' "$typed"
  failed=1
}
exit $failed
