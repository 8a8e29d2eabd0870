// SPDX-License-Identifier: Apache-2.0
#include "api/representation.h"

#include <algorithm>

#include "base/text.h"

namespace iotcard {
namespace {

// Of "gzip;q=0.5": a quality of zero in any spelling means "not this one".
bool is_wanted(std::string_view parameters) {
  for (const std::string_view parameter : split(parameters, ';')) {
    const std::string_view one = trim(parameter);
    if (!one.starts_with("q=") && !one.starts_with("Q=")) continue;
    return one.find_first_of("123456789", 2) != std::string_view::npos;
  }
  return true;
}

std::string_view without_weak_mark(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  for (const std::string_view element : split(accept_encoding, ',')) {
    const std::size_t mark = std::min(element.find(';'), element.size());
    const std::string_view coding = trim(element.substr(0, mark));
    const bool wanted = is_wanted(element.substr(mark));
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) return wanted;
    if (coding == "*") any = wanted;
  }
  return any;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  if (etag.empty()) return false;
  for (const std::string_view element : split(if_none_match, ',')) {
    const std::string_view one = trim(element);
    if (one == "*" || without_weak_mark(one) == without_weak_mark(etag)) return true;
  }
  return false;
}

}  // namespace iotcard
