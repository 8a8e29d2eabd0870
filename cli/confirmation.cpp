// SPDX-License-Identifier: Apache-2.0
#include "confirmation.h"

#include <fmt/core.h>
#include <unistd.h>

#include <iostream>
#include <stdexcept>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "operations/batch.h"
#include "program.h"

namespace iotcard {
namespace {

void ask(const std::string& question) {
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw std::runtime_error{"nothing was done"};
  }
}

std::optional<std::int64_t> expected_count(const std::optional<std::string>& yes,
                                           std::string_view noun) {
  if (!yes || yes->empty()) return std::nullopt;
  const auto number = parse_integer(*yes);
  if (number && *number >= 0) return number;
  throw UsageError{fmt::format("--yes: \"{}\" is not the number of {}{} that match",
                               printable(*yes), noun, noun.ends_with("ch") ? "es" : "s")};
}

}  // namespace

void confirm_count(const Confirmation& confirmation) {
  const std::int64_t matching = confirmation.matching;
  const std::string_view action = confirmation.action;
  if (const auto expected = expected_count(confirmation.yes, confirmation.noun)) {
    return require_count(matching, *expected, confirmation.noun);
  }
  if (matching == 0) return;
  const std::string rows = counted(matching, confirmation.noun);
  if (isatty(STDIN_FILENO) == 1 && confirmation.may_ask) {
    return ask(fmt::format("{} {}?", action, rows));
  }
  throw std::runtime_error{fmt::format(
      "{} match{}; nothing was done. To {} them say --yes {}; --dry-run shows what would be done",
      rows, matching == 1 ? "es" : "", action, matching)};
}

}  // namespace iotcard
