#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One version everywhere: the programs, the first section of CHANGELOG.md, the API's description, and
# the package where it is described.   version.sh VERSION IOTCARDD IOTCARDCTL
set -euo pipefail
version=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0
expect() {
  if [[ $2 == "$version" ]]; then return; fi
  echo "$1 has version \"$2\", CMakeLists.txt has $version"
  failed=1
}
expect iotcardd "$("$2" --version | sed 's/^iotcardd //; s/ .*//')"
expect iotcardctl "$("$3" --version | sed 's/^iotcardctl //; s/ .*//')"
expect CHANGELOG.md "$(sed -n 's/^## \[\{0,1\}\([0-9][0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1)"
expect schemas/openapi.yaml "$(sed -n 's/^  version: "\(.*\)"/\1/p' schemas/openapi.yaml)"
if [[ -e debian/changelog ]]; then
  expect debian/changelog "$(sed -n '1s/^iotcardd (\([0-9.]*\).*/\1/p' debian/changelog)"
fi
exit $failed
