// SPDX-License-Identifier: Apache-2.0
// list_options.h - What an operator says of how a list is to be read, as text: for the command line
// and the API. Reads the file of the mapping. Any thread.
#pragma once

#include <string>
#include <vector>

#include "operations/card_import.h"

namespace iotcard {

struct ListOptions {
  enum class Maps : std::uint8_t { names_and_paths, names };
  Maps maps = Maps::names_and_paths;  // which `map` may be
  std::string map{};                  // a mapping's name, or its path; "" for none, as the others
  std::string encoding{};
  std::string delimiter{};
  std::vector<std::string> folders{};  // of mappings that have a name
};

// Throws OperationError (invalid) that names the option or the line of the mapping.
void set_list_options(ImportOptions& options, const ListOptions& list);

}  // namespace iotcard
