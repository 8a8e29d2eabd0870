#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes a software bill of materials to standard output, as SPDX 2.3 JSON: the Debian packages whose
# libraries the programs are linked to, directly or through another library; those that are compiled in;
# and the npm packages in the web console. Each has its version, its licence and its source, as dpkg,
# /usr/share/doc/*/copyright and web/package-lock.json have them on this machine.
#   sbom.sh [--no-web] [PROGRAM...]    by default /usr/bin/iotcardd and /usr/bin/iotcardctl
# SOURCE_DATE_EPOCH is the time of the document; the same programs on the same packages then give the
# same bytes. Needs jq, binutils and dpkg.
set -euo pipefail
web=1
if [[ ${1:-} == --no-web ]]; then web= && shift; fi
if (($# == 0)); then set -- /usr/bin/iotcardd /usr/bin/iotcardctl; fi
mapfile -t programs < <(realpath "$@")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Static libraries and header files leave no trace in a program. tests/sbom.sh compares this list with
# the header files that the build has read.
compiled_in=(libsqlitecpp-dev rapidjson-dev libcli11-dev)

for tool in jq readelf dpkg-query; do
  command -v "$tool" >/dev/null || { echo "sbom: there is no $tool; install jq and binutils" >&2 && exit 1; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Lines "file<tab>package" for the files of standard input. On a merged /usr, dpkg knows some files by
# the old name, so each is asked for by both.
packages_of() {
  local file
  while read -r file; do
    file=$(realpath "$file")
    printf '%s\n%s\n' "$file" "${file#/usr}"
  done >"$dir/files"
  { xargs dpkg-query -S <"$dir/files" 2>/dev/null || true; } | sed -E 's/^([^:,]*)[^ ]*( [^:]*)?: (.*)/\3\t\1/; s/^\/usr//' |
    LC_ALL=C sort -u
}

# Lines "package<tab>relation", each package once; of a package with several libraries the direct link
# counts.
linked_packages() {
  local program
  for program in "${programs[@]}"; do
    readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
  done | sort -u >"$dir/direct"
  for program in "${programs[@]}"; do
    ldd "$program" | sed -n 's/^[[:space:]]*[^ ]* => \(\/[^ ]*\) .*/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*/\1/p'
  done | sort -u >"$dir/libraries"
  packages_of <"$dir/libraries" >"$dir/owners"
  while read -r library; do
    local relation=RUNTIME_DEPENDENCY_OF file package
    if grep -qxF "${library##*/}" "$dir/direct"; then relation=DYNAMIC_LINK; fi
    file=$(realpath "$library")
    package=$(awk -F '\t' -v file="${file#/usr}" '$1 == file { print $2; exit }' "$dir/owners")
    if [[ ! $package ]]; then echo "sbom: no Debian package has $library" >&2 && return 1; fi
    printf '%s\t%s\n' "$package" "$relation"
  done <"$dir/libraries" | LC_ALL=C sort -u | awk -F '\t' '!seen[$1]++'
}

# The licence of "Files: *" in a machine-readable copyright file (DEP-5), as an SPDX expression;
# nothing if it is none that SPDX has a name for.
spdx_licence() {
  awk '
    NR == 1 && !/^Format:/ { exit }
    /^Files:/ { all = ($0 ~ /^Files:[ \t]*\*[ \t]*$/) }
    /^License:/ && all { sub(/^License:[ \t]*/, ""); print; exit }' "$1" |
    sed -E 's/,//g; s/ (and\/or|or) / OR /g; s/ and / AND /g
      s/\b(Expat|MIT)\b/MIT/g; s/\bApache-2(\.0)?\b/Apache-2.0/g
      s/\bBSD-([23])-[Cc]lause\b/BSD-\1-Clause/g; s/\b[Zz]lib\b/Zlib/g; s/\bBoost-1\.0\b/BSL-1.0/g
      s/\b(L?GPL)-([0-9])(\.0)?\+/\1-\2.0-or-later/g; s/\b(L?GPL)-([0-9]\.[1-9])\+/\1-\2-or-later/g
      s/\b(L?GPL)-([0-9]\.[0-9])( |$)/\1-\2-only\3/g; s/\b(L?GPL)-([0-9])( |$)/\1-\2.0-only\3/g
      s/\bcurl\b/curl/g' |
    grep -xE '\(?(MIT|Apache-2\.0|BSD-[23]-Clause|Zlib|BSL-1\.0|EPL-[12]\.0|ISC|OpenSSL|curl|L?GPL-[0-9.]+-(or-later|only)| OR | AND |[()])+' || true
}

debian_package() {
  local package=$1 relation=$2 licence copyright
  copyright=/usr/share/doc/$package/copyright
  if [[ ! -e $copyright ]]; then echo "sbom: $package has no copyright file" >&2 && return 1; fi
  licence=$(spdx_licence "$copyright")
  dpkg-query -W -f '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}\n' \
    "$package" | head -n 1 >"$dir/fields"
  jq -n --rawfile fields "$dir/fields" --arg licence "$licence" --arg relation "$relation" \
    --arg release "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" --rawfile text "$copyright" '
    ($fields | rtrimstr("\n") | split("\t")) as [$name, $version, $architecture, $source, $source_version, $home]
    | ("LicenseRef-Debian-" + ($name | gsub("[^A-Za-z0-9.-]"; "-"))) as $reference
    | {relation: $relation,
       extracted: (if $licence == "" then {licenseId: $reference, name: "copyright file of \($name)",
         extractedText: $text} else null end),
       package: ({
         name: $name, SPDXID: ("SPDXRef-deb-" + ($name | gsub("[^A-Za-z0-9.-]"; "-"))),
         versionInfo: $version, supplier: "Organization: Debian", downloadLocation: "NOASSERTION",
         filesAnalyzed: false, sourceInfo: "built from the Debian source package \($source) \($source_version)",
         licenseConcluded: "NOASSERTION",
         licenseDeclared: (if $licence == "" then $reference else $licence end),
         licenseComments: "of the source package as a whole; /usr/share/doc/\($name)/copyright has those of single files",
         copyrightText: "NOASSERTION",
         externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
           referenceLocator: "pkg:deb/debian/\($name | @uri)@\($version | @uri)?arch=\($architecture)&distro=\($release)&upstream=\($source | @uri)"}]
       } + (if $home == "" then {} else {homepage: $home} end))}'
}

# What the console contains: the packages of the lock file that are no tools of the build.
npm_packages() {
  if [[ ! $web ]]; then return; fi
  jq '.packages | to_entries[] | select(.key != "" and (.value.dev | not))
    | (.key | sub(".*node_modules/"; "")) as $name
    | {relation: "CONTAINS", extracted: null, package: {
        name: $name, SPDXID: ("SPDXRef-npm-" + ($name | gsub("[^A-Za-z0-9.-]"; "-"))),
        versionInfo: .value.version, supplier: "NOASSERTION", downloadLocation: .value.resolved,
        filesAnalyzed: false, licenseConcluded: "NOASSERTION",
        licenseDeclared: (.value.license // "NOASSERTION"), copyrightText: "NOASSERTION",
        comment: "integrity: \(.value.integrity)",
        externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
          referenceLocator: "pkg:npm/\($name | @uri)@\(.value.version)"}]}}' web/package-lock.json
}

