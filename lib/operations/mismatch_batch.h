// SPDX-License-Identifier: Apache-2.0
// mismatch_batch.h - One decision about many mismatches: those of a list of ids, or all that a
// filter fits. Each is done or not by itself, with a reason if not. Throws OperationError,
// StoreError and what a hook throws: what was committed until then stays. On the store's thread.
#pragma once

#include <cstdint>
#include <istream>
#include <set>
#include <string>
#include <vector>

#include "operations/batch.h"
#include "operations/mismatch_operations.h"

namespace iotcard {

struct MismatchBatch {
  enum class Action : std::uint8_t { accept, dismiss, reopen };
  Action action = Action::accept;
  std::string reason{};  // of accept and dismiss
};
inline constexpr auto mismatch_batch_names =
    make_name_table<MismatchBatch::Action>("accept", "dismiss", "reopen");

inline constexpr std::size_t max_mismatch_ids = 500;  // in one request of the API

// What could not be done, and why.
struct MismatchFailure {
  std::string id;  // as it was named
  std::string reason;
};
// Each once, in the order in which they were named.
struct SelectedMismatches {
  std::vector<std::int64_t> ids{};
  std::set<std::int64_t> named{};         // the same, of a list
  std::vector<MismatchFailure> failed{};  // what is no id
};
void add_id(SelectedMismatches& selected, std::string_view text);
// One id a line. Blank lines, what follows a '#', and a first line "id" are passed over.
void add_ids(SelectedMismatches& selected, std::istream& text);
// Without states in the filter: those that the action is for, open ones or, of reopen, dismissed
// ones.
MismatchFilter for_action(MismatchFilter filter, MismatchBatch::Action action);
// All that are in the list now, in its order.
SelectedMismatches selected_by(const RowList<Mismatch>& list);
SelectedMismatches select_mismatches(ListStore& store, const MismatchFilter& filter,
                                     MismatchBatch::Action action);

struct MismatchBatchResult {
  // Of so many the result has what they came to.
  static constexpr std::size_t max_results = 500;

  std::int64_t matching = 0;  // selected mismatches
  std::int64_t done = 0;
  std::vector<MismatchFailure> failed{};
  // Of accept:
  std::int64_t bound = 0;  // bindings made
  std::int64_t ended = 0;  // bindings
  std::int64_t cards_added = 0;
  std::vector<Acceptance> accepted{};  // the first ones
  std::vector<Mismatch> settled{};     // of dismiss and reopen: the first ones, as they are now

  // A later part of the same batch; its `matching` is among this one's.
  void append(MismatchBatchResult more);
};

// Of several mismatches about one card the first is accepted: another would take the card away.
MismatchBatchResult settle_mismatches(Store& store, const Context& context,
                                      const MismatchBatch& batch, SelectedMismatches selected,
                                      const BatchOptions& options);

}  // namespace iotcard
