// SPDX-License-Identifier: Apache-2.0
#include "operations/mismatch_batch.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

template <typename Row>
void append_first(std::vector<Row>& rows, std::vector<Row> more) {
  for (Row& row : more) {
    if (rows.size() < MismatchBatchResult::max_results) rows.push_back(std::move(row));
  }
}

class Settlement {
 public:
  Settlement(Store& store, const Context& context, const MismatchBatch& batch,
             MismatchBatchResult& result)
      : store_(store), context_(context), batch_(batch), result_(result) {}

  void settle(std::int64_t id) {
    try {
      switch (batch_.action) {
        case MismatchBatch::Action::accept:
          accept(id);
          break;
        case MismatchBatch::Action::dismiss:
          chunk_.settled.push_back(dismiss_within(store_, context_, id, batch_.reason));
          break;
        case MismatchBatch::Action::reopen:
          chunk_.settled.push_back(reopen_within(store_, context_, id));
          break;
      }
      ++chunk_.done;
    } catch (const OperationError& error) {
      chunk_.failed.push_back({std::to_string(id), error.what()});
    }
  }

  // What was done so far counts.
  void commit() { result_.append(std::exchange(chunk_, {})); }

 private:
  void accept(std::int64_t id) {
    const auto mismatch = store_.find_mismatch(id);
    const auto plan = mismatch ? plan_acceptance(store_, *mismatch) : AcceptancePlan{};
    if (plan.card) {
      const auto taken = taken_.find(*plan.card);
      if (taken != taken_.end()) {
        throw OperationError::conflict(
            fmt::format("mismatch {} is about card {}, too, which is bound to device {} now: a "
                        "card has one device",
                        id, plan.card->text(), taken->second.text()));
      }
    }
    Acceptance accepted = accept_within(store_, context_, id, {}, batch_.reason);
    taken_.emplace(accepted.binding.iccid, accepted.binding.device);
    if (plan.bound) ++chunk_.bound;
    chunk_.ended += std::ssize(accepted.released);
    if (accepted.card_added) ++chunk_.cards_added;
    chunk_.accepted.push_back(std::move(accepted));
  }

  Store& store_;
  const Context& context_;
  const MismatchBatch& batch_;
  MismatchBatchResult& result_;
  MismatchBatchResult chunk_;
  std::map<Iccid, DeviceKey> taken_;  // by this batch
};

}  // namespace

void MismatchBatchResult::append(MismatchBatchResult more) {
  done += more.done;
  bound += more.bound;
  ended += more.ended;
  cards_added += more.cards_added;
  std::ranges::move(more.failed, std::back_inserter(failed));
  append_first(accepted, std::move(more.accepted));
  append_first(settled, std::move(more.settled));
}

void add_id(SelectedMismatches& selected, std::string_view text) {
  const auto id = parse_integer(text);
  if (!id || *id < 1) {
    selected.failed.push_back({printable(text), "it is no id: a whole number from 1 on"});
  } else if (selected.named.insert(*id).second) {
    selected.ids.push_back(*id);
  }
}

void add_ids(SelectedMismatches& selected, std::istream& text) {
  each_listed(text, "id", [&](std::string_view entry, std::int64_t) { add_id(selected, entry); });
}

MismatchFilter for_action(MismatchFilter filter, MismatchBatch::Action action) {
  if (filter.states.empty()) {
    filter.states = {action == MismatchBatch::Action::reopen ? MismatchState::dismissed
                                                             : MismatchState::open};
  }
  return filter;
}

SelectedMismatches selected_by(const RowList<Mismatch>& list) {
  SelectedMismatches selected;
  each_row(list, no_limit, [&](const Mismatch& mismatch) { selected.ids.push_back(mismatch.id); });
  return selected;
}

SelectedMismatches select_mismatches(ListStore& store, const MismatchFilter& filter,
                                     MismatchBatch::Action action) {
  return selected_by(mismatch_rows(store, for_action(filter, action)));
}

MismatchBatchResult settle_mismatches(Store& store, const Context& context,
                                      const MismatchBatch& batch, SelectedMismatches selected,
                                      const BatchOptions& options) {
  check_reason(batch.reason);
  const std::vector<std::int64_t>& ids = selected.ids;
  MismatchBatchResult result{.matching = std::ssize(ids), .failed = std::move(selected.failed)};
  Settlement settlement{store, context, batch, result};
  run_batch(
      store, ids.size(), options, [&](std::size_t next) { settlement.settle(ids[next]); },
      [&] { settlement.commit(); });
  return result;
}

}  // namespace iotcard
