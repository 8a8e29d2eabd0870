// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <sstream>

#include "operations/card_import.h"
#include "operations/card_operations.h"
#include "operations/process_identity.h"
#include "operations_bench.h"

using namespace iotcard;

namespace {

struct Run {
  ImportResult result;
  std::vector<std::string> problems;  // "line: reason"
};

Run import(OperationsBench& bench, const std::string& csv, const ImportOptions& options = {}) {
  std::istringstream in{csv};
  Run run;
  const ImportHooks hooks{
      .refused =
          [&](const RowProblem& problem) {
            run.problems.push_back(std::to_string(problem.line) + ": " + problem.reason);
          },
      .progress = {}};
  run.result = import_cards(bench.store(), bench.context, in, options, hooks);
  return run;
}

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";

}  // namespace

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
  CHECK(again.problems.at(0).find("is in the store already; an update") != std::string::npos);
}

namespace {

std::string numbered_rows(int count, const std::string& rest) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "8986061706" + std::to_string(1'000'000'001 + i) + rest;
  return text;
}

struct Cut {};

// Of an import whose process ends after its first rows are applied.
void import_and_end(OperationsBench& bench, const std::string& csv, const ImportOptions& options) {
  std::istringstream in{csv};
  const ImportHooks hooks{
      .refused = {}, .progress = {}, .applied = [](std::int64_t, std::int64_t) { throw Cut{}; }};
  CHECK_THROWS_AS(import_cards(bench.store(), bench.context, in, options, hooks), Cut);
}

}  // namespace

TEST_CASE("an import that ends while its rows are applied is finished by the next process") {
  constexpr int count = 3000;  // more than one transaction applies
  OperationsBench bench;
  import(bench, "iccid,plan,note\n" + numbered_rows(10, ",A,x\n"));
  bench.report_card("1/D", "89860617061000003000");
  import_and_end(bench, "iccid,plan,note\n" + numbered_rows(count, ",B,\n"),
                 {.update = true, .clear_empty = true});
  const std::int64_t before = bench.store().count_cards({});
  CHECK(before > 10);
  CHECK(before < count);
  REQUIRE(bench.store().imports().size() == 1);

  const auto other = open_store("sqlite:" + bench.folder() + "/cards.db");
  CHECK(finish_imports(*other, bench.context) == 1);
  CHECK(bench.store().imports().empty());
  CHECK(bench.store().count_cards({}) == count);
  for (const StoredCard& card : bench.store().list_cards({}, "", count).rows) {
    CHECK(card.card.plan == "B");
    CHECK(card.card.note.empty());
  }
  CHECK(bench.count_standing("1/D") == 0);
  CHECK(finish_imports(*other, bench.context) == 0);
}

TEST_CASE("rows of a list that was not read to its end are deleted once its process has ended") {
  OperationsBench bench;
  const StagedCard card{
      .line = 2, .iccid = iccid_of(one.c_str()), .device = {}, .fields = "plan=A"};
  for (const std::string& owner : {this_process(), std::string{"of a boot before this 1 1"}}) {
    const std::int64_t id = bench.store().add_import(
        {.id = 0, .owner = owner, .complete = false, .options = "00\nann"});
    bench.store().stage_card(id, card);
  }
  CHECK(finish_imports(bench.store(), bench.context) == 0);
  REQUIRE(bench.store().imports().size() == 1);
  CHECK(bench.store().imports()[0].owner == this_process());
  CHECK(bench.store().count_cards({}) == 0);
}