version=$(sed -n 's/^project(iotcardd VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
sums=$(sha256sum "${programs[@]}" | cut -d ' ' -f 1 | sha256sum | cut -c 1-32)
{
  linked_packages >"$dir/linked"
  while IFS=$'\t' read -r package relation; do debian_package "$package" "$relation"; done <"$dir/linked"
  for package in "${compiled_in[@]}"; do debian_package "$package" STATIC_LINK; done
  npm_packages
} >"$dir/parts"

jq -s --arg version "$version" --arg sums "$sums" \
  --arg created "$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)" '
  . as $parts
  | {spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT",
     name: "iotcardd-\($version)",
     documentNamespace: "https://spdx.org/spdxdocs/iotcardd-\($version)-\($sums)",
     creationInfo: {created: $created, creators: ["Tool: iotcardd-scripts-sbom.sh-\($version)"]},
     documentDescribes: ["SPDXRef-iotcardd"],
     packages: ([{name: "iotcardd", SPDXID: "SPDXRef-iotcardd", versionInfo: $version,
       supplier: "NOASSERTION", downloadLocation: "NOASSERTION", filesAnalyzed: false,
       licenseConcluded: "Apache-2.0", licenseDeclared: "Apache-2.0", copyrightText: "NOASSERTION",
       primaryPackagePurpose: "APPLICATION"}] + [$parts[].package]),
     hasExtractedLicensingInfos: [$parts[].extracted | select(. != null)],
     relationships: ([{spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES",
       relatedSpdxElement: "SPDXRef-iotcardd"}]
       + [$parts[] | if .relation == "RUNTIME_DEPENDENCY_OF"
           then {spdxElementId: .package.SPDXID, relationshipType: .relation, relatedSpdxElement: "SPDXRef-iotcardd"}
           else {spdxElementId: "SPDXRef-iotcardd", relationshipType: .relation,
             relatedSpdxElement: .package.SPDXID} end])}' "$dir/parts"
