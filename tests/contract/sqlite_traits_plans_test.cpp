// SPDX-License-Identifier: Apache-2.0
// What SQLite makes of facets, of lists with several values, and of the search: no query reads a
// table, and what may be long has a bound.
#include "contract/query_plans.h"
#include "contract/use_everything.h"

namespace iotcard {
namespace {

using Catch::Contains;

CardFilter several() {
  return {.any = {.statuses = {CardStatus::active, CardStatus::ready}, .platforms = {1, 2}},
          .none = {.operators = {"China Mobile"}, .reasons = {Abnormal::suspended}}};
}

}  // namespace

void use_traits(Store& store) {
  store.card_traits({}, 5);
  store.card_traits(several(), 5);
  store.card_traits({.reason = Abnormal::suspended}, 5);
  store.card_traits({.bound = true}, 5);
  store.list_cards(several(), "", 5);
  store.list_cards(several(), card_one, 5);
  store.search_cards("0970", 5);
  store.device_traits({}, 5);
  store.device_traits({.bound = false, .text = "abc"}, 5);
  store.devices_numbered("D", 5);
}

TEST_CASE("where few cards have one of the values, their index finds them") {
  const SqlitePlace place;
  const auto plan_of = [&](const CardValues& any, const CardValues& none) {
    return plans_of(place, [&](Store& store) {
      const CardFilter filter{.now = at(9), .any = any, .none = none};
      store.list_cards(filter, "", 5);
      store.list_cards(filter, card_one, 5);
      store.card_traits(filter, 5);
    });
  };
  const auto check = [](const std::string& plan, const std::string& index) {
    CAPTURE(plan);
    CHECK_THAT(plan, Contains(index) && !Contains("SCAN c "));
  };
  check(plan_of({.statuses = {CardStatus::active, CardStatus::ready}}, {}),
        "card_status (status=?");
  check(plan_of({}, {.statuses = {CardStatus::active}}), "card_status (status=?");
  check(plan_of({.platforms = {1, 2}}, {}), "card_platform (platform_key=?");
  check(plan_of({.operators = {"A", "B"}}, {}), "card_operator (operator=?");
  check(plan_of({.reasons = {Abnormal::suspended, Abnormal::expired}}, {}),
        "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)");
}

TEST_CASE("where many cards have one of the values, each row of the list's order is tested") {
  const SqlitePlace place;
  {
    sqlite::SqliteStore store{place.path()};
    Transaction transaction{store};
    for (std::int64_t i = 0; i <= max_scanned_rows; ++i) {
      Card card = a_card("898600000000" + std::to_string(1'000'000 + i));
      card.status = CardStatus::active;
      store.add_card(card, {}, std::nullopt);
    }
    transaction.commit();
  }
  for (const CardOrder order : {CardOrder::iccid, CardOrder::status, CardOrder::used_bytes}) {
    CardFilter filter{.any = {.statuses = {CardStatus::active, CardStatus::ready}}};
    filter.order = order;
    const std::string index = order == CardOrder::iccid    ? "sqlite_autoindex_card_1"
                              : order == CardOrder::status ? "card_status"
                                                           : "card_used";
    const std::string plan = plans_of(place, [&](Store& store) {
      store.list_cards(filter, "", 5);
      store.card_traits(filter, 5);
    });
    CAPTURE(plan);
    CHECK_THAT(plan, Contains("SCAN c USING INDEX " + index) && !Contains("TEMP B-TREE"));
  }
}

TEST_CASE("a search reads what its index finds, and a bounded number of that") {
  const SqlitePlace place;
  const auto use = [](Store& store) { store.search_cards("0970", 5); };
  for (const std::string& sql : queries_of(place, use)) {
    CHECK_THAT(sql, Contains("MATCH ? LIMIT ?"));
  }
  const std::string plan = plans_of(place, use);
  CAPTURE(plan);
  CHECK_THAT(plan, Contains("card_text VIRTUAL TABLE INDEX") &&
                       Contains("SEARCH c USING INTEGER PRIMARY KEY") && !Contains("TEMP B-TREE"));
}

TEST_CASE("devices are found by their number on the index that names devices") {
  const SqlitePlace place;
  const std::string plan = plans_of(place, [](Store& store) { store.devices_numbered("D", 5); });
  CAPTURE(plan);
  CHECK_THAT(plan, Contains("SEARCH d USING INDEX sqlite_autoindex_device_1 (product=? AND "
                            "number>? AND number<?)"));
}

TEST_CASE("what devices count for is read of a bounded number of rows") {
  const SqlitePlace place;
  const auto use = [](Store& store) { store.device_traits({.bound = false, .text = "abc"}, 5); };
  const std::string plan = plans_of(place, use);
  CAPTURE(plan);
  CHECK_THAT(plan, Contains("device_unbound") && !Contains("TEMP B-TREE"));
}

}  // namespace iotcard
