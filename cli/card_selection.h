// SPDX-License-Identifier: Apache-2.0
// card_selection.h - Which cards a verb is about, where it is about many: the filters of card list,
// or a list of ICCIDs; and the confirmation of whoever changes many. The main thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "confirmation.h"
#include "operations.h"
#include "operations/card_batch.h"
#include "verbs.h"

namespace iotcard {

// As they were typed.
struct CardFilterOptions {
  CardQuery query{};
  std::string platform{};
  std::string expiring_within{};
  std::string over{};    // percent
  std::string device{};  // PRODUCT/NUMBER

  bool given() const;
};
void declare_filters(Arguments& arguments, CardFilterOptions& options);
// Throws UsageError.
CardQuery query_of(const CardFilterOptions& options, Instant now);

// "-": standard input. Throws std::runtime_error for a list that cannot be read.
IccidList read_list(const std::string& path);

struct CardSelection {
  CardFilterOptions filters{};
  std::string from{};                // a file of ICCIDs
  std::vector<std::string> named{};  // ICCIDs, one by one

  bool given() const { return !from.empty() || !named.empty() || filters.given(); }
};
void declare_selection(Arguments& arguments, CardSelection& selection);
// Throws UsageError, and std::runtime_error for a list that cannot be read.
SelectedCards select_cards(Store& store, const Context& context, const CardSelection& selection);

// On standard error, which cards of a list the store spells otherwise.
void say_spellings(const std::vector<CardSpelling>& spelled);
// The same by name only, for the API: whether the daemon has a card of a list, it says later.
SelectedCards name_cards(Operations& operations, const CardSelection& selection);

// What verbs that change many cards have in common.
struct ManyCards {
  CardSelection selection{};
  std::optional<std::string> yes{};  // "": without a number
  bool dry_run = false;

  bool given() const { return selection.given(); }
  // In "--yes ICCID" the parser takes the ICCID for the number.
  void take_iccid(std::string& iccid);
};
void declare_many(Arguments& arguments, ManyCards& many);
// See confirm_count(); `action`: "suspend".
void confirm_count(const ManyCards& many, std::int64_t matching, std::string_view action);

// Throws UsageError unless there is one ICCID, or a list or a filter.
void require_one_or_many(const std::string& iccid, const ManyCards& many, std::string_view verb);
// For the footer of such a verb.
inline constexpr const char* many_help = R"(
With --from or filters, those of card list: --yes N says how many cards match; without it
the terminal is asked. If another number matches, nothing is done (exit status 1). Blank
lines of a list and what follows a # are passed over. Each card is done or not by itself;
those that could not be done are named on standard error with the reason (exit status 1).
A card is found by its other spelling too (19 digits, or 20 with the check digit), which is
said on standard error. With --json, one object: matching, done, failed (iccid, reason),
requests, dry_run and spelled (iccid as named, stored).)";

// Changes all selected cards, waits for what platforms say, and prints what was done and what could
// not be. Returns the exit status. card_many.cpp.
int change_many(Program& program, const ManyCards& many, const CardBatch& batch);

}  // namespace iotcard
