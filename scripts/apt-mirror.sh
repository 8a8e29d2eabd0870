# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# apt-mirror.sh - Where this machine gets its Debian packages, so that debootstrap can ask there too.
# To be sourced.

# The mirror that the package sources name for a suite; nothing if there is none that debootstrap
# can ask.
mirror_of_apt() {
  # shellcheck disable=SC2016
  apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
    'Created-By: Packages' 2>/dev/null |
    awk -v suite="$1" '$1 == suite && $2 == "main" && $3 ~ /^(https?|file|copy):/ { print $3; exit }'
}

# debootstrap asks through wget, which knows the proxy from the environment only.
use_proxy_of_apt() {
  local proxy=
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  if [[ -n $proxy && $proxy != DIRECT ]]; then export http_proxy=${http_proxy:-$proxy}; fi
  proxy=
  eval "$(apt-config shell proxy Acquire::https::Proxy)"
  if [[ -n $proxy && $proxy != DIRECT ]]; then export https_proxy=${https_proxy:-$proxy}; fi
}
