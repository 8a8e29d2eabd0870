// SPDX-License-Identifier: Apache-2.0
// A card that somebody names by its other spelling, of 19 or 20 characters, is the stored one if no
// other fits; every operation on it, and every result, has the stored ICCID.
#include <sstream>

#include "operations/binding_operations.h"
#include "operations/card_batch.h"
#include "operations/card_lookup.h"
#include "operations/card_operations.h"
#include "operations/listing.h"
#include "operations/platform_operations.h"
#include "unit/import_bench.h"

using namespace iotcard;
using Catch::Contains;
using Strings = std::vector<std::string>;

namespace {

const std::string shorter = "8988303010000000016";
const std::string longer = "89883030100000000161";  // with the Luhn digit
const std::string other = "89883030100000000164";   // with another digit

Iccid named(const std::string& text) {
  return iccid_of(text.c_str());
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const OperationError& error) {
    return error.what();
  }
  return "";
}

IccidList list_of(const std::string& text) {
  std::istringstream in{text};
  return read_iccid_list(in);
}

}  // namespace

TEST_CASE("each operation takes the stored card for its other spelling, and says which it is") {
  for (const auto& [stored, asked] :
       {std::pair{shorter, longer}, std::pair{longer, shorter}, std::pair{shorter, other}}) {
    CAPTURE(stored, asked);
    OperationsBench bench;
    Store& store = bench.store();
    const Context& context = bench.context;
    import(bench, "iccid,plan\n" + stored + ",A\n");
    const std::vector<FieldChange> change{{"plan", "B"}};
    CHECK(set_card(store, context, named(asked), change).card.iccid.text() == stored);
    CHECK(card_of(bench, stored).plan == "B");
    CHECK(describe_card(store, named(asked)).card.card.iccid.text() == stored);
    CHECK(describe_card(store, named(asked)).changes.size() == 2);

    const BindResult bound = bind_card(store, context, {"1", "D1"}, named(asked), false);
    CHECK(bound.binding.iccid.text() == stored);
    CHECK(bound.binding.match == Match::exact);  // no report has spelled it
    CHECK_FALSE(bind_card(store, context, {"1", "D1"}, named(asked), false).created);
    CHECK(page_of(binding_rows(store, named(asked)), {}).rows.at(0).iccid.text() == stored);
    CHECK(page_of(change_rows(store, named(asked)), {}).rows.size() == 2);
    CHECK_THAT(refusal([&] { remove_card(store, context, named(asked), false); }),
               Contains("card " + stored + " (named as " + asked + ") is bound"));
    CHECK(unbind_card(store, context, named(asked)).iccid.text() == stored);

    store.set_platforms({{.id = 3, .name = "Acme", .profile = "jasper"}});
    set_card(store, context, named(asked), std::vector<FieldChange>{{"platform", "3"}});
    const auto request =
        request_platform(store, context, named(asked), PlatformRequestKind::refresh);
    CHECK(request.iccid.text() == stored);

    const std::vector<Iccid> twice{named(asked), named(stored)};
    CHECK(remove_cards(store, context, twice, false).cards == std::vector{named(stored)});
    CHECK(store.count_cards({}) == 0);
    CHECK_THAT(refusal([&] { describe_card(store, named(asked)); }), Contains("there is no card"));
  }
}

