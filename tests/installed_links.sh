#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the build into a temporary folder and follows the links of the installed documents: each
# that names no web page must lead to an installed file.
# usage: installed_links.sh BUILD
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cmake --install "$1" --prefix "$dir" >"$dir/log" || { cat "$dir/log"; exit 1; }
failed=0 links=0
while IFS= read -r document; do
  while IFS= read -r link; do
    links=$((links + 1))
    if [[ ! -e $(dirname "$document")/$link ]]; then
      echo "${document#"$dir"/}: $link is not installed"
      failed=1
    fi
  done < <(grep -o '](\([^)]*\))' "$document" | sed 's/^](//; s/)$//; s/#.*//' | grep -v '^[a-z]*:' |
    grep . || true)
done < <(find "$dir/share/doc" -name '*.md')
((links > 10)) || { echo "found only $links links"; exit 1; }
exit $failed
