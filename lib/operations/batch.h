// SPDX-License-Identifier: Apache-2.0
// batch.h - What changes of many rows by one operation have in common: small transactions, so that
// a running daemon works on in between, and the count that guards them. Each row is changed or not
// by itself; what was committed stays. On the store's thread; throws StoreError, OperationError and
// what a hook throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <string>
#include <string_view>

#include "store/store.h"

namespace iotcard {

struct BatchOptions {
  bool scratch = false;    // the store is a copy to try things on
  bool sole_user = false;  // see PacedTransactions::Options
  // After each transaction. What it throws ends the batch.
  std::function<void(std::int64_t rows, std::int64_t of)> progress{};
};

// Calls `change` for each index below `rows`, and `committed` after each transaction.
void run_batch(Store& store, std::size_t rows, const BatchOptions& options,
               const std::function<void(std::size_t)>& change,
               const std::function<void()>& committed);

// Calls `take` with each entry of a list, a line, and its number. Blank lines, what follows a '#'
// and a first line `header` are passed over.
void each_listed(std::istream& text, std::string_view header,
                 const std::function<void(std::string_view entry, std::int64_t line)>& take);

// Throws OperationError (conflict) unless so many rows are selected: whoever changes many says how
// many. `noun`: "card" or "mismatch".
void require_count(std::int64_t matching, std::int64_t expected, std::string_view noun);
// "1 card", "2 mismatches".
std::string counted(std::int64_t number, std::string_view noun);

}  // namespace iotcard
