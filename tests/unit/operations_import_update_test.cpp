// SPDX-License-Identifier: Apache-2.0
// Imports that change cards which the store has.
#include "operations/card_operations.h"
#include "unit/import_bench.h"

using namespace iotcard;

namespace {

const ImportOptions update{.update = true};

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
ImportRun import_later(OperationsBench& bench, const std::string& csv,
                       const ImportOptions& options) {
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

TEST_CASE("cells that an import does not take are counted by their column") {
  OperationsBench bench;
  const std::string header = "iccid,network_imei,plan\n";
  // A new card keeps what the list says of it, as from an export.
  const auto added = import(bench, header + one + ",358000000000010,A\n" + two + ",,A\n");
  CHECK(added.result.not_taken.empty());
  CHECK(card_of(bench, one).network_imei == "358000000000010");
  const auto same =
      import(bench, header + one + ",358000000000010,A\n" + two + ",,A\n", {.update = true});
  CHECK(same.result.not_taken.empty());
  const auto other =
      import(bench, header + one + ",358000000000020,B\n" + two + ",358000000000030,A\n",
             {.update = true});
  CHECK(card_of(bench, one).network_imei == "358000000000010");
  CHECK(card_of(bench, one).plan == "B");
  REQUIRE(other.result.not_taken.size() == 1);
  CHECK(other.result.not_taken[0].field->name == "network_imei");
  CHECK(other.result.not_taken[0].cells == 2);
  CHECK(other.result.not_taken[0].first_line == 2);
  const auto daemons =
      import(bench, "iccid,created_at\n" + one + ",2020-01-01\n", {.update = true});
  CHECK(daemons.result.not_taken.at(0).field->name == "created_at");
}

TEST_CASE("an import says where its encoding is a guess, and which it took") {
  const std::string pattern = "\xC4\xA3\xCA\xBD";  // 模式 in GB18030
  const std::string list = "iccid,plan\n" + one + "," + pattern + "\n";
  OperationsBench bench;
  const auto guessed = import(bench, list);
  CHECK(guessed.result.list.encoding == Encoding::gb18030);
  REQUIRE(guessed.result.list.doubt);
  CHECK(guessed.result.list.doubt->other == Encoding::utf8);
  CHECK(guessed.result.list.doubt->text == "模式");
  CHECK(guessed.result.list.doubt->other_text == pattern);
  CHECK(card_of(bench, one).plan == "模式");
  CHECK_FALSE(
      import(bench, list, {.update = true, .encoding = Encoding::gb18030}).result.list.doubt);

  // Behind what is looked at to find the encoding.
  std::string late = "iccid,plan\n";
  for (int i = 0; i < 2'000; ++i) late += "8986001" + std::to_string(100'000'000'000 + i) + ",A\n";
  OperationsBench second;
  const auto doubtful = import(second, late + two + ",\xC3\xBC\n");
  CHECK(doubtful.result.list.encoding == Encoding::utf8);
  REQUIRE(doubtful.result.list.doubt);
  CHECK(doubtful.result.list.doubt->text == "ü");
  CHECK(doubtful.result.list.doubt->other_text == "眉");
  OperationsBench third;
  CHECK_FALSE(import(third, late + two + ",\xC3\xBC\n" + one + ",Z\u00e4hler\n").result.list.doubt);
}
