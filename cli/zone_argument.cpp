// SPDX-License-Identifier: Apache-2.0
#include "zone_argument.h"

#include <fmt/core.h>

#include "base/text_sanitizer.h"
#include "base/time_spelling.h"
#include "program.h"

namespace iotcard {

Duration zone_from_operator(const std::string& text) {
  const auto reading = read_zone(text);
  if (const auto* zone = std::get_if<Duration>(&reading)) return *zone;
  throw UsageError{
      fmt::format("--zone: {}, not \"{}\"", std::get<Problem>(reading).text, printable(text))};
}

}  // namespace iotcard
