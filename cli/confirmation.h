// SPDX-License-Identifier: Apache-2.0
// confirmation.h - Whoever changes many rows by one verb says how many: with --yes N, or on the
// terminal. The main thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

struct Confirmation {
  std::optional<std::string> yes{};  // of --yes; "": without a number
  std::int64_t matching = 0;         // rows that are selected
  std::string_view noun;             // "card"
  std::string_view action;           // "suspend"
  bool may_ask = true;               // standard input is not read for something else
};
// The number of --yes; nullopt: none is given. Throws UsageError: it is no number.
std::optional<std::int64_t> expected_count(const std::optional<std::string>& yes,
                                           std::string_view noun);

// Returns if as many rows are selected as the operator says or confirms on the terminal; otherwise
// throws, and nothing must be done: UsageError for a --yes that is no number.
void confirm_count(const Confirmation& confirmation);

}  // namespace iotcard
