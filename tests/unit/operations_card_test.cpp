// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/json.h"
#include "operations_bench.h"

using namespace iotcard;
using Events = std::vector<std::string>;
using Kind = OperationError::Kind;

namespace {

const Iccid one = iccid_of("898604293620C0000970");
const Iccid two = iccid_of("89860617060065258667");

template <typename Action>
Kind refusal(Action action) {
  try {
    action();
  } catch (const OperationError& error) {
    INFO(error.what());
    return error.kind();
  }
  FAIL("was not refused");
  return {};
}

void add(OperationsBench& bench, const Iccid& iccid, std::vector<FieldChange> fields = {}) {
  add_card(bench.store(), bench.context, iccid, fields);
}
void set(OperationsBench& bench, const Iccid& iccid, std::vector<FieldChange> fields) {
  set_card(bench.store(), bench.context, iccid, fields);
}

}  // namespace

TEST_CASE("an added card clears the mismatch of the device that reported it, and is bound") {
  OperationsBench bench;
  REQUIRE(bench.report_card("1/D1", "898604293620C0000970") == Outcome::card_unknown);
  bench.events();
  add(bench, one);
  CHECK(bench.events() == Events{"mismatch/cleared/1/D1", "binding/created/1/D1"});
  CHECK(bench.count_standing("1/D1") == 0);
}

TEST_CASE("an added card ends a mismatch although the device's last report was unreadable") {
  OperationsBench bench;
  REQUIRE(bench.report_card("1/D1", "898604293620C0000970") == Outcome::card_unknown);
  REQUIRE(bench.report_card("1/D1", "8.98604E+19") == Outcome::iccid_invalid);
  REQUIRE(bench.count_standing("1/D1") == 2);
  bench.events();
  add(bench, one);
  CHECK(bench.events() == Events{"mismatch/cleared/1/D1", "binding/created/1/D1"});
  CHECK(bench.standing("1/D1").outcome == Outcome::iccid_invalid);
  CHECK(bench.standing("1/D1").count == 1);
}

TEST_CASE("a card cannot be added twice") {
  OperationsBench bench;
  add(bench, one);
  CHECK(refusal([&] { add(bench, one); }) == Kind::conflict);
}

TEST_CASE("an event is published only when a card becomes abnormal or recovers") {
  OperationsBench bench;
  add(bench, one);
  set(bench, one, {{"status", "suspended"}});
  CHECK(bench.events() == Events{"card/abnormal/card/898604293620C0000970"});
  set(bench, one, {{"note", "called the carrier"}});
  CHECK(bench.events().empty());
  set(bench, one, {{"status", "active"}});
  CHECK(bench.events() == Events{"card/recovered/card/898604293620C0000970"});
}

TEST_CASE(
    "a field with a bad value, an unknown field and a field of the daemon's own are refused") {
  OperationsBench bench;
  add(bench, one, {{"operator", "China Mobile"}});
  CHECK(refusal([&] { set(bench, one, {{"status", "asleep"}}); }) == Kind::invalid);
  CHECK(refusal([&] { set(bench, one, {{"colour", "red"}}); }) == Kind::invalid);
  CHECK(refusal([&] { set(bench, one, {{"created_at", "2026-01-01"}}); }) == Kind::invalid);
  CHECK(refusal([&] { set(bench, two, {{"note", "x"}}); }) == Kind::not_found);
  CHECK(refusal([&] { field_change_from_operator("note"); }) == Kind::invalid);
  CHECK(bench.store().find_card(one)->card.operator_name == "China Mobile");
}

TEST_CASE("a message clips a long value and does not end at a NUL") {
  OperationsBench bench;
  add(bench, one);
  const auto message = [&](const std::string& json) -> std::string {
    try {
      set_card(bench.store(), bench.context, one,
               field_changes(std::get<std::vector<JsonMember>>(read_flat_json(json))));
    } catch (const OperationError& error) {
      return error.what();
    }
    return "";
  };
  const std::string large(1'000'000, 'x');
  CHECK(message(R"({"note":")" + large + R"("})").size() < 300);
  CHECK(message(R"({")" + large + R"(":"x"})").size() < 600);
  CHECK(message(R"({"plan":"a\u0000b"})") ==
        "plan: expected text without control characters, not \"a\\x00b\"");
  CHECK(message(R"({"a\u0000b":"x"})").starts_with("a card has no field \"a\\x00b\"; it has "));
  CHECK_THROWS_WITH(iccid_from_operator(std::string("89\0", 3) + large),
                    Catch::StartsWith("\"89\\x00xxx") && Catch::EndsWith("begin with 89"));
}

TEST_CASE("a card that moves to the platform of the report ends wrong_platform") {
  OperationsBench bench;
  add(bench, one, {{"platform", "1"}});
  REQUIRE(bench.report("1/D1", R"({"iccid":"898604293620C0000970","cardPlatformId":2})") ==
          Outcome::wrong_platform);
  bench.events();
  set(bench, one, {{"platform", "3"}});
  CHECK(bench.events().empty());
  CHECK(bench.standing("1/D1").count == 1);
  set(bench, one, {{"platform", "2"}});
  CHECK(bench.events() == Events{"mismatch/cleared/1/D1", "binding/created/1/D1"});
}

TEST_CASE("a bound card is removed only by force, and its binding ends") {
  OperationsBench bench;
  add(bench, one);
  REQUIRE(bench.report_card("1/D1", "898604293620C0000970") == Outcome::binding_created);
  REQUIRE(bench.report_card("1/D2", "898604293620C0000970") == Outcome::card_in_use);
  bench.events();
  CHECK(refusal([&] { remove_card(bench.store(), bench.context, one, false); }) == Kind::conflict);
  remove_card(bench.store(), bench.context, one, true);
  CHECK(bench.events() ==
        Events{"binding/released/1/D1", "mismatch/cleared/1/D2", "mismatch/card_unknown/1/D2"});
  CHECK(bench.card_of("1/D1").empty());
  CHECK(refusal([&] { remove_card(bench.store(), bench.context, one, true); }) == Kind::not_found);
}

TEST_CASE("a card's JSON has every field, an absent one as null") {
  OperationsBench bench;
  add(bench, one, {{"platform", "1"}, {"status", "suspended"}});
  JsonText json;
  write_card(json, require_card(bench.store(), one), bench.context);
  const std::string text = json.take();
  CHECK(text.starts_with(R"({"iccid":"898604293620C0000970","imsi":null,)"));
  CHECK(text.find(R"("platform":1,)") != std::string::npos);
  CHECK(text.find(R"("device":null,)") != std::string::npos);
  CHECK(text.ends_with(R"("abnormal":["suspended"]})"));
}

TEST_CASE("bytes are shown in base64, JSON on one line") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo\xFF") == "Zm9v/w==");
  CHECK(on_one_line("{\n \"a b\" : \"x \\\" y\" ,\r\n\t\"n\":[ 1, 2 ] }") ==
        R"({"a b":"x \" y","n":[1,2]})");
}
