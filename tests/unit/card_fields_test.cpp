// SPDX-License-Identifier: Apache-2.0
#include "domain/card_fields.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/byte_size.h"

namespace iotcard {
namespace {

Card a_card() {
  return Card{*Iccid::from_canonical("89860012345678901234")};
}

const CardField& field(std::string_view name) {
  const CardField* found = find_card_field(name);
  REQUIRE(found != nullptr);
  return *found;
}

struct Accepted {
  const char* field;
  const char* text;
  const char* shown;
};
struct Refused {
  const char* field;
  std::string text;
};

}  // namespace

TEST_CASE("the fields are those of the design, in its order") {
  std::string names;
  for (const CardField& one : card_fields()) names.append(one.name).append(" ");
  CHECK(names ==
        "imsi msisdn imei network_imei access_number operator platform plan status network "
        "status_reason "
        "raw_status used_bytes limit_bytes remaining_bytes usage_scope period_start period_end "
        "opened_at activated_at expires_at alert_percent note refreshed_at created_at updated_at ");
  CHECK(find_card_field("iccid") == nullptr);
  CHECK(find_card_field("Plan") == nullptr);
}

TEST_CASE("the daemon's own fields are the three times at the end") {
  for (const CardField& one : card_fields()) {
    const bool own =
        one.name == "refreshed_at" || one.name == "created_at" || one.name == "updated_at";
    CAPTURE(one.name);
    CHECK((one.owner == CardField::Owner::daemon) == own);
  }
}

TEST_CASE("a field reads what people write and shows it in one spelling") {
  const auto [name, text, shown] = GENERATE(values<Accepted>({
      {"imsi", "460001234567890", "460001234567890"},
      {"msisdn", "+86 106-4912345678", "861064912345678"},
      {"msisdn", "1064912345678", "1064912345678"},
      {"msisdn", "+7 (921) 000-00-01", "79210000001"},
      {"msisdn", "0170/1234567", "01701234567"},
      {"msisdn",
       "+33\xC2\xA0"
       "600000001",
       "33600000001"},
      {"imei", "86 123456 789012 3", "861234567890123"},
      {"access_number", "14912345678", "14912345678"},
      {"operator", "中国移动", "中国移动"},
      {"platform", "3", "3"},
      {"plan", "IoT 30 MB, yearly", "IoT 30 MB, yearly"},
      {"status", "suspended", "suspended"},
      {"network", "blocked", "blocked"},
      {"usage_scope", "pool", "pool"},
      {"used_bytes", "0", "0"},
      {"used_bytes", "500MB", "500000000"},
      {"limit_bytes", "1.5GiB", "1610612736"},
      {"limit_bytes", "30 mb", "30000000"},
      {"remaining_bytes", "-1KiB", "-1024"},
      {"expires_at", "2026-11-23", "2026-11-23T00:00:00.000Z"},
      {"expires_at", "2026-11-23T20:51:00.123456+08:00", "2026-11-23T12:51:00.123Z"},
      {"alert_percent", "90", "90"},
      {"alert_percent", "90%", "90"},
      {"note", "first line\nsecond", "first line\nsecond"},
  }));
  CAPTURE(name, text);
  Card card = a_card();
  CHECK_FALSE(field(name).set(card, text));
  CHECK(field(name).get(card) == shown);
}

TEST_CASE("a wrong text changes nothing, and the problem says what is expected") {
  const auto& [name, text] = GENERATE(values<Refused>({
      {"imsi", "46000"},
      {"imsi", "4600012345678901"},
      {"imsi", "4.60E+14"},
      {"msisdn", "+"},
      {"msisdn", "12ab"},
      {"msisdn", "8610649123.0"},
      {"imei", "1234567890123"},
      {"plan", "a\nb"},
      {"plan", std::string(257, 'x')},
      {"plan", "\xFF"},
      {"note", std::string(4097, 'x')},
      {"note", std::string("a\0b", 3)},
      {"platform", "0"},
      {"platform", "-1"},
      {"platform", "1.0"},
      {"platform", "one"},
      {"status", "actived"},
      {"network", "open"},
      {"usage_scope", "fleet"},
      {"used_bytes", "-1"},
      {"used_bytes", "many"},
      {"used_bytes", "1.5"},
      {"limit_bytes", "9223372036854775808"},
      {"limit_bytes", "10000000TB"},
      {"limit_bytes", "5 parsecs"},
      {"expires_at", "23/11/2026"},
      {"alert_percent", "0"},
      {"alert_percent", "101"},
      {"alert_percent", "eighty"},
  }));
  CAPTURE(name, text);
  Card card = a_card();
  const auto problem = field(name).set(card, text);
  REQUIRE(problem);
  CHECK(problem->text.starts_with("expected "));
  CHECK(card == a_card());
}

TEST_CASE("the problem of a wrong status lists all of them") {
  Card card = a_card();
  CHECK(field("status").set(card, "lost")->text ==
        "expected one of unknown inventory testing ready active suspended terminated not_found");
}

TEST_CASE("the length of a text is counted in characters") {
  Card card = a_card();
  std::string text;
  for (int i = 0; i < 256; ++i) text += "卡";
  CHECK_FALSE(field("plan").set(card, text));
  CHECK(field("plan").set(card, text + "卡"));
}

TEST_CASE("an empty text clears every field") {
  Card card = a_card();
  for (const CardField& one : card_fields()) {
    const bool is_time = one.name.ends_with("_at") || one.name.starts_with("period");
    for (const char* value : {"active", "blocked", "pool", "2026-11-23", "861234567890123", "7"}) {
      if (is_time == (std::string_view{value} == "2026-11-23")) one.set(card, value);
    }
    CAPTURE(one.name);
    CHECK_FALSE(one.set(card, ""));
  }
  CHECK(card == a_card());
}

TEST_CASE("a field reads what it writes") {
  Card card = a_card();
  for (const CardField& one : card_fields()) {
    for (const char* value :
         {"active", "blocked", "pool", "2026-11-23T01:02:03.004Z", "861234567890123", "7"}) {
      Card changed = card;
      if (one.set(changed, value)) continue;
      Card again = card;
      CAPTURE(one.name, value);
      CHECK_FALSE(one.set(again, one.get(changed)));
      CHECK(again == changed);
    }
  }
}

TEST_CASE("an amount of data is exact, and a part of a byte is dropped") {
  CHECK(parse_byte_size("9223372036854775807") == INT64_MAX);
  CHECK(parse_byte_size("0.000001TB") == 1'000'000);
  CHECK(parse_byte_size("0.3 KiB") == 307);
  CHECK(parse_byte_size("8EB") == std::nullopt);
  CHECK(parse_byte_size("1.MB") == std::nullopt);
  CHECK(parse_byte_size(".5MB") == std::nullopt);
  CHECK(parse_byte_size("1 MB ") == std::nullopt);
  CHECK(parse_byte_size("--1") == std::nullopt);
  CHECK(parse_byte_size("9223372036854775.9KB") == std::nullopt);
}

TEST_CASE("an amount of data is written with three digits and can be read back") {
  CHECK(printable_byte_size(0) == "0 B");
  CHECK(printable_byte_size(1023) == "1023 B");
  CHECK(printable_byte_size(1024) == "1.00 KiB");
  CHECK(printable_byte_size(1'048'575) == "1.00 MiB");
  CHECK(printable_byte_size(1'048'576) == "1.00 MiB");
  CHECK(printable_byte_size(10'480'000) == "9.99 MiB");
  CHECK(printable_byte_size(10'485'000) == "10.0 MiB");
  CHECK(printable_byte_size(98'566'144) == "94.0 MiB");
  CHECK(printable_byte_size(104'852'000) == "100 MiB");
  CHECK(printable_byte_size(-1'020'000'000) == "-973 MiB");
  CHECK(printable_byte_size(INT64_MAX) == "8.00 EiB");
  CHECK(printable_byte_size(INT64_MIN) == "-8.00 EiB");
  CHECK(parse_byte_size(printable_byte_size(98'566'144)) == 98'566'144);
}

TEST_CASE("a time without a zone is in the given zone") {
  Card card = a_card();
  CHECK_FALSE(field("expires_at").set(card, "2026/11/23", std::chrono::hours{8}));
  CHECK(field("expires_at").get(card) == "2026-11-22T16:00:00.000Z");
  CHECK_FALSE(field("expires_at").set(card, "2026-11-23T00:00:00Z", std::chrono::hours{8}));
  CHECK(field("expires_at").get(card) == "2026-11-23T00:00:00.000Z");
}

}  // namespace iotcard
