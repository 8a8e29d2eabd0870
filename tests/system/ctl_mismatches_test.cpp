// SPDX-License-Identifier: Apache-2.0
// The work list as an operator works through it: what a mismatch is about, settling one or many,
// taking that back. No daemon, no broker.
#include <algorithm>

#include "store/store.h"
#include "store/stored_decision.h"
#include "system/desk.h"

using namespace iotcard;

namespace {

const std::string one = "898604293620C0000970";
const std::string two = "89860617060065258667";

// The device reports, as the daemon would take it.
void report(const Desk& desk, const DeviceKey& device, const std::string& payload) {
  const auto store = open_store(desk.store);
  auto reading = std::get<DeviceReport>(read_report(payload, {}));
  const Instant now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  Transaction transaction{*store};
  const Decision decision = decide(device, reading, load_inputs(*store, device, reading), {}, now);
  apply_decision(
      *store, "iotcardd", {}, device,
      {"/" + device.text() + "/info/post", payload, now, std::move(reading), decision.outcome},
      decision);
  transaction.commit();
}
void report_card(const Desk& desk, const DeviceKey& device, const std::string& iccid) {
  report(desk, device, R"({"iccid":")" + iccid + R"("})");
}

std::string id_of(Desk& desk, const std::string& device) {
  const auto list = desk.json({"mismatch", "list", "--device", device});
  REQUIRE(list.Size() == 1);
  return std::to_string(list[0]["id"].GetInt());
}

// 1/A has card one; 1/B and 7/C report it; 1/D reports an unknown one; 1/E one that is none.
void fill(Desk& desk) {
  desk.run({"card", "add", one});
  report_card(desk, {"1", "A"}, one);
  report_card(desk, {"1", "B"}, one);
  report_card(desk, {"1", "A"}, one);
  report_card(desk, {"7", "C"}, one);
  report_card(desk, {"1", "D"}, two);
  report_card(desk, {"1", "E"}, "12345");
}

}  // namespace

TEST_CASE("clones are found, and each mismatch says what stands against it and what was reported") {
  Desk desk;
  fill(desk);
  const auto cloned = desk.json({"mismatch", "list", "--suspect", "cloned"});
  REQUIRE(cloned.Size() == 1);
  CHECK(std::string{cloned[0]["device"].GetString()} == "B");
  CHECK(std::string{cloned[0]["holder"]["device"].GetString()} == "A");
  CHECK(desk.json({"mismatch", "list", "--suspect", "moved"}).Size() == 1);
  const std::string table = desk.run({"mismatch", "list"}).out;
  CHECK(has(table, "cloned"));
  CHECK(has(table, "held by 1/A"));
  CHECK(has(table, "12345 (bad-length)"));
  // It still says so when it is settled, whoever has the card then.
  desk.run({"mismatch", "accept", id_of(desk, "1/B"), "--reason", "moved to the new meter"});
  const std::string settled = desk.run({"mismatch", "list", "--state", "accepted"}).out;
  CHECK(has(settled, "held by 1/A"));
  CHECK(has(settled, "moved to the new meter"));
}

TEST_CASE("a card on another platform is named with its platform") {
  Desk desk;
  desk.run({"card", "add", one, "platform=1"});
  report(desk, {"1", "A"}, R"({"iccid":"898604293620C0000970","cardPlatformId":3})");
  CHECK(has(desk.run({"mismatch", "list"}).out, "card on platform 1"));
  const std::string shown = desk.run({"mismatch", "show", id_of(desk, "1/A")}).out;
  CHECK(has(shown, "binds 1/A to " + one + "; moves the card to platform 3"));
}

TEST_CASE("mismatch show says what accepting would do, and accepting does it") {
  Desk desk;
  fill(desk);
  const std::string id = id_of(desk, "1/B");
  CHECK(has(desk.run({"mismatch", "show", id}).out,
            "binds 1/B to " + one + "; ends the binding of 1/A to " + one));
  const auto json = desk.json({"mismatch", "show", id});
  CHECK(json["accept_would"]["possible"].GetBool());
  CHECK(std::string{json["last_payload"].GetString()} == R"({"iccid":")" + one + R"("})");
  CHECK(has(desk.run({"mismatch", "show", id_of(desk, "1/E")}).out, "it cannot be: "));
  CHECK(has(desk.run({"mismatch", "show", id_of(desk, "1/D")}).out, "adds the card"));
  CHECK(desk.run({"mismatch", "show", "99"}).status == 1);
  const auto accepted = desk.json({"mismatch", "accept", id});
  CHECK(accepted["released"].Size() == json["accept_would"]["ended"].Size());
}

