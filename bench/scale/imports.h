// SPDX-License-Identifier: Apache-2.0
// imports.h - The same cards into a store by `iotcardctl card import`, and into the same table with
// the same indexes by the sqlite3 shell's .import. One thread; throws std::exception.
#pragma once

#include <cstdint>
#include <string>

namespace iotcard {

struct ImportTimes {
  double ours = 0;    // seconds
  double shell = 0;   // .import with the indexes of the table
  double search = 0;  // and then the index of texts, which ours has filled too
};

// The store stays at `store`; what the shell makes does not.
ImportTimes compare_imports(const std::string& folder, const std::string& store,
                            std::int64_t cards);

}  // namespace iotcard
