// SPDX-License-Identifier: Apache-2.0
// A card that is printed with 19 characters and with 20 is in the store once, however it comes in.
#include "operations/card_operations.h"
#include "operations/card_state.h"
#include "unit/import_bench.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const std::string shorter = "8988303010000000016";
const std::string longer = "89883030100000000161";  // with the Luhn digit
const std::string other = "89883030100000000164";   // with another digit

}  // namespace

TEST_CASE("an import refuses a card that the store has in its other spelling") {
  for (const bool longer_first : {false, true}) {
    OperationsBench bench;
    const std::string& stored = longer_first ? longer : shorter;
    const std::string& listed = longer_first ? shorter : longer;
    import(bench, "iccid\n" + stored + "\n");
    const auto run = import(bench, "iccid,plan\n" + two + ",A\n" + listed + ",A\n");
    CHECK(run.problems == std::vector<std::string>{
                              "3: card " + listed + " is in the store already as " + stored +
                              ", its spelling with " + (longer_first ? "20" : "19") +
                              " characters; an update (--update, or update=true by HTTP) would "
                              "change that card"});
    CHECK(run.result.imported() == 1);
    CHECK(bench.store().count_cards({}) == 2);
  }
}

TEST_CASE("an import with update changes the card that the store has in its other spelling") {
  OperationsBench bench;
  import(bench, "iccid,plan\n" + shorter + ",A\n");
  const auto run =
      import(bench, "iccid,plan,product,device\n" + longer + ",B,1,D1\n", {.update = true});
  CHECK(run.problems.empty());
  CHECK(run.result.updated == 1);
  CHECK(run.result.changes.at(0).iccid.text() == shorter);
  CHECK(card_of(bench, shorter).plan == "B");
  CHECK(bench.store().count_cards({}) == 1);
  CHECK(bench.card_of("1/D1") == shorter);
  // The device has this card: nothing is left to do.
  CHECK(import(bench, "iccid,plan,product,device\n" + longer + ",B,1,D1\n", {.update = true})
            .result.unchanged == 1);
}

TEST_CASE("a list that has a card in both spellings has it once") {
  OperationsBench bench;
  const std::string both = "iccid\n" + shorter + "\n" + longer + "\n";
  const auto same = import(bench, both);
  CHECK(same.problems ==
        std::vector<std::string>{"3: card " + longer + " is in line 2 of this file too, spelled " +
                                 shorter});
  CHECK(same.result.imported() == 1);
  CHECK(import(bench, both, {.update = true}).result.unchanged == 2);
  CHECK(bench.store().count_cards({}) == 1);
  CHECK(bench.store().find_card(iccid_of(shorter.c_str())));

  OperationsBench another;
  const auto differs =
      import(another, "iccid,plan\n" + longer + ",A\n" + shorter + ",B\n" + other + ",C\n");
  CHECK(differs.problems ==
        std::vector<std::string>{"3: card " + shorter + " is in line 2 of this file too, spelled " +
                                 longer + ", with other values"});
  // Two of 20 characters are two cards.
  CHECK(differs.result.imported() == 2);
}

TEST_CASE("a list may have more cards in two spellings than are looked at together") {
  OperationsBench bench;
  std::string csv = "iccid\n";
  for (int i = 0; i < 1'300; ++i) {
    const std::string card = std::to_string(8988303020000000001 + i);
    csv += card + "\n" + card + "1\n";
  }
  const auto run = import(bench, csv);
  CHECK(run.result.imported() == 1'300);
  CHECK(run.result.refused == 1'300);
  CHECK(bench.store().count_cards({}) == 1'300);
}

TEST_CASE("a card of 19 characters that several stored ones may be is refused, with update too") {
  OperationsBench bench;
  import(bench, "iccid\n" + longer + "\n" + other + "\n");
  for (const bool update : {false, true}) {
    const auto run = import(bench, "iccid,plan\n" + shorter + ",A\n", {.update = update});
    REQUIRE(run.problems.size() == 1);
    CHECK_THAT(run.problems[0], Contains("as " + longer + " and " + other + ", its spellings"));
  }
  CHECK(bench.store().count_cards({}) == 2);
}

TEST_CASE("a card that the store has in both spellings is the one of its own spelling") {
  OperationsBench bench;
  bench.store().add_card(Card{iccid_of(shorter.c_str())});
  bench.store().add_card(Card{iccid_of(longer.c_str())});
  import(bench, "iccid,plan\n" + longer + ",A\n", {.update = true});
  CHECK(card_of(bench, longer).plan == "A");
  CHECK(card_of(bench, shorter).plan.empty());
}

TEST_CASE("a card is not added, nor its state set, beside its other spelling") {
  OperationsBench bench;
  import(bench, "iccid\n" + longer + "\n");
  try {
    add_card(bench.store(), bench.context, iccid_of(shorter.c_str()), {});
    FAIL("it was added");
  } catch (const OperationError& error) {
    CHECK(error.kind() == OperationError::Kind::conflict);
    CHECK(std::string{error.what()} == "card " + shorter + " is in the store already as " + longer +
                                           ", its spelling with 20 characters; change that card "
                                           "instead");
  }
  const std::vector<FieldChange> active{{"status", "active"}};
  // With the Luhn digit it is certainly the same card.
  set_card_state(bench.store(), bench.context, iccid_of(shorter.c_str()), active);
  CHECK(card_of(bench, longer).status == CardStatus::active);
  CHECK(bench.store().count_cards({}) == 1);

  OperationsBench weak;
  import(weak, "iccid\n" + shorter + "\n");
  CHECK_THROWS_AS(set_card_state(weak.store(), weak.context, iccid_of(other.c_str()), active),
                  OperationError);
  CHECK(weak.store().count_cards({}) == 1);
}
