// SPDX-License-Identifier: Apache-2.0
// What becomes of what a platform answers about a card, and of what a script says of one.
#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/card_state.h"
#include "operations_bench.h"
#include "refresh/platform_jobs.h"

using namespace iotcard;
using Catch::Contains;
using Events = std::vector<std::string>;
using Kind = CardAnswer::Kind;

namespace {

constexpr std::int64_t simboss = 3;
constexpr std::chrono::hours max_age{24};
const Iccid one = iccid_of("898604293620C0000970");
const Iccid two = iccid_of("89860617060065258667");  // its last digit is the Luhn digit
const Iccid two_short = iccid_of("8986061706006525866");
const std::string abnormal_one = "card/abnormal/card/898604293620C0000970";

struct Desk : OperationsBench {
  // An hour later.
  AppliedAnswer take(CardAnswer answer, std::int64_t platform = simboss) {
    context.now += std::chrono::hours{1};
    return apply_answer(store(), context, platform, answer, max_age);
  }
  AppliedAnswer found(const Iccid& iccid, std::vector<FieldChange> fields) {
    return take({.asked = iccid, .kind = Kind::found, .fields = std::move(fields)});
  }
  AppliedAnswer not_found(const Iccid& iccid) {
    return take({.asked = iccid, .kind = Kind::not_found});
  }
  AppliedAnswer failed(const Iccid& iccid) {
    return take({.asked = iccid, .kind = Kind::failed, .failure = "no answer"});
  }
  void add(const Iccid& iccid, std::vector<FieldChange> fields = {{"platform", "3"}}) {
    add_card(store(), context, iccid, fields);
    events();
  }
  Card card(const Iccid& iccid) { return require_card(store(), iccid).card; }
  // Whether it would be asked about if cards are to be no older than this.
  bool due(Duration age) { return !store().cards_to_ask(simboss, context.now - age, 9).empty(); }
  std::size_t unknown() {
    return store().unknown_to_ask(simboss, context.now - max_age, 0, 99, 99).iccids.size();
  }
};

template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const OperationError& error) {
    CHECK(error.kind() == OperationError::Kind::invalid);
    return error.what();
  }
  FAIL("was not refused");
  return {};
}

}  // namespace

TEST_CASE("a card that its platform knows enters the store, and whoever waited for it is bound") {
  Desk desk;
  desk.report_card("1/D1", "898604293620C0000970");
  desk.events();
  const AppliedAnswer applied = desk.found(one, {{"status", "suspended"}, {"used_bytes", "5"}});
  CHECK(applied.stored);
  CHECK(applied.added);
  CHECK(applied.ignored == "");
  CHECK(desk.events() == Events{abnormal_one, "mismatch/cleared/1/D1", "binding/created/1/D1"});
  const Card card = desk.card(one);
  CHECK(card.platform == simboss);
  CHECK(card.refreshed_at == desk.context.now);
  CHECK(card.created_at == desk.context.now);
  CHECK_FALSE(desk.due(Duration{0}));
  CHECK(desk.store().usage_samples(one, 9).size() == 1);
}

TEST_CASE("an answer about an unknown card is one transaction with what follows from it") {
  Desk desk;
  desk.report_card("1/D1", "898604293620C0000970");
  const auto before = desk.store().data_version();
  const auto other = open_store("sqlite:" + desk.folder() + "/cards.db");
  const auto version = other->data_version();
  desk.found(one, {{"status", "active"}});
  CHECK(desk.store().data_version() == before);
  CHECK(other->data_version() == version + 1);
}

TEST_CASE("a card that is added takes the platform's own spelling") {
  Desk desk;
  desk.report_card("1/D1", std::string{two_short.text()});
  desk.events();
  desk.take({.asked = two_short, .kind = Kind::found, .iccid = two, .fields = {}});
  CHECK(desk.events() == Events{"mismatch/cleared/1/D1", "binding/created/1/D1"});
  CHECK(desk.card_of("1/D1") == two.text());
  desk.take({.asked = two_short, .kind = Kind::found, .iccid = {}, .fields = {{"plan", "A"}}});
  CHECK(desk.card(two).plan == "A");
  desk.take({.asked = two, .kind = Kind::found, .iccid = two_short, .fields = {{"plan", "B"}}});
  CHECK(desk.card(two).plan == "B");
  CHECK_FALSE(desk.store().find_card(two_short));
}

