// SPDX-License-Identifier: Apache-2.0
// What SQLite makes of each list of mismatches: by which index, and whether it sorts.
#include "contract/query_plans.h"
#include "contract/use_everything.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard {
namespace {

using Catch::Contains;

void use_mismatches(Store& store, const MismatchFilter& filter) {
  const std::string cursor = filter.order == MismatchOrder::id ? "7" : "9:7";
  MismatchFilter reversed = filter;
  reversed.newest_first = true;
  for (const MismatchFilter& list : {filter, reversed}) {
    store.list_mismatches(list, "", 5);
    store.list_mismatches(list, cursor, 5);
    store.list_mismatches(list, PageStart::from_end(5), 5);
  }
  store.count_mismatches(filter);
  store.count_mismatches(filter, 10);
}

// Each filter by itself, and the orders.
std::vector<MismatchFilter> mismatch_filters(const DeviceKey& device) {
  return {{},
          {.kinds = {Outcome::card_unknown}},
          {.kinds = {Outcome::card_unknown, Outcome::card_in_use}},
          {.device = device},
          {.product = "1"},
          {.suspect = Suspect::cloned},
          {.platform = 1},
          {.iccid_prefix = "8986"},
          {.text = "8986"},
          {.since = at(1)},
          {.since = at(1), .until = at(9)},
          {.order = MismatchOrder::first_seen},
          {.order = MismatchOrder::last_seen},
          {.order = MismatchOrder::count}};
}

}  // namespace

void use_mismatch_lists(Store& store, const DeviceKey& device) {
  using States = EnumSet<MismatchState>;
  for (MismatchFilter filter : mismatch_filters(device)) {
    for (const States states :
         {States{}, States{MismatchState::open}, States{MismatchState::cleared},
          States{MismatchState::cleared, MismatchState::accepted}}) {
      filter.states = states;
      filter.standing_only = states.empty() || states.has(MismatchState::open);
      use_mismatches(store, filter);
    }
    filter.states = {};
    filter.standing_only = false;
    if (filter.order < MismatchOrder::last_seen) use_mismatches(store, filter);
  }
  store.count_mismatch_group({MismatchState::open, Outcome::card_in_use, Suspect::moved});
  store.count_mismatch_group({MismatchState::open, Outcome::card_unknown}, 10);
}

TEST_CASE("each filter and each order of a list of mismatches has its index") {
  const SqlitePlace place;
  const auto plan_of = [&](const MismatchFilter& filter) {
    return plans_of(place, [&](Store& store) { store.list_mismatches(filter, "", 5); });
  };
  const auto ended = [](MismatchFilter filter) {
    filter.standing_only = false;
    filter.states = {MismatchState::cleared, MismatchState::accepted};
    return filter;
  };
  const auto check = [&](const MismatchFilter& filter, const std::string& index) {
    CHECK_THAT(plan_of(filter), Contains(index) && !Contains("TEMP B-TREE"));
  };
  check({}, "mismatch_standing ");
  check({.kinds = {Outcome::card_in_use}}, "mismatch_standing_outcome (outcome=?");
  check({.product = "1"}, "mismatch_standing_product (product=?");
  check({.suspect = Suspect::cloned}, "mismatch_standing_suspect (suspect=?");
  check({.order = MismatchOrder::first_seen}, "mismatch_standing_first");
  check({.kinds = {Outcome::card_in_use}, .order = MismatchOrder::first_seen},
        "mismatch_standing_outcome_first (outcome=?");
  check({.states = {MismatchState::dismissed}, .order = MismatchOrder::first_seen},
        "mismatch_standing_state_first (state=?");
  check({.order = MismatchOrder::last_seen}, "mismatch_standing_last");
  check({.order = MismatchOrder::count}, "mismatch_standing_count");
  check({.since = at(1), .order = MismatchOrder::first_seen},
        "mismatch_standing_first (first_seen>");
  check(ended({.order = MismatchOrder::last_seen}), "mismatch_ended_last");
  check(ended({.order = MismatchOrder::count}), "mismatch_ended_count");
  check(ended({.order = MismatchOrder::first_seen}), "mismatch_first");
  check(ended({.kinds = {Outcome::card_in_use}}), "mismatch_outcome (outcome=?");
  // These are sorted, if the list has another order.
  CHECK_THAT(plan_of({.iccid_prefix = "8986"}), Contains("mismatch_standing_card (reported>? AND"));
  CHECK_THAT(plan_of(ended({.iccid_prefix = "8986"})),
             Contains("mismatch_reported (reported>? AND"));
  CHECK_THAT(plan_of({.text = "8986"}), Contains("mismatch_reported (reported>? AND") &&
                                            Contains("(product=? AND number>? AND number<?)"));
}

}  // namespace iotcard
