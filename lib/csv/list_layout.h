// SPDX-License-Identifier: Apache-2.0
// list_layout.h - Where in a list its header and its rows begin, and what stands between the
// columns: from the mapping, from a first line "sep=;", or from the list itself if only one answer
// is possible. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/problem.h"
#include "csv/csv_rows.h"
#include "csv/list_mapping.h"

namespace iotcard {

struct LayoutWishes {
  const ListMapping* mapping = nullptr;  // null: a list with our own columns
  std::optional<char> delimiter;         // goes before the mapping's
};

// `beginning`: the first lines of the list, as UTF-8.
std::variant<CsvFormat, Problem> find_layout(std::string_view beginning,
                                             const LayoutWishes& wishes);

}  // namespace iotcard
