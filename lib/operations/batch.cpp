// SPDX-License-Identifier: Apache-2.0
#include "operations/batch.h"

#include <fmt/core.h>

#include <chrono>

#include "base/text.h"
#include "base/utf8.h"
#include "operations/operation.h"
#include "operations/paced_transactions.h"

namespace iotcard {

void run_batch(Store& store, std::size_t rows, const BatchOptions& options,
               const std::function<void(std::size_t)>& change,
               const std::function<void()>& committed) {
  using std::chrono::steady_clock;
  PacedTransactions paced{store, {.scratch = options.scratch, .sole_user = options.sole_user}};
  std::size_t next = 0;
  while (next < rows) {
    paced([&] {
      const auto end = steady_clock::now() + paced.time();
      do {
        change(next++);
      } while (next < rows && steady_clock::now() < end);
    });
    committed();
    if (!options.progress) continue;
    options.progress(static_cast<std::int64_t>(next), static_cast<std::int64_t>(rows));
  }
}

void each_listed(std::istream& text, std::string_view header,
                 const std::function<void(std::string_view entry, std::int64_t line)>& take) {
  std::string line;
  for (std::int64_t number = 1; std::getline(text, line); ++number) {
    std::string_view entry = line;
    if (number == 1) skip_byte_order_mark(entry);
    entry = trim(entry.substr(0, entry.find('#')));
    if (entry.empty() || (number == 1 && equal_ignoring_case(entry, header))) continue;
    take(entry, number);
  }
}

void require_count(std::int64_t matching, std::int64_t expected, std::string_view noun) {
  if (matching == expected) return;
  throw OperationError::conflict(
      fmt::format("{} match{} in the store, not {}; nothing was done", counted(matching, noun),
                  matching == 1 ? "es" : "", expected),
      {ErrorKey::count_differs, {{"expected", expected}, {"actual", matching}}});
}

std::string counted(std::int64_t number, std::string_view noun) {
  const bool hisses = noun.ends_with("ch");
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : hisses ? "es" : "s");
}

}  // namespace iotcard
