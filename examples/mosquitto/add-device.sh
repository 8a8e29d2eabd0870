#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Gives a device a new password, writes its hash to mosquitto's password file, and prints the
# password, once: it is nowhere else. Then let mosquitto know: systemctl reload mosquitto.
set -euo pipefail

if [[ $# -ne 2 ]]; then
  echo "Usage: add-device.sh PASSWORD_FILE PRODUCT/NUMBER" >&2
  exit 2
fi
file=$1
device=$2
name='[A-Za-z0-9][A-Za-z0-9._-]*'
# Exactly one slash. The access list gives a user what is below /USER/: a name without a slash would
# own a whole product, one with two a part of another device.
if [[ ! $device =~ ^$name/$name$ ]]; then
  echo "add-device: \"$device\": a device is PRODUCT/NUMBER, of letters, digits, dot, hyphen and" \
    "underscore" >&2
  exit 1
fi

password=$(openssl rand -hex 16)
new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new"' EXIT
# By way of a file: other users of this machine see the arguments of a program.
printf '%s:%s\n' "$device" "$password" >"$new"
mosquitto_passwd -U "$new"
if [[ -e $file ]]; then
  awk -F: -v device="$device" '$1 != device' "$file" >>"$new"
  chown --reference="$file" "$new"
  chmod --reference="$file" "$new"
fi
mv "$new" "$file"
echo "$password"