TEST_CASE("two imports at a time do not see each other's rows") {
  OperationsBench bench;
  import_and_end(bench, "iccid,plan\n" + numbered_rows(3000, ",A\n"), {});
  const auto outcome = import(bench, "iccid,plan\n" + numbered_rows(3000, ",B\n"));
  const std::int64_t added = outcome.result.added;
  CHECK(added > 0);
  CHECK(added < 3000);
  CHECK(finish_imports(bench.store(), bench.context) == 1);
  CHECK(bench.store().count_cards({}) == 3000);
  std::int64_t of_second = 0;
  for (const StoredCard& card : bench.store().list_cards({}, "", 3000).rows) {
    if (card.card.plan == "B") ++of_second;
  }
  CHECK(of_second == added);
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

// With update.

namespace {

constexpr ImportOptions update{.update = true};

Card card_of(OperationsBench& bench, const std::string& iccid) {
  return bench.store().find_card(iccid_of(iccid.c_str()))->card;
}

std::string shown(const std::vector<CardDifference>& changes) {
  std::string text;
  for (const CardDifference& card : changes) {
    for (const FieldDifference& field : card.fields) {
      text += std::string{field.field} + ": " + field.before + " -> " + field.after + "\n";
    }
  }
  return text;
}

// A second after what was before.
Run import_later(OperationsBench& bench, const std::string& csv, const ImportOptions& options) {
  bench.context.now += std::chrono::seconds{1};
  return import(bench, csv, options);
}

}  // namespace

TEST_CASE("an update changes the columns of the file and leaves the other fields") {
  OperationsBench bench;
  import(bench, "iccid,plan,operator,platform\n" + one + ",30 MB,China Mobile,1\n");
  const Card before = card_of(bench, one);
  const auto outcome = import_later(bench,
                                    "iccid,plan,created_at,updated_at\n" + one +
                                        ",1 GB,2001-01-01,2001-01-01\n" + two + ",2 GB,,\n",
                                    update);
  CHECK(outcome.problems.empty());
  CHECK(outcome.result.added == 1);
  CHECK(outcome.result.updated == 1);
  CHECK(outcome.result.unchanged == 0);
  CHECK(outcome.result.imported() == 2);
  CHECK(shown(outcome.result.changes) == "plan: 30 MB -> 1 GB\n");
  Card after = card_of(bench, one);
  CHECK(after.updated_at == bench.context.now);
  after.updated_at = before.updated_at;
  after.plan = before.plan;
  CHECK(after == before);
}

TEST_CASE("a row that changes nothing writes nothing") {
  OperationsBench bench;
  const std::string csv = "iccid,plan,used_bytes,product,device\n" + one + ",30 MB,7MB,1,D1\n";
  import(bench, csv);
  bench.events();
  const Card before = card_of(bench, one);
  bench.context.now += std::chrono::days{1};
  const auto outcome = import(bench, csv, update);
  CHECK(outcome.result.unchanged == 1);
  CHECK(outcome.result.imported() == 0);
  CHECK(outcome.result.bound == 0);
  CHECK(card_of(bench, one) == before);
  CHECK(bench.events().empty());
  CHECK(bench.store().usage_samples(iccid_of(one.c_str()), 9).size() == 1);
}

TEST_CASE("an empty cell leaves the field as it is, unless empty cells clear") {
  OperationsBench bench;
  import(bench, "iccid,plan,status,used_bytes,note\n" + one + ",30 MB,active,5,x\n");
  const std::string csv = "iccid,plan,status,used_bytes\n" + one + ",,,\n";
  CHECK(import_later(bench, csv, update).result.unchanged == 1);
  CHECK(card_of(bench, one).plan == "30 MB");
  const auto outcome = import_later(bench, csv, {.update = true, .clear_empty = true});
  CHECK(shown(outcome.result.changes) ==
        "plan: 30 MB -> \nstatus: active -> unknown\nused_bytes: 5 -> \n");
  CHECK(card_of(bench, one).plan.empty());
  CHECK(card_of(bench, one).note == "x");
  CHECK_THROWS_AS(import(bench, csv, {.clear_empty = true}), OperationError);
}

TEST_CASE("an updated card is judged, and announced on the edge") {
  OperationsBench bench;
  import(bench, "iccid,status\n" + one + ",active\n");
  import_later(bench, "iccid,status\n" + one + ",suspended\n", update);
  CHECK(bench.events() == std::vector<std::string>{"card/abnormal/card/" + one});
  import_later(bench, "iccid,status\n" + one + ",active\n", update);
  CHECK(bench.events() == std::vector<std::string>{"card/recovered/card/" + one});
}

TEST_CASE("a card that an update moves to the platform of the report ends wrong_platform") {
  OperationsBench bench;
  import(bench, "iccid,platform\n" + one + ",1\n");
  REQUIRE(bench.report("1/D1", R"({"iccid":")" + one + R"(","cardPlatformId":2})") ==
          Outcome::wrong_platform);
  bench.events();
  const auto outcome = import_later(bench, "iccid,platform\n" + one + ",2\n", update);
  CHECK(outcome.result.settled == 1);
  CHECK(bench.events() ==
        std::vector<std::string>{"mismatch/cleared/1/D1", "binding/created/1/D1"});
}

TEST_CASE("the device of the row comes before the one whose report waited for the platform") {
  OperationsBench bench;
  import(bench, "iccid,platform\n" + one + ",1\n");
  REQUIRE(bench.report("1/D1", R"({"iccid":")" + one + R"(","cardPlatformId":2})") ==
          Outcome::wrong_platform);
  import_later(bench, "iccid,platform,product,device\n" + one + ",2,1,D2\n", update);
  CHECK(bench.card_of("1/D2") == one);
  CHECK(bench.card_of("1/D1").empty());
  CHECK(bench.standing("1/D1").outcome == Outcome::card_in_use);
}

TEST_CASE("an update binds a free card to a free device, and refuses the row otherwise, whole") {
  OperationsBench bench;
  import(bench, "iccid\n" + one + "\n" + two + "\n");
  const auto bound =
      import_later(bench, "iccid,product,device\n" + one + ",1,D1\n" + two + ",,\n", update);
  CHECK(bound.result.bound == 1);
  CHECK(bound.result.updated == 1);
  CHECK(bound.result.unchanged == 1);
  CHECK(shown(bound.result.changes) == "device:  -> 1/D1\n");
  CHECK(bench.events() == std::vector<std::string>{"binding/created/1/D1"});

  const auto refused = import_later(
      bench, "iccid,note,product,device\n" + one + ",x,1,D2\n" + two + ",x,1,D1\n", update);
  CHECK(refused.problems ==
        std::vector<std::string>{
            "2: card " + one + " is bound to device 1/D1; unbind it first, or bind it by force",
            "3: device 1/D1 is bound to card " + one + " already"});
  CHECK(card_of(bench, one).note.empty());
  CHECK(card_of(bench, two).note.empty());
  // An empty cell ends no binding.
  import_later(bench, "iccid,product,device\n" + one + ",,\n",
               {.update = true, .clear_empty = true});
  CHECK(bench.card_of("1/D1") == one);
}

TEST_CASE("a row that contradicts one before it is refused, one that repeats it is not") {
  OperationsBench bench;
  const auto outcome =
      import(bench, "iccid,plan\n" + one + ",A\n" + one + ",A\n" + one + ",B\n", update);
  CHECK(outcome.result.added == 1);
  CHECK(outcome.result.unchanged == 1);
  CHECK(outcome.problems ==
        std::vector<std::string>{"4: card " + one +
                                 " is in line 2 of this file too, with other values"});
  CHECK(card_of(bench, one).plan == "A");
}

TEST_CASE("a dry run of an update says what would change and leaves no trace") {
  OperationsBench bench;
  import(bench, "iccid,plan,status,used_bytes\n" + one + ",30 MB,active,1\n");
  bench.events();
  const Card before = card_of(bench, one);
  const auto outcome =
      import_later(bench, "iccid,plan,status,used_bytes\n" + one + ",1 GB,suspended,2\n",
                   {.dry_run = true, .update = true});
  CHECK(shown(outcome.result.changes) ==
        "plan: 30 MB -> 1 GB\nstatus: active -> suspended\nused_bytes: 1 -> 2\n");
  CHECK(card_of(bench, one) == before);
  CHECK(bench.events().empty());
  CHECK(bench.store().usage_samples(iccid_of(one.c_str()), 9).at(0).used_bytes == 1);
}

TEST_CASE("of many changed cards the first twenty are told") {
  OperationsBench bench;
  std::string before = "iccid,plan\n";
  std::string after = before;
  for (int i = 100; i < 130; ++i) {
    before += "89860617060065258" + std::to_string(i) + ",A\n";
    after += "89860617060065258" + std::to_string(i) + ",B\n";
  }
  import(bench, before);
  const auto outcome = import_later(bench, after, update);
  CHECK(outcome.result.updated == 30);
  CHECK(outcome.result.changes.size() == 20);
}

TEST_CASE("ICCIDs whose Luhn digit is wrong are counted and taken") {
  OperationsBench bench;
  const auto outcome = import(bench, "iccid\n" + one +
                                         "\n89860617060065258667\n8986061706006525866\n"
                                         "89860617060065258668\n89860617060065258669\n123\n");
  CHECK(outcome.result.imported() == 5);
  CHECK(outcome.result.luhn_invalid ==
        (luhn(iccid_of("89860617060065258667")) == Luhn::invalid) +
            (luhn(iccid_of("8986061706006525866")) == Luhn::invalid) +
            (luhn(iccid_of("89860617060065258668")) == Luhn::invalid) +
            (luhn(iccid_of("89860617060065258669")) == Luhn::invalid));
  CHECK(outcome.result.luhn_invalid > 0);
  CHECK(outcome.result.luhn_first.size() ==
        std::min<std::size_t>(3, static_cast<std::size_t>(outcome.result.luhn_invalid)));
}

TEST_CASE("times of an import that name no zone are of the one that is said") {
  OperationsBench bench;
  import(bench, "iccid,expires_at\n" + one + ",2026/11/23\n", {.zone = std::chrono::hours { 8 }});
  CHECK(card_of(bench, one).expires_at == parse_time("2026-11-22T16:00:00Z"));
  const auto outcome = import(bench, "iccid,expires_at\n" + two + ",11/23/2026\n");
  REQUIRE(outcome.problems.size() == 1);
  CHECK(outcome.problems[0].find("nobody can tell day from month") != std::string::npos);
}

TEST_CASE("what a hook throws ends the import and leaves nothing, also behind the last row") {
  OperationsBench bench;
  for (const int calls : {1, 2, 3}) {
    std::istringstream in{"iccid\n" + one + "\n" + two + "\n"};
    int left = calls;
    CHECK_THROWS_AS(import_cards(bench.store(), bench.context, in, {},
                                 {.progress =
                                      [&](std::int64_t, std::int64_t) {
                                        if (--left == 0) throw std::runtime_error{"stop"};
                                      }}),
                    std::runtime_error);
    CHECK(bench.store().count_cards({}) == 0);
    CHECK(bench.store().imports().empty());
  }
}

TEST_CASE("what a card has used is noted as of the day on which it is said, once a day") {
  OperationsBench bench;
  const Iccid iccid = iccid_of(one.c_str());
  const auto days = [&] {
    std::string text;
    for (const UsageSample& sample : bench.store().usage_samples(iccid, 100)) {
      text += sample.day + "=" + std::to_string(sample.used_bytes) + " ";
    }
    return text;
  };
  import(bench, "iccid,used_bytes\n" + one + ",1\n");
  CHECK(days() == "2026-11-24=1 ");
  import_later(bench, "iccid,used_bytes\n" + one + ",2\n", update);
  CHECK(days() == "2026-11-24=2 ");
  bench.context.now += std::chrono::days{1};
  set_card(bench.store(), bench.context, iccid, std::vector<FieldChange>{{"used_bytes", "3"}});
  CHECK(days() == "2026-11-25=3 2026-11-24=2 ");
  bench.context.now += std::chrono::days{1};
  set_card(bench.store(), bench.context, iccid, std::vector<FieldChange>{{"note", "x"}});
  set_card(bench.store(), bench.context, iccid, std::vector<FieldChange>{{"used_bytes", ""}});
  CHECK(days() == "2026-11-25=3 2026-11-24=2 ");
  bench.context.now = *parse_time("2027-01-25T08:00:00Z");  // 62 days with the 25th of November
  set_card(bench.store(), bench.context, iccid, std::vector<FieldChange>{{"used_bytes", "4"}});
  CHECK(days() == "2027-01-25=4 2026-11-25=3 ");
}