TEST_CASE("without a terminal many are settled only if their number is said") {
  Desk desk;
  fill(desk);
  const std::vector<std::string> dismiss{"mismatch", "dismiss", "--kind",
                                         "card_in_use,card_unknown"};
  const auto with = [&](std::vector<std::string> more, const std::string& input = "") {
    std::vector<std::string> all = dismiss;
    all.insert(all.end(), more.begin(), more.end());
    return desk.run(all, input);
  };
  const auto open = [&] { return desk.json({"mismatch", "list", "--state", "open"}).Size(); };
  const auto unsaid = with({});
  CHECK(unsaid.status == 1);
  CHECK(has(unsaid.err, "3 mismatches match; nothing was done. To dismiss them say --yes 3"));
  const auto wrong = with({"--yes", "2"});
  CHECK(wrong.status == 1);
  CHECK(has(wrong.err, "3 mismatches match in the store, not 2; nothing was done"));
  CHECK(with({"--yes", "all"}).status == 2);
  CHECK(has(with({"--dry-run"}).out, "dry run, nothing is done: 3 mismatches would be dismissed"));
  CHECK(open() == 4);
  CHECK(has(with({"--yes", "3", "--reason", "known"}).out, "3 mismatches dismissed"));
  CHECK(open() == 1);
  CHECK(has(with({"--yes", "0"}).out, "no mismatch matches"));
}

TEST_CASE("mismatches of one product are accepted with a preview, and dismissals are taken back") {
  Desk desk;
  fill(desk);
  const auto preview = desk.run({"mismatch", "accept", "--product", "7", "--dry-run"});
  CHECK(has(preview.out,
            "1 mismatch would be accepted; 1 binding would be made, 1 would be ended, "
            "0 cards would be added"));
  CHECK(preview.status == 0);
  const auto done = desk.json({"mismatch", "accept", "--product", "7", "--yes", "1"});
  CHECK(done["bound"].GetInt() == 1);
  CHECK(done["accepted"].Size() == 1);
  CHECK_FALSE(done["dry_run"].GetBool());

  desk.run({"mismatch", "dismiss", id_of(desk, "1/D"), id_of(desk, "1/E")});
  CHECK(desk.json({"mismatch", "list", "--state", "dismissed"}).Size() == 2);
  CHECK(desk.run({"mismatch", "reopen", id_of(desk, "1/D")}).status == 0);
  CHECK(desk.run({"mismatch", "reopen", id_of(desk, "1/D")}).status == 1);
  CHECK(desk.run({"mismatch", "reopen", "--since", "1h", "--yes", "1"}).status == 0);
  CHECK(desk.json({"mismatch", "list", "--state", "dismissed"}).Empty());
}

TEST_CASE("ids come from standard input, and each that cannot be done is named") {
  Desk desk;
  fill(desk);
  const std::string d = id_of(desk, "1/D");
  const auto unsaid = desk.run({"mismatch", "dismiss", "-"}, d + "\n");
  CHECK(unsaid.status == 1);
  CHECK(has(unsaid.err, "say --yes 1"));
  const auto done =
      desk.run({"mismatch", "dismiss", "-", "--yes", "2"}, "id\n" + d + "\n\n99\nx\n");
  CHECK(done.status == 1);
  CHECK(has(done.out, "1 of 3 mismatches dismissed"));
  CHECK(has(done.err, "x: it is no id"));
  CHECK(has(done.err, "99: there is no mismatch 99"));
}

TEST_CASE("wrong arguments about mismatches are wrong usage") {
  Desk desk;
  fill(desk);
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"mismatch", "accept"},
           {"mismatch", "accept", "x"},
           {"mismatch", "accept", "1", "--kind", "card_unknown"},
           {"mismatch", "accept", "1", "2", "--card", one},
           {"mismatch", "list", "--kind", "card_unknown,nothing"},
           {"mismatch", "list", "--state", "shut"},
           {"mismatch", "list", "--since", "soon"},
           {"mismatch", "list", "--text", "ab"},
           {"mismatch", "list", "--platform", "0"},
           {"mismatch", "list", "--all", "--sort", "count"},
           {"mismatch", "list", "--counts", "--kind", "card_unknown"}}) {
    CAPTURE(wrong.back());
    CHECK(desk.run(wrong).status == 2);
  }
}

TEST_CASE("mismatches are counted by state, kind and suspect, and sorted as asked") {
  Desk desk;
  fill(desk);
  const auto counts = desk.json({"mismatch", "list", "--counts"});
  CHECK(counts.Size() == 4);
  CHECK(has(desk.run({"mismatch", "list", "--counts"}).out, "cloned"));
  report_card(desk, {"1", "D"}, two);
  const auto busiest = desk.json({"mismatch", "list", "--sort", "count", "--desc", "--limit", "1"});
  REQUIRE(busiest.Size() == 1);
  CHECK(std::string{busiest[0]["device"].GetString()} == "D");
}
