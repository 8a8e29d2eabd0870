// SPDX-License-Identifier: Apache-2.0
// One change of many cards: which they are, what is done, and what could not be.
#include <catch2/catch.hpp>
#include <sstream>

#include "operations/binding_operations.h"
#include "operations/card_batch.h"
#include "operations/platform_operations.h"
#include "operations_bench.h"

using namespace iotcard;

namespace {

using Action = CardBatch::Action;
using Texts = std::vector<std::string>;

Iccid numbered(int number) {
  return *Iccid::from_canonical("898604000000000" + std::to_string(10'000 + number));
}

struct Fleet : OperationsBench {
  explicit Fleet(int cards) {
    for (int i = 0; i < cards; ++i) {
      add_card(store(), context, numbered(i), std::vector<FieldChange>{{"plan", "A"}});
    }
  }
  SelectedCards listed(const std::string& text) {
    std::istringstream list{text};
    return select_cards(store(), read_iccid_list(list));
  }
  SelectedCards with_plan(const std::string& plan) {
    return select_cards(store(), context, CardQuery{.filter = {.text = plan}});
  }
  BatchResult change(const CardBatch& batch, SelectedCards selected) {
    return change_cards(store(), context, batch, std::move(selected), {});
  }
  std::string plan(int number) { return store().find_card(numbered(number))->card.plan; }
};

Texts reasons(const BatchResult& result) {
  Texts texts;
  for (const CardFailure& failure : result.failed) texts.push_back(failure.reason);
  return texts;
}

}  // namespace

TEST_CASE("a list has an ICCID a line, with comments, blank lines and a header") {
  std::istringstream text{
      "\xEF\xBB\xBFiccid\r\n# the meters\r\n\r\n8986 0400 0000 0001 0000 # cellar\r\n"
      "\"89860400000000010001\"\r\nnothing\r\n8.98604E+19\r\n89860400000000010000"};
  const IccidList list = read_iccid_list(text);
  CHECK(list.iccids == std::vector<Iccid>{numbered(0), numbered(1), numbered(0)});
  REQUIRE(list.failed.size() == 2);
  CHECK(list.failed[0].iccid == "nothing");
  CHECK(list.failed[0].reason.starts_with("line 6: \"nothing\" is no ICCID"));
}

TEST_CASE("a list means each stored card once, in either length") {
  Fleet fleet{2};
  const Iccid long_one = iccid_of("89860617060065258667");  // its last digit is the Luhn digit
  add_card(fleet.store(), fleet.context, long_one, {});
  const SelectedCards selected = fleet.listed(
      "8986061706006525866\n89860617060065258667\n89860400000000010001\n89860400000000010009\n");
  CHECK(selected.cards == std::vector<Iccid>{long_one, numbered(1)});
  REQUIRE(selected.failed.size() == 1);
  CHECK(selected.failed[0].iccid == "89860400000000010009");
  CHECK(selected.failed[0].reason == "there is no such card in the store");
}

TEST_CASE("a count that is not the number of cards is refused") {
  Fleet fleet{2};
  const SelectedCards selected = fleet.listed("89860400000000010001\nnothing\n");
  require_count(std::ssize(selected.cards), 1, "card");
  CHECK_THROWS_WITH(require_count(std::ssize(selected.cards), 2, "card"),
                    "1 card matches in the store, not 2; nothing was done");
}

TEST_CASE("a change of what the filter asks for reaches each card once") {
  Fleet fleet{300};
  const SelectedCards selected = select_cards(fleet.store(), fleet.context,
                                              CardQuery{.filter = {.status = CardStatus::unknown}});
  REQUIRE(selected.cards.size() == 300);
  std::int64_t last = 0;
  const BatchResult result =
      change_cards(fleet.store(), fleet.context,
                   {.action = Action::set, .fields = {{"status", "active"}, {"plan", "B"}}},
                   selected, {.progress = [&](std::int64_t cards, std::int64_t of) {
                     CHECK(cards > last);
                     CHECK(of == 300);
                     last = cards;
                   }});
  CHECK(result.matching == 300);
  CHECK(result.done == 300);
  CHECK(result.failed.empty());
  CHECK(last == 300);
  CHECK(fleet.store().count_cards({.status = CardStatus::active}) == 300);
  CHECK(fleet.plan(299) == "B");
  CHECK(fleet.store().logged_changes(numbered(7), 9).size() == 3);
}

TEST_CASE("a value that does not fit is told once, and no card is changed") {
  Fleet fleet{3};
  for (const auto& fields :
       {std::vector<FieldChange>{{"plan", "B"}, {"status", "asleep"}},
        std::vector<FieldChange>{{"colour", "red"}}, std::vector<FieldChange>{}}) {
    CHECK_THROWS_AS(fleet.change({.action = Action::set, .fields = fields},
                                 fleet.listed("89860400000000010000\n89860400000000010001\n")),
                    OperationError);
  }
  CHECK(fleet.plan(0) == "A");
}

TEST_CASE("a bound card is not removed without force, and the others are") {
  Fleet fleet{3};
  bind_card(fleet.store(), fleet.context, {"1", "D1"}, numbered(1), false);
  const std::string list =
      "89860400000000010000\n89860400000000010001\n89860400000000010002\nnothing\n";
  const BatchResult result = fleet.change({.action = Action::remove}, fleet.listed(list));
  CHECK(result.matching == 3);
  CHECK(result.done == 2);
  REQUIRE(result.failed.size() == 2);
  CHECK(result.failed[0].iccid == "nothing");
  CHECK(result.failed[1].iccid == numbered(1).text());
  CHECK(result.failed[1].reason.find("is bound to device 1/D1") != std::string::npos);
  CHECK(fleet.store().count_cards({}) == 1);
  CHECK(fleet.change({.action = Action::remove, .force = true}, fleet.listed(list)).done == 1);
  CHECK(fleet.card_of("1/D1").empty());
}

TEST_CASE("the same batch on a copy of the store says what would be done") {
  Fleet fleet{2};
  const auto copy = fleet.store().scratch_copy();
  const BatchResult tried =
      change_cards(*copy, fleet.context, {.action = Action::set, .fields = {{"plan", "B"}}},
                   fleet.listed("89860400000000010000\n"), {.scratch = true});
  CHECK(tried.done == 1);
  CHECK(fleet.plan(0) == "A");
}

TEST_CASE("requests to platforms are stored, and cards without a platform are named") {
  Fleet fleet{3};
  fleet.store().set_platforms({{.id = 7, .name = "Acme", .profile = "jasper"}});
  for (const int i : {0, 1}) {
    set_card(fleet.store(), fleet.context, numbered(i),
             std::vector<FieldChange>{{"platform", "7"}});
  }
  for (const Action action : {Action::suspend, Action::resume, Action::refresh}) {
    REQUIRE(asks_platform(action));
    const BatchResult result = fleet.change({.action = action}, fleet.with_plan("8986040000"));
    CHECK(result.matching == 3);
    CHECK(result.done == 2);
    REQUIRE(result.requests.size() == 2);
    CHECK(platform_request_kind_names[result.requests[0].kind] == card_batch_names[action]);
    CHECK(reasons(result) == Texts{"card 89860400000000010002 has no platform; set its field "
                                   "platform first"});
  }
  CHECK(fleet.store().platform_requests(numbered(1), 9).size() == 3);
}

TEST_CASE("a batch that a hook ends has done what it said") {
  Fleet fleet{2000};
  std::int64_t done = 0;
  CHECK_THROWS_AS(
      change_cards(fleet.store(), fleet.context, {.action = Action::set, .fields = {{"plan", "B"}}},
                   fleet.with_plan("8986040000"),
                   {.progress =
                        [&](std::int64_t cards, std::int64_t) {
                          done = cards;
                          throw std::runtime_error{"enough"};
                        }}),
      std::runtime_error);
  REQUIRE(done > 0);
  REQUIRE(done < 2000);
  CHECK(fleet.plan(static_cast<int>(done) - 1) == "B");
  CHECK(fleet.plan(static_cast<int>(done)) == "A");
}
