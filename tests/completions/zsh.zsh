#!/usr/bin/env zsh
# SPDX-License-Identifier: Apache-2.0
# The completion in zsh: real Tabs in an interactive shell on a terminal of its own (zpty).
# usage: zsh.zsh IOTCARDCTL COMPLETIONS
setopt no_unset
completions=$2
cd ${0:h} && . ./common.sh
zmodload zsh/zpty
cat >$dir/.zshrc <<END
fpath=($completions \$fpath)
autoload -Uz compinit
compinit -D -u
unsetopt beep menu_complete
setopt auto_list list_packed
LISTMAX=1000
PROMPT='ready> '
bindkey '^I' complete-word
bindkey -s '^O' ' >$dir/out; print typed >>$dir/out\\n'
END
ZDOTDIR=$dir zpty shell zsh -i
# Types a line with Tabs, runs it, and waits until it is done.
typed() {
  rm -f $dir/out
  zpty -w -n shell "$1"
  local i
  for i in {1..100}; do
    grep -q '^typed$' $dir/out 2>/dev/null && return
    sleep 0.1
  done
  zpty -r shell text
  print -r -- "no end of: $1"
  failed=1
}
end=$'\x0f'
typed $'iotcardctl mism\tlis\t--json'$end
is 'mismatch list' $'[]\ntyped' "$(<$dir/out)"
typed $'iotcardctl card sho\t8986042\t--json'$end
[[ "$(<$dir/out)" == *"\"iccid\":\"$card\""* ]] || is 'an ICCID' $card "$(<$dir/out)"
typed $'iotcardctl device show 1/\t--json'$end
[[ "$(<$dir/out)" == *METER7* ]] || is 'a device' $device "$(<$dir/out)"
typed $'iotcardctl card list --status=una\t --json'$end
typed $'iotcardctl card list --status=unk\t--json'$end
[[ "$(<$dir/out)" == *"\"iccid\":\"$card\""* ]] || is 'a value behind =' $card "$(<$dir/out)"
touch $dir/cards.csv
print -l iccid 89860325740000000017 >$dir/cards.csv
typed $'iotcardctl card import '$dir$'/cards.c\t--json'$end
[[ "$(<$dir/out)" == *'"imported":1'* ]] || is 'a file' imported "$(<$dir/out)"
zpty -d shell
exit $failed
