#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/sbom.sh writes what SPDX 2.3 requires, and names all that is in the programs.
#   sbom.sh BUILD
# 77: a tool is missing, or libraries of this machine are no Debian packages.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for tool in jq readelf dpkg-query ninja; do
  command -v "$tool" >/dev/null || { echo "sbom: there is no $tool" && exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0
complain() { printf '%s\n' "$*" && failed=1; }

write() { SOURCE_DATE_EPOCH=1764547200 scripts/sbom.sh "$build/daemon/iotcardd" "$build/cli/iotcardctl"; }
write >"$dir/sbom.json"
write | cmp - "$dir/sbom.json" || complain "two runs give different documents"

# holds WHAT FILTER: the filter gives true, or what is wrong.
holds() {
  local found
  found=$(jq -c "$2" "$dir/sbom.json")
  if [[ $found != true ]]; then complain "$1: $found"; fi
}
# Source: SPDX 2.3, clauses 6 (document), 7 (package), 10 (licences), 11 (relationships), annex D.
holds "the document's members" '
  .spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT"
  and (.name | length > 0) and (.documentNamespace | test("^https://[^#]+$"))
  and .creationInfo.created == "2025-12-01T00:00:00Z"
  and (.creationInfo.creators | length > 0 and all(test("^(Tool|Organization|Person): ")))'
holds "each package has its members" '
  [.packages[] | select((.name | type != "string" or . == "") or (.versionInfo // "" | . == "")
    or (.SPDXID | test("^SPDXRef-[A-Za-z0-9.-]+$") | not) or (.downloadLocation // "" | . == "")
    or .filesAnalyzed != false or (.licenseDeclared // "" | . == "")) | .name] | . == [] or .'
holds "ids are unique" '[.packages[].SPDXID, .hasExtractedLicensingInfos[].licenseId] | length == (unique | length)'
holds "relationships lead to packages" '
  ([.packages[].SPDXID] + ["SPDXRef-DOCUMENT"]) as $ids
  | [.relationships[] | .spdxElementId, .relatedSpdxElement | select(. as $id | $ids | index($id) | not)] | . == [] or .'
holds "each package has a relationship" '
  [.relationships[] | .spdxElementId, .relatedSpdxElement] as $used
  | [.packages[].SPDXID | select(. as $id | $used | index($id) | not)] | . == [] or .'
holds "each licence without a name in SPDX has its text" '
  [.hasExtractedLicensingInfos[] | select(.extractedText | length > 100) | .licenseId] as $texts
  | [.packages[].licenseDeclared | select(startswith("LicenseRef-")) | select(. as $id | $texts | index($id) | not)]
  | . == [] or .'
holds "packages of Debian name their source" '
  [.packages[] | select(.SPDXID | startswith("SPDXRef-deb-")) | select((.sourceInfo | test("source package [^ ]+ [^ ]+$") | not)
    or (.externalRefs[0].referenceLocator | startswith("pkg:deb/debian/") | not)) | .name] | . == [] or .'
holds "the console's libraries are there" '[.packages[].name] | index("preact") != null and index("htm") != null'
holds "the build's tools are not there" '[.packages[].name] | index("esbuild") == null'

# What the programs are linked to is what install-deps.sh installs for them, but for the compiler's own.
jq -r '.relationships[] | select(.relationshipType == "DYNAMIC_LINK") | .relatedSpdxElement' "$dir/sbom.json" |
  while read -r id; do jq -r --arg id "$id" '.packages[] | select(.SPDXID == $id) | .name' "$dir/sbom.json"; done |
  grep -vxE 'libc6|libgcc-s1|libstdc\+\+6' | sort >"$dir/linked"
scripts/install-deps.sh --list --runtime | grep -vx ca-certificates | sort >"$dir/runtime"
if ! diff "$dir/runtime" "$dir/linked" >"$dir/diff"; then
  complain "install-deps.sh --runtime and the programs differ:" "$(cat "$dir/diff")"
fi

# The header files that the build has read come from sources that the document names.
if [[ -e $build/.ninja_deps ]]; then
  ninja -C "$build" -t deps | awk '/^[^ ]/ { ours = /^(lib|cli|daemon)\// } ours && $1 ~ /^\/usr\/include/ { print $1 }' |
    sort -u | xargs realpath >"$dir/headers"
  { xargs dpkg-query -S <"$dir/headers" 2>/dev/null || true; } | sed 's/[:,].*//' | sort -u |
    xargs dpkg-query -W -f '${source:Package}\n' | grep -vxE 'glibc|gcc-[0-9]+|linux' | sort -u >"$dir/read"
  jq -r '.packages[].sourceInfo // empty' "$dir/sbom.json" | sed 's/.*source package //; s/ .*//' | sort -u >"$dir/named"
  missing=$(comm -23 "$dir/read" "$dir/named")
  if [[ $missing ]]; then complain "the build reads header files of: $missing; scripts/sbom.sh, compiled_in"; fi
  if [[ $(wc -l <"$dir/read") -lt 5 ]]; then complain "found header files of these only:" "$(cat "$dir/read")"; fi
fi
exit $failed
