// SPDX-License-Identifier: Apache-2.0
// Each change of a card is logged, whatever made it.
#include <catch2/catch.hpp>
#include <sstream>

#include "operations/card_import.h"
#include "operations/card_operations.h"
#include "operations/card_state.h"
#include "operations/listing.h"
#include "operations/mismatch_operations.h"
#include "operations_bench.h"
#include "refresh/platform_jobs.h"

using namespace iotcard;

namespace {

const Iccid one = iccid_of("898604293620C0000970");
const Iccid two = iccid_of("89860617060065258667");
using Texts = std::vector<std::string>;

// "ann added", "ann plan: A -> B", the oldest first.
Texts changes_of(OperationsBench& bench, const Iccid& iccid) {
  Texts texts;
  for (const LoggedChange& change : bench.store().logged_changes(iccid, 100)) {
    std::string text = change.by + ' ';
    if (change.kind == LoggedChange::Kind::changed) {
      text += change.field + ": " + change.before + " -> " + change.after;
    } else {
      text += logged_change_names[change.kind];
    }
    texts.insert(texts.begin(), text);
  }
  return texts;
}

void set(OperationsBench& bench, const Iccid& iccid, std::vector<FieldChange> fields) {
  set_card(bench.store(), bench.context, iccid, fields);
}

}  // namespace

TEST_CASE("what an operator does to a card is logged with who, when and what") {
  OperationsBench bench;
  add_card(bench.store(), bench.context, one, std::vector<FieldChange>{{"plan", "A"}});
  const Instant added = bench.context.now;
  bench.context.now += std::chrono::hours{1};
  bench.context.by = "ben";
  set(bench, one, {{"plan", "B"}, {"used_bytes", "7"}, {"status", ""}});
  set(bench, one, {{"plan", "B"}});
  set(bench, one, {{"plan", ""}});
  CHECK_THROWS(set(bench, one, {{"plan", "C"}, {"status", "asleep"}}));
  remove_card(bench.store(), bench.context, one, false);
  CHECK(changes_of(bench, one) == Texts{"ann added", "ben plan: A -> B", "ben used_bytes:  -> 7",
                                        "ben plan: B -> ", "ben removed"});
  const auto changes = bench.store().logged_changes(one, 100);
  CHECK(changes.back().at == added);
  CHECK(changes.front().at == bench.context.now);
}

TEST_CASE("who removed a card is said where it is looked for") {
  OperationsBench bench;
  add_card(bench.store(), bench.context, one, {});
  CHECK(describe_card(bench.store(), one).changes.size() == 1);
  remove_card(bench.store(), bench.context, one, false);
  CHECK_THROWS_WITH(describe_card(bench.store(), one),
                    "there is no card 898604293620C0000970 in the store: it was removed at "
                    "2026-11-24T08:00:00.000Z by ann");
  CHECK_THROWS_WITH(describe_card(bench.store(), two),
                    "there is no card 89860617060065258667 in the store");
}

TEST_CASE("an import logs what it adds and what it changes, not what it leaves") {
  OperationsBench bench;
  const auto import = [&](const std::string& text) {
    std::istringstream csv{text};
    import_cards(bench.store(), bench.context, csv, {.update = true}, {});
  };
  import("iccid,plan,operator\n898604293620C0000970,A,x\n89860617060065258667,A,x\n");
  bench.context.by = "ben";
  import("iccid,plan,operator\n898604293620C0000970,B,x\n89860617060065258667,A,x\n");
  CHECK(changes_of(bench, one) == Texts{"ann added", "ben plan: A -> B"});
  CHECK(changes_of(bench, two) == Texts{"ann added"});
}

TEST_CASE("a script's state is logged, but its usage has a history of its own") {
  OperationsBench bench;
  bench.context.by = "mqtt";
  const auto state = [&](std::vector<FieldChange> fields) {
    bench.context.now += std::chrono::hours{1};
    set_card_state(bench.store(), bench.context, one, fields);
  };
  state({{"status", "active"}});
  state({{"used_bytes", "100"}, {"remaining_bytes", "5"}});
  state({{"used_bytes", "200"}, {"status", "suspended"}});
  state({{"used_bytes", "200"}});
  CHECK(changes_of(bench, one) == Texts{"mqtt added", "mqtt status: active -> suspended"});
  CHECK(bench.store().usage_samples(one, 9).at(0).used_bytes == 200);
}

TEST_CASE("what a platform answers is logged as its change") {
  OperationsBench bench;
  add_card(bench.store(), bench.context, one, std::vector<FieldChange>{{"platform", "7"}});
  bench.context.by = "platform:7";
  const auto answer = [&](CardAnswer::Kind kind, std::vector<FieldChange> fields) {
    CardAnswer said{.asked = one};
    said.kind = kind;
    said.fields = std::move(fields);
    apply_answer(bench.store(), bench.context, 7, said, std::chrono::hours{1});
  };
  answer(CardAnswer::Kind::found, {{"status", "active"}, {"used_bytes", "5"}});
  answer(CardAnswer::Kind::found, {{"status", "active"}, {"used_bytes", "6"}});
  answer(CardAnswer::Kind::not_found, {});
  CHECK(changes_of(bench, one) == Texts{"ann added", "platform:7 status: unknown -> active",
                                        "platform:7 status: active -> not_found"});
}

TEST_CASE("a card that an accepted mismatch adds or moves has an entry") {
  OperationsBench bench;
  bench.report("1/D1", R"({"iccid":"898604293620C0000970"})");
  accept_mismatch(bench.store(), bench.context, bench.standing("1/D1").id, {});
  CHECK(changes_of(bench, one) == Texts{"ann added"});
  add_card(bench.store(), bench.context, two, std::vector<FieldChange>{{"platform", "1"}});
  bench.report("1/D2", R"({"iccid":"89860617060065258667","cardPlatformId":2})");
  REQUIRE(bench.standing("1/D2").outcome == Outcome::wrong_platform);
  accept_mismatch(bench.store(), bench.context, bench.standing("1/D2").id, {});
  CHECK(changes_of(bench, two) == Texts{"ann added", "ann platform: 1 -> 2"});
}

TEST_CASE("the change log is read in pages, also of a card that is gone") {
  OperationsBench bench;
  add_card(bench.store(), bench.context, one, {});
  for (int i = 1; i <= 4; ++i) set(bench, one, {{"note", std::to_string(i)}});
  remove_card(bench.store(), bench.context, one, false);
  const auto first = page_of(change_rows(bench.store(), one), {.size = 4});
  CHECK(first.total.rows == 6);
  REQUIRE(first.rows.size() == 4);
  CHECK(first.rows[0].kind == LoggedChange::Kind::removed);
  const auto rest =
      page_of(change_rows(bench.store(), one), {.cursor = first.next_cursor, .size = 4});
  REQUIRE(rest.rows.size() == 2);
  CHECK(rest.rows[1].kind == LoggedChange::Kind::added);
  CHECK(rest.next_cursor.empty());
  CHECK_THROWS_AS(change_rows(bench.store(), two), OperationError);
}
