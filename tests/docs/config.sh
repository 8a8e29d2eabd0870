#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The pieces of configuration in the documents are valid: each fenced toml block that begins with a section
# of iotcardd.toml passes `iotcardd --check-config`, with a file for each credential that it names.
#   config.sh IOTCARDD
# Not here: profiles and mappings, which unit tests read, and [[platform]]
# with the profile "acme", which is the example of docs/platforms.md itself.
set -euo pipefail
daemon=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0 checked=0

# Each block becomes a file, named by its document and line.
while IFS= read -r document; do
  awk -v to="$dir/$(tr / _ <<<"$document")" '
    /^```/ { if (file) { close(file); file = "" } else { first = /^```toml$/ }; next }
    first && /^\[\[?(broker|reports|events|binding|store|intake|retention|api|alerts|refresh|import|log|platform|webhook)[].]/ { file = to ":" FNR }
    { first = 0 }
    file { print > file }' "$document"
done < <(find README*.md docs examples -name '*.md')

mkdir "$dir/credentials"
export CREDENTIALS_DIRECTORY=$dir/credentials
for block in "$dir"/*:*; do
  if grep -q '"acme"' "$block"; then continue; fi
  checked=$((checked + 1))
  grep -o 'CREDENTIALS_DIRECTORY/[a-z.-]*' "$block" | while read -r name; do
    echo "a secret of more than twenty-four bytes" >"$dir/credentials/${name#*/}"
    chmod 600 "$dir/credentials/${name#*/}"
  done || true
  printf '\n[refresh]\nprofiles = ["%s/examples/platforms"]\n' "$PWD" >>"$block"
  if ! "$daemon" --check-config --config "$block" >"$dir/said" 2>&1; then
    echo "${block##*/}:" && cat "$dir/said"
    failed=1
  fi
done
echo "$checked pieces of configuration"
if ((checked < 6)); then echo "found too few" && failed=1; fi
exit $failed