TEST_CASE("a field that the platform does not speak of stays, one that does not fit is named") {
  Desk desk;
  desk.add(one, {{"platform", "3"}, {"plan", "30 MB"}, {"note", "spare"}, {"status", "active"}});
  const AppliedAnswer applied = desk.found(
      one, {{"used_bytes", "many"}, {"imsi", "460040000000001"}, {"colour", "red"}, {"plan", ""}});
  CHECK(applied.stored);
  CHECK_THAT(applied.ignored, Contains("used_bytes: expected bytes") && Contains("not \"many\"") &&
                                  Contains("colour"));
  const Card card = desk.card(one);
  CHECK(card.imsi == "460040000000001");
  CHECK(card.plan == "");
  CHECK(card.note == "spare");
  CHECK(card.status == CardStatus::active);
  CHECK_FALSE(card.used_bytes);
}

TEST_CASE("an edge is announced once, however often the platform says the same") {
  Desk desk;
  desk.add(one);
  desk.found(one, {{"status", "suspended"}});
  desk.found(one, {{"status", "suspended"}});
  CHECK(desk.events() == Events{abnormal_one});
  CHECK(desk.card(one).refreshed_at == desk.context.now);
  CHECK(desk.card(one).updated_at == desk.context.now);
  CHECK_FALSE(desk.due(Duration{0}));
  desk.found(one, {{"status", "active"}});
  desk.found(one, {{"status", "active"}});
  CHECK(desk.events() == Events{"card/recovered/card/898604293620C0000970"});
}

TEST_CASE("a platform that says a card is active does not make an expired one well") {
  Desk desk;
  desk.add(one, {{"platform", "3"}, {"expires_at", "2026-01-01"}});
  desk.found(one, {{"status", "active"}});
  CHECK(desk.events().empty());
  desk.found(one, {{"status", "active"}, {"expires_at", "2028-01-01"}});
  CHECK(desk.events() == Events{"card/recovered/card/898604293620C0000970"});
}

TEST_CASE("a poll that fails overwrites nothing, and the card is asked about again sooner") {
  Desk desk;
  desk.add(one);
  desk.found(one, {{"status", "active"}, {"used_bytes", "5"}});
  const Card before = desk.card(one);
  desk.events();
  const AppliedAnswer applied = desk.failed(one);
  CHECK(applied.stored);
  CHECK(applied.ignored == "no answer");
  CHECK(desk.card(one) == before);
  CHECK(desk.events().empty());
  CHECK_FALSE(desk.due(max_age));
  desk.context.now += std::chrono::minutes{10};
  CHECK_FALSE(desk.due(max_age));
  desk.context.now += std::chrono::seconds{1};
  CHECK(desk.due(max_age));
  CHECK_FALSE(desk.failed(two).stored);
  CHECK_FALSE(desk.store().find_card(two));
}

TEST_CASE("a platform's answer does not add a card beside its other spelling") {
  Desk desk;
  const Iccid wrong_digit = iccid_of("89860617060065258660");
  desk.add(two_short);
  const AppliedAnswer applied = desk.found(wrong_digit, {{"status", "active"}});
  CHECK_FALSE(applied.stored);
  CHECK_FALSE(applied.added);
  CHECK(applied.ignored ==
        "card 89860617060065258660 is in the store already as 8986061706006525866, its spelling "
        "with 19 characters; it is not added");
  CHECK_FALSE(desk.store().find_card(wrong_digit));
}

TEST_CASE("a poll that fails waits half of a short max_age") {
  Desk desk;
  desk.add(one);
  const std::chrono::minutes short_age{2};
  apply_answer(desk.store(), desk.context, simboss, {.asked = one, .kind = Kind::failed},
               short_age);
  CHECK_FALSE(desk.due(short_age));
  desk.context.now += std::chrono::seconds{61};
  CHECK(desk.due(short_age));
}

TEST_CASE("a card that its platform does not know is abnormal, once, until it is found again") {
  Desk desk;
  desk.add(one, {{"platform", "3"}, {"status", "active"}, {"raw_status", "2"}, {"plan", "A"}});
  CHECK(desk.not_found(one).stored);
  desk.not_found(one);
  CHECK(desk.events() == Events{abnormal_one});
  Card card = desk.card(one);
  CHECK(card.status == CardStatus::not_found);
  CHECK(card.raw_status == "");
  CHECK(card.plan == "A");
  CHECK(card.refreshed_at == desk.context.now);
  CHECK_FALSE(desk.due(Duration{0}));
  desk.found(one, {{"plan", "B"}});
  CHECK(desk.card(one).status == CardStatus::unknown);
  CHECK(desk.events() == Events{"card/recovered/card/898604293620C0000970"});
}

