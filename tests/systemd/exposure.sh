#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The unit leaves the daemon no more than it needs, by systemd's own count: 0 is nothing, 10 all.
#   tests/systemd/exposure.sh UNIT
set -euo pipefail

most=1.5
if [[ -z $(type -P systemd-analyze) ]]; then
  echo "1..0 # SKIP no systemd-analyze; scripts/install-deps.sh --test installs it"
  exit 77
fi
report=$(systemd-analyze security --offline=true --no-pager "$1")
score=$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p' <<<"$report")
echo "# exposure $score; at most $most"
if ! awk -v score="$score" -v most="$most" 'BEGIN { exit !(score != "" && score <= most) }'; then
  grep '^✗' <<<"$report" | sed 's/^/# /'
  echo "not ok - the unit's exposure is low"
  exit 1
fi
echo "ok - the unit's exposure is low"
