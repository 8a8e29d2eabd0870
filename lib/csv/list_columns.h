// SPDX-License-Identifier: Apache-2.0
// list_columns.h - Which column of a list is which field of a card: by our own names, or by a
// mapping. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/problem.h"
#include "csv/list_mapping.h"

namespace iotcard {

struct ColumnTarget {
  MappedField::Kind kind = MappedField::Kind::field;
  const CardField* field = nullptr;   // of Kind::field
  std::size_t column = 0;             // from 0; not of a constant
  const MappedField* rule = nullptr;  // of the mapping, which must outlive this; null without one
};

struct ListColumns {
  std::vector<ColumnTarget> targets;
  std::size_t iccid = 0;  // its column
  std::size_t count = 0;  // columns that the header names, or that a list without one must have
  std::vector<std::pair<std::string, std::string>> used;  // column as the list spells it, and field
  std::vector<std::string> unused;                        // columns
  std::vector<std::string> missing;                       // fields none of whose columns is there
};

// The names of columns, without those at the end that are empty.
std::vector<std::string> header_names(std::vector<std::string> cells);

// A column that is no field is a problem.
std::variant<ListColumns, Problem> own_columns(const std::vector<std::string>& header);
// `header` has no names in a list without one.
std::variant<ListColumns, Problem> mapped_columns(const ListMapping& mapping,
                                                  const std::vector<std::string>& header);

}  // namespace iotcard