TEST_CASE("an ICCID that a platform does not know is not asked of it again for a while") {
  Desk desk;
  desk.report_card("1/D1", "898604293620C0000970");
  REQUIRE(desk.unknown() == 1);
  const AppliedAnswer applied = desk.not_found(one);
  CHECK_FALSE(applied.stored);
  CHECK(desk.unknown() == 0);
  CHECK_FALSE(desk.store().find_card(one));
  desk.context.now += max_age + std::chrono::seconds{1};
  CHECK(desk.unknown() == 1);
}

TEST_CASE("a card of another platform is not touched by any answer") {
  Desk desk;
  desk.add(one, {{"platform", "4"}, {"status", "active"}});
  const Card before = desk.card(one);
  for (const Kind kind : {Kind::found, Kind::not_found, Kind::failed}) {
    const AppliedAnswer applied =
        desk.take({.asked = one, .kind = kind, .fields = {{"status", "suspended"}}});
    CHECK_FALSE(applied.stored);
    CHECK_THAT(applied.ignored, Contains("not of platform 3, but of 4"));
    CHECK(desk.card(one) == before);
  }
  CHECK(desk.events().empty());
}

TEST_CASE("a card without a platform becomes one of the platform that knows it, and of no other") {
  Desk desk;
  desk.add(one, {});
  CHECK_FALSE(desk.not_found(one).stored);
  CHECK(desk.card(one).status == CardStatus::unknown);
  CHECK(desk.found(one, {{"status", "active"}}).stored);
  CHECK(desk.card(one).platform == simboss);
  CHECK_FALSE(desk.due(Duration{0}));
}

TEST_CASE("what a card has used is kept once a day, also on a day on which it used nothing") {
  Desk desk;
  desk.add(one);
  const auto samples = [&] {
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (const UsageSample& sample : desk.store().usage_samples(one, 9)) {
      found.emplace_back(sample.day, sample.used_bytes);
    }
    return found;
  };
  using Samples = std::vector<std::pair<std::string, std::int64_t>>;
  desk.found(one, {{"used_bytes", "5"}});
  desk.found(one, {{"used_bytes", "7"}});
  CHECK(samples() == Samples{{"2026-11-24", 7}});
  desk.context.now += std::chrono::days{1};
  desk.found(one, {{"used_bytes", "7"}});
  CHECK(samples() == Samples{{"2026-11-25", 7}, {"2026-11-24", 7}});
  desk.context.now += std::chrono::days{1};
  desk.not_found(one);
  CHECK(samples().size() == 2);
}

TEST_CASE("a platform that says zero bytes are the limit says that there is none") {
  Desk desk;
  desk.add(one, {{"platform", "3"}, {"limit_bytes", "4"}, {"used_bytes", "5"}});
  desk.found(one, {{"used_bytes", "5"}, {"limit_bytes", "0"}});
  CHECK(desk.events() == Events{"card/recovered/card/898604293620C0000970"});
  desk.found(one, {{"limit_bytes", "5"}});
  CHECK(desk.events() == Events{abnormal_one});
  desk.found(one, {{"limit_bytes", ""}});
  CHECK_FALSE(desk.card(one).limit_bytes);
}

// Scripts.

TEST_CASE("what a script says is merged into the card, which is judged and refreshed") {
  Desk desk;
  desk.add(one, {{"platform", "3"}, {"plan", "A"}});
  const auto state = card_state_from_json(
      R"({"status":"suspended","used_bytes":5,"plan":null,"limit_bytes":"30MiB"})");
  const StoredCard card = set_card_state(desk.store(), desk.context, one, state);
  CHECK(card.card == desk.card(one));
  CHECK(card.card.plan == "A");
  CHECK(card.card.used_bytes == 5);
  CHECK(card.card.limit_bytes == 30 << 20);
  CHECK(card.card.refreshed_at == desk.context.now);
  CHECK(desk.events() == Events{abnormal_one});
  CHECK(desk.due(Duration{0}));  // its platform was not asked
  set_card_state(desk.store(), desk.context, one, state);
  CHECK(desk.events().empty());
  CHECK(desk.store().usage_samples(one, 9).size() == 1);
}

TEST_CASE("a card that a script knows and the store does not is added, and binds") {
  Desk desk;
  desk.report_card("1/D1", std::string{one.text()});
  desk.events();
  set_card_state(desk.store(), desk.context, one,
                 card_state_from_json(R"({"platform":9,"status":"active"})"));
  CHECK(desk.events() == Events{"mismatch/cleared/1/D1", "binding/created/1/D1"});
  CHECK(desk.card(one).platform == 9);
}

