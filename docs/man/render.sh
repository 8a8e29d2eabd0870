#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes one manual page. A page that cannot be made leaves no file.
# usage: render.sh SCDOC PAGE.scd OUT
set -eu
here=$(dirname "$0")
trap 'rm -f "$3.scd" "$3.roff" "$3.new"' EXIT
awk -f "$here/include.awk" "$2" >"$3.scd"
"$1" <"$3.scd" >"$3.roff"
awk -f "$here/tidy.awk" "$3.roff" >"$3.new"
mv "$3.new" "$3"
