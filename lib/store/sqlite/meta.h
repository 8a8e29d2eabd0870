// SPDX-License-Identifier: Apache-2.0
// meta.h - Table meta: one text for each name. One thread at a time; throws StoreError.
#pragma once

#include <optional>
#include <string>

#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

std::optional<std::string> read_meta(Connection& connection, const std::string& name);
void write_meta(Connection& connection, const std::string& name, const std::string& value);

// Throws StoreError: `value` of this name is not what this program writes.
[[noreturn]] void unreadable_meta(const Connection& connection, const std::string& name,
                                  const std::string& value);

}  // namespace iotcard::sqlite