TEST_CASE("a script may spell a card with 19 characters or with 20") {
  Desk desk;
  desk.add(two);
  const StoredCard card = set_card_state(desk.store(), desk.context, two_short,
                                         card_state_from_json(R"({"plan":"A"})"));
  CHECK(card.card.iccid == two);
  CHECK_FALSE(desk.store().find_card(two_short));
}

TEST_CASE("of a state with a field that does not fit nothing is taken, and the field is named") {
  Desk desk;
  desk.add(one);
  const Card before = desk.card(one);
  const auto set = [&](const Iccid& iccid, const char* json) {
    return refusal(
        [&] { set_card_state(desk.store(), desk.context, iccid, card_state_from_json(json)); });
  };
  CHECK_THAT(set(one, R"({"plan":"A","status":"asleep"})"),
             Contains("status") && Contains("one of"));
  CHECK_THAT(set(one, R"({"plan":"A","refreshed_at":"2026-01-01"})"), Contains("refreshed_at"));
  CHECK_THAT(set(one, R"({"plan":"A","note":"mine"})"), Contains("note"));
  CHECK_THAT(set(one, R"({"plan":"A","alert_percent":100})"), Contains("alert_percent"));
  CHECK_THAT(set(two, R"({"colour":"red"})"), Contains("colour"));
  CHECK(desk.card(one) == before);
  CHECK_FALSE(desk.store().find_card(two));
}

TEST_CASE("a state is a flat JSON object of texts, whole numbers and null") {
  CHECK(card_state_from_json(R"({"status":"active","used_bytes":12345678901234567,"plan":null})") ==
        std::vector<FieldChange>{{"status", "active"}, {"used_bytes", "12345678901234567"}});
  CHECK(card_state_from_json(R"({"plan":""})") == std::vector<FieldChange>{{"plan", ""}});
  CHECK(card_state_from_json("{}").empty());
  for (const char* wrong :
       {"", "[]", "7", "\"active\"", "{", R"({"plan":"A"}{})", R"({"plan":"A","plan":"B"})",
        R"({"plan":{"name":"A"}})", R"({"plan":["A"]})", R"({"plan":true})",
        R"({"used_bytes":1.5})", R"({"imsi":460040000000001})", "{\"plan\":\"\xff\"}"}) {
    CAPTURE(wrong);
    CHECK_FALSE(refusal([&] { card_state_from_json(wrong); }).empty());
  }
  CHECK_THAT(refusal([&] { card_state_from_json(R"({"imsi":460040000000001})"); }),
             Contains("imsi") && Contains("quotes"));
  std::string many = "{";
  for (int i = 0; i < 101; ++i) many += '"' + std::to_string(i) + "\":1,";
  CHECK_THAT(refusal([&] { card_state_from_json(many + "\"status\":\"active\"}"); }),
             Contains("one member too many"));
}

TEST_CASE("a platform reports the IMEI that the network has seen, and never sets the lock") {
  Desk desk;
  desk.add(one, {{"platform", "3"}, {"imei", "861234567890123"}});
  const AppliedAnswer applied =
      desk.found(one, {{"imei", "351234567890123"}, {"network_imei", "358000000000010"}});
  CHECK_THAT(applied.ignored, Contains("imei: not a field that a platform can set"));
  CHECK(desk.card(one).imei == "861234567890123");
  CHECK(desk.card(one).network_imei == "358000000000010");

  const auto set = [&](const char* json) {
    set_card_state(desk.store(), desk.context, one, card_state_from_json(json));
  };
  CHECK_THAT(refusal([&] { set(R"({"imei":"351234567890123"})"); }), Contains("network_imei"));
  set(R"({"network_imei":"358000000000020"})");
  CHECK(desk.card(one).imei == "861234567890123");
  CHECK(desk.card(one).network_imei == "358000000000020");
}

TEST_CASE("an operator sets the lock, and not what the platform reports") {
  Desk desk;
  desk.add(one);
  const auto set = [&](const char* field) {
    set_card(desk.store(), desk.context, one, std::vector<FieldChange>{{field, "861234567890123"}});
  };
  set("imei");
  CHECK(desk.card(one).imei == "861234567890123");
  CHECK_THAT(refusal([&] { set("network_imei"); }), Contains("platform reports"));
}
