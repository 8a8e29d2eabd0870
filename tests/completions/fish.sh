#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The completion in fish: what complete -C says for a line.
# usage: fish.sh IOTCARDCTL COMPLETIONS
completions=$2
cd "$(dirname "$0")" && . ./common.sh
expect() {
  is "$1" "$2" "$(fish --no-config -c "source '$completions/iotcardctl.fish'; complete -C \"$1\"" |
    cut -f 1 | sort | tr '\n' ' ')"
}
expect 'iotcardctl mism' 'mismatch '
expect 'iotcardctl card s' 'set show suspend '
expect 'iotcardctl card show 89860429' "$card "
expect 'iotcardctl device show 1/' "$device "
expect 'iotcardctl card list --status act' 'active '
expect 'iotcardctl card list --status=act' '--status=active '
expect 'iotcardctl card list --sort expires_at:d' 'expires_at:desc '
expect "iotcardctl --store sqlite:$dir/cards.db card show 89860429" "$card "
touch "$dir/list.csv"
expect "iotcardctl card import $dir/li" "$dir/list.csv "
expect 'iotcardctl --store sqlite:/no/such/store card show 8' ''
exit $failed
