// SPDX-License-Identifier: Apache-2.0
// name_list.h - Several names with commas between them, as an operator or a client writes them,
// read to a set of an enum's values. Throws OperationError (invalid), which names what fits. Pure;
// any thread.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "base/enum_set.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/operation.h"

namespace iotcard {

// `find` gives an optional value for a name; `names` are those that it knows.
template <typename Enum, typename Find, typename Names>
EnumSet<Enum> names_from(std::string_view list, const Find& find, const Names& names) {
  EnumSet<Enum> found;
  for (const std::string_view part : split(list, ',')) {
    const auto value = find(trim(part));
    if (!value) {
      throw OperationError::invalid(
          fmt::format("\"{}\" does not fit: expected one or more of {}, with commas between them",
                      printable(part), fmt::join(names, ", ")));
    }
    found.add(*value);
  }
  return found;
}

// All names of a NameTable.
template <typename Enum, typename Table>
EnumSet<Enum> names_from(std::string_view list, const Table& table) {
  return names_from<Enum>(
      list, [&](std::string_view name) { return table.find(name); }, table.names);
}

}  // namespace iotcard
