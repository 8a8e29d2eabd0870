#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes an apt repository, or adds packages to it. All of it is static files: any web server will do.
#   scripts/apt-repository.sh FOLDER RELEASE KEY DEB...
#     FOLDER   the repository: dists/, pool/, iotcardd.asc (the key), iotcardd.sources (for apt)
#     RELEASE  bookworm or trixie
#     KEY      the key that signs it, by fingerprint, in the key ring of $GNUPGHOME
#   IOTCARD_REPOSITORY_URL  its address, for iotcardd.sources; default: file:FOLDER
# Users then run, as root, with the address of the repository:
#   curl -o /etc/apt/keyrings/iotcardd.asc ADDRESS/iotcardd.asc
#   curl -o /etc/apt/sources.list.d/iotcardd.sources ADDRESS/iotcardd.sources
#   apt update && apt install iotcardd
# Needs reprepro and gnupg. A version that is in the repository is never replaced by other content:
# reprepro refuses that.
set -euo pipefail

fail() { echo "apt-repository.sh: $*" >&2 && exit 1; }

(($# >= 4)) || { echo "Usage: apt-repository.sh FOLDER bookworm|trixie KEY DEB..." >&2 && exit 2; }
release=$2 key=$3
case $release in bookworm | trixie) ;; *) fail "$release is neither bookworm nor trixie" ;; esac
for program in reprepro gpg; do
  [[ $(type -P "$program") ]] || fail "no $program; scripts/install-deps.sh --package installs it"
done
gpg --batch --list-secret-keys "$key" >/dev/null 2>&1 || fail "there is no secret key $key"
mkdir -p "$1/conf"
folder=$(cd "$1" && pwd)
shift 3
for deb in "$@"; do [[ -f $deb ]] || fail "there is no file $deb"; done

: >"$folder/conf/distributions"
for name in bookworm trixie; do
  cat >>"$folder/conf/distributions" <<END
Origin: iotcardd
Label: iotcardd
Codename: $name
Architectures: amd64 arm64
Components: main
Description: iotcardd for Debian $name
SignWith: $key

END
done
reprepro --silent --basedir "$folder" export
reprepro --silent --basedir "$folder" includedeb "$release" "$@"
gpg --batch --armor --export "$key" >"$folder/iotcardd.asc"
cat >"$folder/iotcardd.sources" <<END
Types: deb
URIs: ${IOTCARD_REPOSITORY_URL:-file:$folder}
Suites: $release
Components: main
Signed-By: /etc/apt/keyrings/iotcardd.asc
END
