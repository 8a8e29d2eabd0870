#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Chinese manual page becomes a page that a terminal shows whole: scdoc takes it, mandoc finds no
# error, and no character is lost.   manual.sh FILE.scd
# 77: there is no scdoc or no mandoc.
set -euo pipefail
for tool in scdoc mandoc; do
  command -v "$tool" >/dev/null || { echo "manual: there is no $tool" && exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
page=$dir/$(basename "$1" .scd)
scdoc <"$1" >"$page"
# scdoc itself writes empty paragraphs and long lines.
mandoc -K utf-8 -T lint "$page" >"$dir/lint" || true
if grep -vE 'paragraph macro: PP|longer than 80 bytes|lower case character' "$dir/lint"; then
  exit 1
fi
mandoc -K utf-8 -T utf8 "$page" >"$dir/shown"
if grep -n '?' "$dir/shown"; then echo "a character is lost" && exit 1; fi
for word in 停机 复机 机卡分离 疑似克隆; do
  grep -q "$word" "$dir/shown" || { echo "the page does not show $word" && exit 1; }
done
