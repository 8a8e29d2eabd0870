// SPDX-License-Identifier: Apache-2.0
// mismatch_selection.h - Which mismatches a verb is about: ids, ids on standard input, or the
// filters of mismatch list. The main thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operations/mismatch_batch.h"
#include "verbs.h"

namespace iotcard {

// As they were typed.
struct MismatchFilterOptions {
  std::string kinds{};
  std::string states{};
  std::string product{};
  std::string device{};
  std::string platform{};
  std::string iccid{};
  std::string text{};
  std::string since{};
  std::string until{};
  std::optional<Suspect> suspect{};

  bool given() const;
};
void declare_filters(Arguments& arguments, MismatchFilterOptions& options);
// Throws UsageError. Without states: standing ones.
MismatchFilter filter_of(const MismatchFilterOptions& options);
// For the footer of a verb with these filters.
inline constexpr const char* mismatch_filter_help = R"(
Lists have commas between their parts: --kind card_in_use,device_has_other_card. Kinds:
iccid_invalid, iccid_ambiguous, card_unknown, wrong_platform, device_has_other_card (the
SIM was swapped), card_in_use (the SIM was moved, or cloned). States: open; dismissed (an
operator has hidden it until its cause changes); accepted (by an operator, and the binding
followed); followed (the same by the policy); cleared (its cause is gone).
--since and --until are about the first report of a mismatch: a time, or an age such as 1h
or 7d.)";

// What verbs that settle mismatches have in common.
struct ManyMismatches {
  std::vector<std::string> ids{};  // "-": those on standard input
  MismatchFilterOptions filters{};
  std::optional<std::string> yes{};  // "": without a number
  std::string reason{};
  bool dry_run = false;

  // One id, and nothing that is for many.
  std::optional<std::int64_t> only_id() const;
};
void declare_many(Arguments& arguments, ManyMismatches& many);
// Selects the mismatches, has the count confirmed, does what is asked for and prints what was done
// and what could not be. Returns the exit status.
int settle_many(Program& program, const ManyMismatches& many, MismatchBatch::Action action);

}  // namespace iotcard
