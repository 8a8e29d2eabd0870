// SPDX-License-Identifier: Apache-2.0
// output_options.h - How the operator wants to see what a verb prints; of the global options and
// those of list verbs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/name_table.h"

namespace iotcard {

enum class OutputFormat : std::uint8_t {
  table,  // for a person: made to fit the terminal
  wide,   // the same with everything that is known of a row, however wide
  csv,    // RFC 4180, with the members of json as columns
  json,
};
inline constexpr auto output_format_names =
    make_name_table<OutputFormat>("table", "wide", "csv", "json");

struct OutputOptions {
  OutputFormat format = OutputFormat::table;
  std::vector<std::string> columns{};  // as they were typed; none: the usual ones
  bool header = true;                  // a line with the names of the columns

  bool json() const { return format == OutputFormat::json; }
};

}  // namespace iotcard
