// SPDX-License-Identifier: Apache-2.0
// card_values.h - The terms of a list of cards for several values and for exclusions. Where few
// cards have one of the values, the index of the values finds them, and they are sorted; where many
// have, each row of the list's order is tested, and a page soon is full. For the sources of the
// SQLite store only; throws StoreError.
#pragma once

#include <string>

#include "store/sqlite/list_terms.h"

namespace iotcard::sqlite {

// Which values of CardFilter::any find the cards.
enum class ValueIndex : std::uint8_t { none, status, platform, operator_name, reason };

// Looks at max_scanned_rows entries of each index at most.
ValueIndex sparse_values(Connection& connection, const CardFilter& filter);
// "card c INDEXED BY card_status " in place of "card c " in a FROM.
std::string by_value_index(std::string from, ValueIndex index);
void add_values(Terms& terms, const CardFilter& filter, ValueIndex index);

}  // namespace iotcard::sqlite
