#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the certificates that iotcard.conf names, for trying it out: three authorities (the broker's,
# the devices', the staff's), a server, iotcardd and an operator; and one more for a device each time
# it is asked. Not a certificate authority for a fleet: the keys of the authorities lie beside the
# rest. What is there already stays as it is.
set -euo pipefail

usage() {
  cat <<'END'
Usage: make-certificates.sh FOLDER [HOST_OR_ADDRESS...]
           What is missing of ca.pem, server.pem, devices-ca.pem, staff-ca.pem, iotcardd.pem and
           operator.pem, with their keys. HOST is what clients call the broker; localhost,
           127.0.0.1 and ::1 are added.
       make-certificates.sh FOLDER --device PRODUCT/NUMBER
           devices/PRODUCT/NUMBER.pem and .key.
       make-certificates.sh FOLDER --staff NAME
           NAME.pem and NAME.key, for another operator.
DAYS=N in the environment: how long they hold, 365 by default; authorities ten times as long.
END
}

fail() {
  echo "make-certificates: $1" >&2
  exit 1
}

days=${DAYS:-365}
new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
umask 077

# openssl is talkative; what it says matters only if it fails.
quietly() {
  local said
  said=$("$@" 2>&1) || fail "$said"
}

# FILE NAME
authority() {
  [[ -e $1.pem ]] && return
  quietly openssl req -x509 "${new_key[@]}" -days $((days * 10)) -subj "/CN=$2" -out "$1.pem" \
    -keyout "$1.key" -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' \
    -addext 'keyUsage=critical,keyCertSign,cRLSign'
  chmod 644 "$1.pem"
}

# AUTHORITY FILE NAME EXTENSION...; a slash in NAME is a part of it.
certificate() {
  local authority=$1 file=$2 name=${3//\//\\/} extensions=()
  [[ -e $file.pem ]] && return
  for extension in 'basicConstraints=critical,CA:FALSE' "${@:4}"; do
    extensions+=(-addext "$extension")
  done
  quietly openssl req -new "${new_key[@]}" -subj "/CN=$name" "${extensions[@]}" \
    -out "$file.request" -keyout "$file.key"
  quietly openssl x509 -req -in "$file.request" -CA "$authority.pem" -CAkey "$authority.key" \
    -days "$days" -set_serial "0x$(openssl rand -hex 16)" -copy_extensions copy -out "$file.pem"
  rm "$file.request"
  chmod 644 "$file.pem"
}

client() {
  certificate "$1" "$2" "$3" extendedKeyUsage=clientAuth
}

[[ $# -ge 1 && $1 != -* ]] || { usage >&2; exit 2; }
mkdir -p "$1"
cd "$1"
shift
name='[A-Za-z0-9][A-Za-z0-9._-]*'
case ${1:-} in
  --device)
    [[ ${2:-} =~ ^$name/$name$ && ${#2} -le 64 ]] ||
      fail "\"${2:-}\": a device is PRODUCT/NUMBER, of letters, digits, dot, hyphen and underscore, 64 at most"
    mkdir -p "devices/${2%/*}"
    client devices-ca "devices/$2" "$2"
    ;;
  --staff)
    [[ ${2:-} =~ ^$name$ && ${#2} -le 64 ]] ||
      fail "\"${2:-}\": a name has letters, digits, dot, hyphen and underscore, 64 at most"
    client staff-ca "$2" "$2"
    ;;
  -*) usage >&2 && exit 2 ;;
  *)
    for authority in ca devices-ca staff-ca; do authority "$authority" "iotcard $authority"; done
    hosts=DNS:localhost,IP:127.0.0.1,IP:::1
    for host in "$@"; do
      if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then hosts+=",IP:$host"; else hosts+=",DNS:$host"; fi
    done
    certificate ca server "iotcard broker" "subjectAltName=$hosts" extendedKeyUsage=serverAuth
    client staff-ca iotcardd iotcardd
    client staff-ca operator operator
    ;;
esac
