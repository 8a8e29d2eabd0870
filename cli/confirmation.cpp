// SPDX-License-Identifier: Apache-2.0
#include "confirmation.h"

#include <fmt/core.h>

#include <stdexcept>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/batch.h"
#include "program.h"
#include "terminal.h"

namespace iotcard {
std::optional<std::int64_t> expected_count(const std::optional<std::string>& yes,
                                           std::string_view noun) {
  if (!yes || yes->empty()) return std::nullopt;
  const auto number = parse_integer(*yes);
  if (number && *number >= 0) return number;
  throw UsageError{fmt::format("--yes: \"{}\" is not the number of {}{} that match",
                               printable(*yes), noun, noun.ends_with("ch") ? "es" : "s")};
}

void confirm_count(const Confirmation& confirmation) {
  const std::int64_t matching = confirmation.matching;
  const std::string_view action = confirmation.action;
  if (const auto expected = expected_count(confirmation.yes, confirmation.noun)) {
    return require_count(matching, *expected, confirmation.noun);
  }
  if (matching == 0) return;
  const std::string rows = counted(matching, confirmation.noun);
  if (is_terminal(stdin) && confirmation.may_ask) {
    return ask(fmt::format("{} {}?", action, rows));
  }
  throw std::runtime_error{fmt::format(
      "{} match{}; nothing was done. To {} {} say --yes {}; --dry-run shows what would be done",
      rows, matching == 1 ? "es" : "", action, matching == 1 ? "it" : "them", matching)};
}

}  // namespace iotcard
