#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the packages of Debian 12 or 13 that iotcardd needs, those that are missing and no others.
# A run with nothing missing asks no server and takes no time.
set -euo pipefail

usage() {
  cat <<'END'
Usage: install-deps.sh [--list] [--runtime] [--build] [--web] [--broker] [--test] [--fuzz] [--bench]
                       [--package]
  --runtime  what the installed programs are linked to
  --build    what it takes to build them and their manual pages
  --web      what it takes to build the web console in: npm, if there is none of version 9 or later
  --broker   mosquitto, its clients and curl, for examples/quickstart.sh and day.sh
  --test     what the tests need besides: Catch2, brokers, OpenSSL, yaml-cpp, what makes a
             container with a systemd of its own, Chromium, mandoc, the shells that complete words,
             perl and jq; and all of --web and --package. Prometheus is only unpacked, into
             build/packages
  --fuzz     clang with libFuzzer, for scripts/fuzz.sh
  --bench    what bench/ needs besides --build --test: Google Benchmark, valgrind, the peers' MQTT
  --package  what makes a Debian package of programs that are built, and an apt repository of it
  --list     print the packages, a line each, and install none
Without a group: --build --test. Uses sudo when not root.
END
}

# What has another name in each release.
case $(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}") in
  trixie)
    versioned=(libfmt10 libspdlog1.15 libtomlplusplus3t64 libssl3t64 libcurl4t64 libmicrohttpd12t64
      libgnutls30t64)
    clang_runtime=libclang-rt-19-dev
    unpacked=(prometheus promtool)
    ;;
  *)
    versioned=(libfmt9 libspdlog1.10 libtomlplusplus3 libssl3 libcurl4 libmicrohttpd12 libgnutls30)
    clang_runtime=libclang-rt-14-dev
    unpacked=(prometheus)  # has promtool too
    ;;
esac
runtime=("${versioned[@]}" libpaho-mqttpp3-1 libpaho-mqtt1.3 libsqlite3-0 zlib1g libsystemd0
  libprometheus-cpp-core1.0 ca-certificates)
build=(cmake ninja-build g++ pkg-config libpaho-mqttpp-dev libpaho-mqtt-dev rapidjson-dev
  libsqlitecpp-dev libsqlite3-dev libfmt-dev libspdlog-dev libtomlplusplus-dev libcli11-dev
  zlib1g-dev libssl-dev libsystemd-dev libmicrohttpd-dev libgnutls28-dev
  prometheus-cpp-dev libcurl4-openssl-dev scdoc)
broker=(mosquitto mosquitto-clients curl)
# iproute2, mandoc, perl, scdoc: the tests of the documents, which have a network of their own. jq:
# scripts/sbom.sh.
test=(catch2 libcpp-httplib-dev libyaml-cpp-dev openssl rabbitmq-server ejabberd sqlite3 faketime
  debootstrap systemd systemd-container chromium iproute2 jq mandoc perl scdoc zsh fish
  "${broker[@]}")
# Any Node.js from 18 on will do, and Debian's npm is 400 packages.
npm_version=$(npm --version 2>/dev/null || true)
web=()
((${npm_version%%.*} + 0 >= 9)) || web=(nodejs npm)
# lintian, of 128 packages, is installed in the root of scripts/deb.sh only.
package=(debhelper dpkg-dev gnupg reprepro)
test+=("${web[@]}" "${package[@]}")
# The tests need two programs of Prometheus. It is not installed: Debian's package starts a service
# that answers anybody on all addresses, and brings a user and the packages of its web pages.
unpack_into=$(dirname "${BASH_SOURCE[0]}")/../build/packages
fuzz=(clang "$clang_runtime")
bench=(libbenchmark-dev valgrind python3 python3-paho-mqtt)

wanted=()
to_unpack=()
list=
if [[ ${1:-} == --list ]]; then list=1 && shift; fi
for option in "${@:---build --test}"; do
  for group in $option; do
    case $group in
      --runtime) wanted+=("${runtime[@]}") ;;
      --build) wanted+=("${build[@]}") ;;
      --web) wanted+=("${web[@]}") ;;
      --broker) wanted+=("${broker[@]}") ;;
      --test) wanted+=("${test[@]}") && to_unpack+=("${unpacked[@]}") ;;
      --fuzz) wanted+=("${fuzz[@]}") ;;
      --package) wanted+=("${package[@]}") ;;
      --bench) wanted+=("${bench[@]}") ;;
      -h | --help) usage && exit 0 ;;
      *) usage >&2 && exit 2 ;;
    esac
  done
done

if ((${#wanted[@]} == 0)); then exit 0; fi
if [[ $list ]]; then
  printf '%s\n' "${wanted[@]}"
  exit
fi

if ! command -v dpkg-query >/dev/null; then
  echo "install-deps: this is not Debian; install what corresponds to: ${wanted[*]}" >&2
  exit 1
fi

declare -A installed
while read -r package status; do
  if [[ $status == installed ]]; then installed[$package]=1; fi
done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
not_unpacked=()
for package in "${wanted[@]}"; do
  [[ ${installed[$package]:-} ]] || missing+=("$package")
done
for package in "${to_unpack[@]}"; do
  if [[ ! $(type -P "$package") && ! -e $unpack_into/$package ]]; then not_unpacked+=("$package"); fi
done
if ((${#missing[@]} + ${#not_unpacked[@]} == 0)); then exit 0; fi

# RUNLEVEL=1 keeps System V style init from starting the brokers that Debian installs as services;
# systemd is told below.
as_root=(env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1)
updated=
update_lists() {
  if [[ $updated ]]; then return; fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "install-deps: not root, and there is no sudo. As root: apt-get update;" \
        "apt-get install ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo "${as_root[@]}")
  fi
  if ! "${as_root[@]}" apt-get -q update; then
    echo "install-deps: apt-get update failed; is the network up, are the package sources right?" >&2
    exit 1
  fi
  updated=1
}

# Only the programs, and never half of them. Needs no root, unless the lists of packages are old.
unpack() {
  local folder=$unpack_into/$1
  rm -rf "$folder.new"
  mkdir -p "$folder.new"
  (cd "$folder.new" && apt-get -q -o APT::Sandbox::User=root download "$1" &&
    dpkg-deb --fsys-tarfile "$1"_*.deb | tar -xf - ./usr/bin && rm "$1"_*.deb) &&
    mv "$folder.new" "$folder"
}

for package in "${not_unpacked[@]}"; do
  echo "install-deps: unpacking $package"
  if ! unpack "$package" && ! { update_lists && unpack "$package"; }; then
    echo "install-deps: apt-get could not download and unpack: $package" >&2
    exit 1
  fi
done

if ((${#missing[@]} == 0)); then exit 0; fi
echo "install-deps: installing ${missing[*]}"
update_lists
if ! "${as_root[@]}" apt-get -q install -y --no-install-recommends "${missing[@]}"; then
  echo "install-deps: apt-get could not install: ${missing[*]}" >&2
  exit 1
fi

for package in "${missing[@]}"; do
  case $package in
    mosquitto | rabbitmq-server | ejabberd)
      if [[ -d /run/systemd/system ]]; then
        echo "install-deps: Debian has started the service $package. Tests and examples start their" \
          "own; if you do not want this one: systemctl disable --now $package"
      fi
      ;;
  esac
done
