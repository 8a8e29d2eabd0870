# SPDX-License-Identifier: Apache-2.0
# What the tests of the shells' completions begin with: a folder with a store, in which $card and
# $device are, and iotcardctl in PATH. Sourced by sh; $1 is the program.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ctl_folder=$(dirname "$1")
export PATH="$ctl_folder:$PATH" HOME="$dir" XDG_CONFIG_HOME="$dir" XDG_DATA_HOME="$dir"
export IOTCARDCTL_STORE="sqlite:$dir/cards.db" TERM=dumb
unset IOTCARDCTL_CONFIG IOTCARDCTL_API IOTCARDCTL_TOKEN_FILE
card=898604293620C0000970
device=1/METER7
iotcardctl -q card add "$card"
iotcardctl -q card add 89860617060065258667
iotcardctl -q bind "$device" "$card"
failed=0
# is NAME EXPECTED ACTUAL
is() {
  if [ "$2" != "$3" ]; then
    printf '%s: expected "%s", not "%s"\n' "$1" "$2" "$3"
    failed=1
  fi
}
