#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# package_versions.sh - What package_checks.sh installs from: later versions of a package, and
# repositories that are signed with a key made here and thrown away.
#   tests/systemd/package_versions.sh DEB FOLDER TARGET
#     FOLDER  must not exist; TARGET is its path when the checks run
# Makes in FOLDER: first, next and later (repositories, and .deb files without the first) and
# stranger.asc, a key that signed nothing. The later versions have the same programs:
#   next   as a rebuild has it: nothing but the version is another
#   later  another configuration file, and a store of schema 2 as far as prerm knows
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deb=$(realpath "$1")
mkdir "$2"
folder=$(cd "$2" && pwd)
target=$3
release=$(. /etc/os-release && echo "$VERSION_CODENAME")

GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME" "$folder/tree"' EXIT
make_key() {
  gpg --batch --quiet --passphrase '' --pinentry-mode loopback --quick-generate-key "$1" \
    ed25519 sign never 2>/dev/null
  gpg --batch --with-colons --list-keys "$1" | awk -F: '$1 == "fpr" { print $10; exit }'
}
key=$(make_key packages@iotcardd.example)
gpg --batch --armor --export "$(make_key stranger@iotcardd.example)" >"$folder/stranger.asc"

version=$(dpkg-deb -f "$deb" Version)
tree=$folder/tree
dpkg-deb -R "$deb" "$tree"
pack() { # VERSION NAME
  sed -i "s/^Version: .*/Version: $1/" "$tree/DEBIAN/control"
  (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z |
    xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Zgzip -z1 -b "$tree" "$folder/$2.deb" >/dev/null
}
repository() { # NAME DEB...
  IOTCARD_REPOSITORY_URL=file:$target/$1 "$here/../../scripts/apt-repository.sh" "$folder/$1" \
    "$release" "$key" "${@:2}"
}

repository first "$deb"
pack "$version+next1" next
cp -r "$folder/first" "$folder/next"
repository next "$folder/next.deb"

echo "# This line is new in this version." >>"$tree/etc/iotcardd/iotcardd.toml"
sed -i "s/^schemas='1:[^']*/& 2:$version+next2/" "$tree/DEBIAN/prerm"
grep -q "^schemas='.* 2:" "$tree/DEBIAN/prerm"
pack "$version+next2" later
cp -r "$folder/next" "$folder/later"
repository later "$folder/later.deb"
