// SPDX-License-Identifier: Apache-2.0
#include "card_selection.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <utility>

#include "base/duration.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "terminal.h"

namespace iotcard {
namespace {

// A whole number from 1; `expected` completes the error.
std::int64_t positive_number(std::string_view option, std::string_view text, std::int64_t max,
                             std::string_view expected) {
  const auto number = parse_integer(text);
  if (number && *number >= 1 && *number <= max) return *number;
  throw UsageError{
      fmt::format("{}: \"{}\" does not fit: expected {}", option, printable(text), expected)};
}

std::int64_t percent_of(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  return positive_number("--over", text, 1000, "a whole number of percent from 1 to 1000");
}

void check_source(const CardSelection& selection) {
  if (!selection.from.empty() && selection.filters.given()) {
    throw UsageError{"--from and filters: give one of them, not both"};
  }
}

// nullopt: the filters say which cards.
std::optional<IccidList> list_of(const CardSelection& selection) {
  if (!selection.from.empty()) return read_list(selection.from);
  if (selection.named.empty()) return std::nullopt;
  IccidList list;
  for (const std::string& iccid : selection.named) add_iccid(list, iccid);
  return list;
}

}  // namespace

IccidList read_list(const std::string& path) {
  if (path == "-") return read_iccid_list(std::cin);
  std::ifstream file{path, std::ios::binary};
  IccidList list;
  if (file && !std::filesystem::is_directory(path)) list = read_iccid_list(file);
  if (!file.eof()) throw std::runtime_error{"cannot read the list " + path};
  return list;
}

bool CardFilterOptions::given() const {
  return query.filters() || !platform.empty() || !expiring_within.empty() || !over.empty() ||
         !device.empty();
}

CardQuery query_of(const CardFilterOptions& options, Instant now) {
  CardQuery query = options.query;
  CardFilter& filter = query.filter;
  if (!options.platform.empty()) {
    filter.platform =
        positive_number("--platform", options.platform, std::numeric_limits<std::int64_t>::max(),
                        "a platform's number, above 0");
  }
  if (!options.over.empty()) set_used_over(filter, percent_of(options.over));
  if (!options.device.empty()) filter.device = device_from_operator(options.device);
  if (!options.expiring_within.empty()) {
    const auto duration = parse_duration(options.expiring_within);
    if (!duration || !set_expiring_within(filter, *duration, now)) {
      throw UsageError{fmt::format("--expiring-within: \"{}\" is no duration such as 12h or 30d",
                                   printable(options.expiring_within))};
    }
  }
  return query;
}

void declare_filters(Arguments& arguments, CardFilterOptions& options) {
  arguments.option("--prefix", options.query.filter.iccid_prefix, "Only ICCIDs that begin so");
  arguments.choice("--status", options.query.filter.status, card_status_names,
                   "Only cards with this status");
  arguments.option("--platform", options.platform, "Only cards of this platform")
      ->type_name("NUMBER");
  arguments.bound(options.query.filter.bound, "Only cards bound to a device", "Only free cards");
  arguments.option("--device", options.device, "Only the card of this device, PRODUCT/NUMBER");
  arguments.option("--operator", options.query.filter.operator_name,
                   "Only cards of this operator, in full");
  arguments.option("--text", options.query.filter.text,
                   "Only cards with this text, three characters at least, anywhere in a number, "
                   "the operator, the plan or the note");
  arguments.flag("--abnormal", options.query.abnormal,
                 "Only cards that an operator must look at, the worst first");
  arguments.choice("--reason", options.query.filter.reason, abnormal_names,
                   "Only cards that are abnormal for this");
  arguments.option("--expiring-within", options.expiring_within,
                   "Only cards that expire within this time, such as 30d, the soonest first");
  arguments
      .option("--over", options.over,
              "Only cards that have used at least this percentage of their limit, 1 to 1000, the "
              "highest first")
      ->type_name("PERCENT");
}

void declare_selection(Arguments& arguments, CardSelection& selection) {
  arguments.option("--from", selection.from,
                   "Cards of this list instead of one: an ICCID a line; - is standard input");
  declare_filters(arguments, selection.filters);
}

void declare_many(Arguments& arguments, ManyCards& many) {
  declare_selection(arguments, many.selection);
  arguments.flag("--dry-run", many.dry_run,
                 "With --from or a filter: says what would be done, and changes nothing");
  arguments.optional_value("--yes", many.yes,
                           "Do not ask. With --from or a filter: --yes N, the number of cards that "
                           "match");
}

SelectedCards select_cards(Store& store, const Context& context, const CardSelection& selection) {
  check_source(selection);
  if (const auto list = list_of(selection)) return select_cards(store, *list);
  return select_cards(store, context, query_of(selection.filters, context.now));
}

void say_spellings(const std::vector<CardSpelling>& spelled) {
  for (const auto& [named, stored] : spelled) {
    complain(fmt::format("{}: is in the store as {}", named.text(), stored.text()));
  }
}

SelectedCards name_cards(Operations& operations, const CardSelection& selection) {
  check_source(selection);
  SelectedCards named;
  if (auto list = list_of(selection)) {
    return {.cards = std::move(list->iccids), .failed = std::move(list->failed)};
  }
  const CardQuery query = query_of(selection.filters, operations.context().now);
  each_row(operations.cards(query), no_limit,
           [&](const StoredCard& card) { named.cards.push_back(card.card.iccid); });
  return named;
}

void ManyCards::take_iccid(std::string& iccid) {
  if (!iccid.empty() || selection.given() || !yes || yes->empty()) return;
  iccid = *std::exchange(yes, "");
}

void require_one_or_many(const std::string& iccid, const ManyCards& many, std::string_view verb) {
  if (!iccid.empty() && many.given()) {
    throw UsageError{fmt::format("card {}: an ICCID, or --from and filters; not both", verb)};
  }
  if (iccid.empty() && !many.given()) {
    throw UsageError{fmt::format("card {} needs an ICCID, --from FILE or a filter{}", verb,
                                 verb == "refresh" ? ", --stale or --all" : "")};
  }
  if (many.given()) expected_count(many.yes, "card");  // before a store is looked for
  if (!many.given() && many.dry_run) {
    throw UsageError{"--dry-run goes with --from or a filter"};
  }
}

// Whoever names each card has said how many.
void confirm_count(const ManyCards& many, std::int64_t matching, std::string_view action) {
  if (!many.selection.named.empty() && !many.yes) return;
  confirm_count({.yes = many.yes,
                 .matching = matching,
                 .noun = "card",
                 .action = action,
                 .may_ask = many.selection.from != "-"});
}

}  // namespace iotcard
