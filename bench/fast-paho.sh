#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a Paho C (the MQTT library) for high performance out of the objects in Debian's development
# package, and fast_paho.cpp for two of them. What comes out is a drop-in libpaho-mqtt3as.so.1 for
# LD_LIBRARY_PATH; nothing is installed but what the build needs.
#   bench/fast-paho.sh DIR
set -euo pipefail
target=${1:?Usage: fast-paho.sh DIR, where the library is put}
mkdir -p "$target"
target=$(cd "$target" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/install-deps.sh --build

name=libpaho-mqtt3as
[[ $(uname -m) == x86_64 ]] || {
  echo "fast-paho: for x86_64 only. Build Paho C with PAHO_HIGH_PERFORMANCE=ON instead" >&2
  exit 1
}
shared=$(g++ -print-file-name=$name.so)
archive=$(g++ -print-file-name=$name.a)
[[ -f $shared && -f $archive ]] || {
  echo "fast-paho: libpaho-mqtt-dev has no $name.a and $name.so here; see dpkg -L libpaho-mqtt-dev" >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && ar x "$archive" && rm Heap.c.o StackTrace.c.o)
g++ -O2 -fPIC -fvisibility=hidden -c bench/fast_paho.cpp -o "$work/fast_paho.o"

# In the objects of a static library all names are hidden. What the shared one shows is found behind
# another name, and the name itself jumps there.
nm -D --defined-only "$shared" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' >"$work/shown"
awk '{ print $1, "inner_" $1 }' "$work/shown" >"$work/renamed"
for object in "$work"/*.o; do objcopy --redefine-syms="$work/renamed" "$object"; done
awk '{ printf ".globl %s\n.type %s, @function\n%s: jmp inner_%s\n", $1, $1, $1, $1 }
  END { print ".section .note.GNU-stack, \"\", @progbits" }' "$work/shown" >"$work/shown.s"

g++ -shared "$work/shown.s" "$work"/*.o -o "$target/$name.so.1" -Wl,-soname,$name.so.1 \
  -Wl,-z,defs -lssl -lcrypto
ln -sf $name.so.1 "$target/$name.so"
echo "fast-paho: LD_LIBRARY_PATH=$target, or bench/compare.sh --fast-paho $target"
