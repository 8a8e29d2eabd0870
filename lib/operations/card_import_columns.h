// SPDX-License-Identifier: Apache-2.0
// card_import_columns.h - The columns that an import of cards takes from an
// operator, each with a sentence and an example: a template for a list, and
// help beside it. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/json_text.h"

namespace iotcard {

struct ImportColumn {
  std::string_view name;
  bool required = false;
  std::string_view text;
  std::string_view example;
};

// iccid, the fields that operators set in their order, product and device.
std::vector<ImportColumn> import_columns();
void write_import_columns(JsonText& json);  // {"columns":[…]}

}  // namespace iotcard
