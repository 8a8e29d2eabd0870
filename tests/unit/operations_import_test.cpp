// SPDX-License-Identifier: Apache-2.0
// Which rows an import takes and what it makes of them.
#include "unit/import_bench.h"

using namespace iotcard;

TEST_CASE("an import takes the good rows and names each bad one") {
  OperationsBench bench;
  const auto outcome =
      import(bench, "\xEF\xBB\xBFstatus,iccid\r\nactive," + one + "\r\nactive,123\r\nactive," +
                        two + "\r\nbroken,898602F31318C0378248\r\n");
  CHECK(outcome.result.rows == 4);
  CHECK(outcome.result.imported() == 2);
  CHECK(outcome.result.refused == 2);
  REQUIRE(outcome.problems.size() == 2);
  CHECK(outcome.problems[0].starts_with("3: "));
  CHECK(outcome.problems[1].starts_with("5: "));
  CHECK(bench.store().count_cards({}) == 2);
  CHECK(bench.store().find_card(iccid_of(one.c_str()))->card.status == CardStatus::active);
}

TEST_CASE("a card that is in the store, or in the file with other values, is refused") {
  OperationsBench bench;
  import(bench, "iccid\n" + one + "\n");
  const auto outcome =
      import(bench, "iccid,plan\n" + one + ",A\n" + two + ",A\n" + two + ",B\n" + two + ",A\n");
  CHECK(outcome.problems ==
        std::vector<std::string>{
            "2: card " + one +
                " is in the store already; an update (--update, or update=true by HTTP) would "
                "change it",
            "4: card " + two + " is in line 3 of this file too, with other values"});
  CHECK(outcome.result.imported() == 1);
  CHECK(outcome.result.unchanged == 1);
  CHECK(bench.store().find_card(iccid_of(two.c_str()))->card.plan == "A");
}

TEST_CASE("times of creation in the file do not make a card one of this import") {
  OperationsBench bench;
  const std::string exported =
      "iccid,created_at,plan\n" + one + "," + to_rfc3339(bench.context.now) + ",A\n";
  import(bench, exported);
  const auto again = import(bench, exported);
  CHECK(again.problems.empty());
  CHECK(again.result.unchanged == 1);
  CHECK(again.result.imported() == 0);
}

TEST_CASE("an import refuses by name what a spreadsheet ruined") {
  OperationsBench bench;
  const std::string cut = "89860429362000000000";
  const std::string csv = "iccid\n8.98604E+19\n" + cut + "\n";
  const auto outcome = import(bench, csv);
  REQUIRE(outcome.problems.size() == 2);
  CHECK(outcome.problems[0].find("8.98604E+19") != std::string::npos);
  CHECK(outcome.problems[0].find("spreadsheet") != std::string::npos);
  CHECK(outcome.problems[1].find(cut) != std::string::npos);
  CHECK(outcome.problems[1].find("15 digits") != std::string::npos);
  CHECK(bench.store().count_cards({}) == 0);

  CHECK(import(bench, csv, {.trust_zeros = true}).result.imported() == 1);
}

TEST_CASE("a dry run says what an import would do and leaves no trace") {
  OperationsBench bench;
  const auto outcome =
      import(bench, "iccid,status,product,device\n" + one + ",suspended,1,D1\n", {.dry_run = true});
  CHECK(outcome.result.imported() == 1);
  CHECK(outcome.result.bound == 1);
  CHECK(bench.store().count_cards({}) == 0);
  CHECK(bench.store().count_devices() == 0);
  CHECK(bench.events().empty());
}

TEST_CASE("a row that names a device binds the card, unless the device has one") {
  OperationsBench bench;
  const auto outcome = import(bench, "iccid,product,device\n" + one + ",1,D1\n" + two + ",1,D1\n");
  CHECK(outcome.result.bound == 1);
  CHECK(outcome.problems ==
        std::vector<std::string>{"3: device 1/D1 is bound to card " + one + " already"});
  CHECK(bench.card_of("1/D1") == one);
  CHECK_FALSE(bench.store().find_card(iccid_of(two.c_str())));
  CHECK(bench.events() == std::vector<std::string>{"binding/created/1/D1"});
  CHECK(bench.report_card("1/D1", one) == Outcome::binding_confirmed);
}

TEST_CASE("an abnormal card is announced when it comes in") {
  OperationsBench bench;
  import(bench, "iccid,status\n" + one + ",suspended\n" + two + ",active\n");
  CHECK(bench.events() == std::vector<std::string>{"card/abnormal/card/" + one});
}

TEST_CASE("a report that waited for its card is decided anew by the import") {
  OperationsBench bench;
  REQUIRE(bench.report_card("1/D1", one) == Outcome::card_unknown);
  REQUIRE(bench.report_card("1/D2", two) == Outcome::card_unknown);
  bench.events();
  const auto outcome = import(bench, "iccid\n" + one + "\n");
  CHECK(outcome.result.settled == 1);
  CHECK(bench.events() ==
        std::vector<std::string>{"mismatch/cleared/1/D1", "binding/created/1/D1"});
  CHECK(bench.card_of("1/D1") == one);
  CHECK(bench.count_standing("1/D2") == 1);
}

TEST_CASE("a header without iccid stops the import before it begins") {
  OperationsBench bench;
  CHECK_THROWS_AS(import(bench, "imsi\n460001234567890\n"), OperationError);
  CHECK_THROWS_AS(import(bench, ""), OperationError);
}

TEST_CASE("ICCIDs whose Luhn digit is wrong are counted and taken") {
  OperationsBench bench;
  const auto outcome = import(bench, "iccid\n" + one +
                                         "\n89860617060065258667\n8986061706006525874\n"
                                         "89860617060065258668\n89860617060065258669\n"
                                         "89860617060065258660\n89860617060065258661\n123\n");
  CHECK(outcome.result.imported() == 7);
  CHECK(outcome.result.luhn_invalid == 4);
  CHECK(outcome.result.luhn_first == std::vector<Iccid>{iccid_of("89860617060065258668"),
                                                        iccid_of("89860617060065258669"),
                                                        iccid_of("89860617060065258660")});
}

TEST_CASE("a list of ICCIDs without their check digit has no wrong ones") {
  OperationsBench bench;
  std::string list = "iccid\n";
  for (int i = 0; i < 10; ++i) list += "898603123456789012" + std::to_string(i) + "\n";
  const auto outcome = import(bench, list);
  CHECK(outcome.result.imported() == 10);
  CHECK(outcome.result.luhn_invalid == 0);
}

TEST_CASE("times of an import that name no zone are of the one that is said") {
  OperationsBench bench;
  import(bench, "iccid,expires_at\n" + one + ",2026/11/23\n", {.zone = std::chrono::hours { 8 }});
  CHECK(card_of(bench, one).expires_at == parse_time("2026-11-22T16:00:00Z"));
  const auto outcome = import(bench, "iccid,expires_at\n" + two + ",11/23/2026\n");
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems[0].find("nobody can tell day from month") != std::string::npos);
}