TEST_CASE("where several cards fit, all are named and nothing is done") {
  OperationsBench bench;
  import(bench, "iccid\n" + longer + "\n" + other + "\n");
  Store& store = bench.store();
  const std::vector<FieldChange> change{{"plan", "B"}};
  const std::vector<std::function<void()>> acts{
      [&] { set_card(store, bench.context, named(shorter), change); },
      [&] { remove_card(store, bench.context, named(shorter), true); },
      [&] {
        bind_card(store, bench.context, {"1", "D1"}, named(shorter), true);
      },
      [&] { describe_card(store, named(shorter)); },
      [&] {
        request_platform(store, bench.context, named(shorter), PlatformRequestKind::refresh);
      }};
  for (const auto& act : acts) {
    CHECK_THAT(refusal(act), Contains("it may be any of " + longer + " and " + other));
  }
  const std::vector<Iccid> one_and_both{named(longer), named(shorter)};
  CHECK_THROWS_AS(remove_cards(store, bench.context, one_and_both, true), OperationError);
  CHECK(store.count_cards({}) == 2);
  // Of its own spelling it is one.
  CHECK(set_card(store, bench.context, named(other), change).card.iccid.text() == other);
}

TEST_CASE("a list of cards may spell them otherwise, which is said") {
  OperationsBench bench;
  import(bench, "iccid\n" + shorter + "\n" + two + "\n");
  SelectedCards selected =
      select_cards(bench.store(), list_of(two + "\n" + other + "\n" + shorter + "\n" + one + "\n"));
  REQUIRE(selected.spelled.size() == 1);
  CHECK(selected.spelled[0].named.text() == other);
  const BatchResult result = change_cards(
      bench.store(), bench.context, {.action = CardBatch::Action::set, .fields = {{"plan", "B"}}},
      std::move(selected), {});
  CHECK(result.done == 2);
  CHECK(result.failed.at(0).reason == "there is no such card in the store");
  CHECK(result.spelled.at(0).stored.text() == shorter);
  CHECK(card_of(bench, shorter).plan == "B");

  OperationsBench several;
  import(several, "iccid\n" + longer + "\n" + other + "\n");
  const SelectedCards none = select_cards(several.store(), list_of(shorter));
  CHECK(none.cards.empty());
  CHECK_THAT(none.failed.at(0).reason, Contains(longer + " and " + other));
}

TEST_CASE("a look-up says what is found, near, unknown and no ICCID") {
  OperationsBench bench;
  import(bench, "iccid\n" + one + "\n" + longer + "\n" + other + "\n8986031234567890123\n");
  const CardLookup lookup = look_up_cards(
      bench.store(),
      list_of(one + "\n" + one + "\n" + shorter + "\n89860312345678901234\n" + two + "\n12\n"));
  CHECK(lookup.found.size() == 1);
  REQUIRE(lookup.near.size() == 2);
  CHECK(lookup.near[0].iccid.text() == shorter);
  CHECK(lookup.near[0].cards.size() == 2);
  CHECK(lookup.near[1].cards.at(0).card.iccid.text() == "8986031234567890123");
  CHECK(lookup.unknown == std::vector{named(two)});
  CHECK(lookup.invalid.at(0).iccid == "12");
  CHECK_FALSE(lookup.complete());
  CHECK(look_up_cards(bench.store(), list_of(one + "\n89860312345678901234")).complete());
  CHECK_FALSE(look_up_cards(bench.store(), list_of(shorter)).complete());
}

TEST_CASE("a card is changed only if it is still as the operator has seen it") {
  OperationsBench bench;
  import(bench, "iccid\n" + shorter + "\n");
  const Instant seen = card_of(bench, shorter).updated_at;
  bench.context.now += std::chrono::seconds{5};
  const auto set = [&](const char* plan, Instant updated_at) {
    const std::vector<FieldChange> change{{"plan", plan}};
    return set_card(bench.store(), bench.context, named(longer), change, {}, updated_at).card;
  };
  const Instant changed = set("A", seen).updated_at;
  try {
    set("B", seen);
    FAIL("it was changed");
  } catch (const OperationError& error) {
    CHECK(error.kind() == OperationError::Kind::outdated);
    CHECK_THAT(error.what(), Contains("has changed since " + to_rfc3339(seen)) &&
                                 Contains("its updated_at is " + to_rfc3339(changed)));
  }
  CHECK(card_of(bench, shorter).plan == "A");
  CHECK(set("C", changed).plan == "C");
}
