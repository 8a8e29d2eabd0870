// SPDX-License-Identifier: Apache-2.0
// What only one platform does, and must not surprise anybody: one test for each.
#include <algorithm>

#include "platforms/dialect_cases.h"
#include "platforms/profile_bench.h"

using namespace iotcard;

namespace {

using Kind = CardAnswer::Kind;

std::vector<Iccid> iccids(const std::vector<std::string>& texts) {
  std::vector<Iccid> out;
  for (const std::string& text : texts) out.push_back(ProfileBench::iccid(text));
  return out;
}

}  // namespace

TEST_CASE("SIMBoss: status and network are two axes") {
  ProfileBench bench{"simboss"};
  simulated::Card card = case_of("simboss").card;
  card.more["deviceStatus"] = "DEACTIVATED_NAME";
  bench.server.put(card);
  const Fields fields = bench.fields(card.iccid);
  CHECK(fields.at("status") == "active");
  CHECK(fields.at("network") == "blocked");
}

TEST_CASE("SIMBoss: the network of a device that is not in use is not known, or blocked") {
  ProfileBench bench{"simboss"};
  simulated::Card card = case_of("simboss").card;
  for (const auto& [theirs, ours] : {std::pair{"INVENTORY_NAME", "unknown"},
                                     {"TEST_READY_NAME", "unknown"},
                                     {"ACTIVATION_READY_NAME", "unknown"},
                                     {"RETIRED_NAME", "blocked"},
                                     {"PURGED_NAME", "blocked"}}) {
    INFO(theirs);
    card.more["deviceStatus"] = theirs;
    bench.server.put(card);
    CHECK(bench.fields(card.iccid).at("network") == ours);
  }
  CHECK(bench.unknown.empty());
  card.more["type"] = "SINGLE";
  bench.server.put(card);
  CHECK(bench.fields(card.iccid).at("usage_scope") == "card");
}

TEST_CASE("SIMBoss: of two dates of expiry the earlier counts, and one alone counts, too") {
  ProfileBench bench{"simboss"};
  simulated::Card card = case_of("simboss").card;
  card.more["ratePlanExpirationDate"] = "2018-06-30 23:59:59";
  bench.server.put(card);
  CHECK(bench.fields(card.iccid).at("expires_at") == "2018-05-31T15:59:59.000Z");
  card.more.erase("ratePlanExpirationDate");
  bench.server.put(card);
  CHECK(bench.fields(card.iccid).at("expires_at") == "2018-05-31T15:59:59.000Z");
}

TEST_CASE("SIMBoss: a hundred cards are one question, and those left out are not found") {
  ProfileBench bench{"simboss"};
  std::vector<std::string> asked;
  for (int n = 0; n < 100; ++n) {
    asked.push_back("898607B20917000" + std::to_string(10000 + n));
    if (n % 10 == 3) continue;
    simulated::Card card = case_of("simboss").card;
    card.iccid = asked.back();
    card.used = std::to_string(n);
    bench.server.put(card);
  }
  CHECK(bench.client().max_batch() == 100);
  const auto cards = iccids(asked);
  const auto answers = bench.client().ask(cards);
  REQUIRE_FALSE(answers.failure);
  REQUIRE(answers.cards.size() == 100);
  CHECK(bench.server.calls().size() == 1);
  for (std::size_t n = 0; n < 100; ++n) {
    INFO(asked[n]);
    const CardAnswer& answer = answers.cards[n];
    CHECK(answer.asked == cards[n]);
    REQUIRE(answer.kind == (n % 10 == 3 ? Kind::not_found : Kind::found));
    const FieldChange used{"used_bytes", std::to_string(n << 20)};
    const auto& fields = answer.fields;
    CHECK((n % 10 == 3 || std::count(fields.begin(), fields.end(), used) == 1));
  }
}

TEST_CASE("Unicom: fifty cards are one question with one signature of its own") {
  ProfileBench bench{"unicom-cmp"};
  std::vector<std::string> asked;
  for (int n = 0; n < 50; ++n) {
    simulated::Card card = case_of("unicom-cmp").card;
    card.iccid = asked.emplace_back("898606236800000" + std::to_string(10000 + n));
    bench.server.put(card);
  }
  for (int twice = 0; twice < 2; ++twice) {
    const auto answers = bench.client().ask(iccids(asked));
    REQUIRE_FALSE(answers.failure);
    CHECK(std::all_of(answers.cards.begin(), answers.cards.end(),
                      [](const CardAnswer& one) { return one.kind == Kind::found; }));
  }
  CHECK(bench.server.calls().size() == 2);
}

TEST_CASE("OneLink: status 99 says that there is no such card, and the other steps are not asked") {
  ProfileBench bench{"onelink-v5"};
  simulated::Card card = case_of("onelink-v5").card;
  card.status = "99";
  bench.server.put(card);
  CHECK(bench.ask(card.iccid).kind == Kind::not_found);
  CHECK(bench.server.asked() == 1);
  CHECK(bench.unknown.empty());
}

TEST_CASE("OneLink: an account of the two-digit generation is suspended and resumed, too") {
  ProfileBench bench{"onelink-v5"};
  simulated::Card card = case_of("onelink-v5").card;
  card.status = "00";
  bench.server.put(card);
  const Iccid iccid = ProfileBench::iccid(card.iccid);
  CHECK(bench.fields(card.iccid).at("status") == "active");
  REQUIRE_FALSE(bench.client().act(iccid, CardAction::suspend));
  CHECK(bench.fields(card.iccid).at("raw_status") == "02");
  CHECK(bench.fields(card.iccid).at("status") == "suspended");
  REQUIRE_FALSE(bench.client().act(iccid, CardAction::resume));
  CHECK(bench.fields(card.iccid).at("status") == "active");
}

TEST_CASE("OneLink: a card without packages has no usage, and is found") {
  ProfileBench bench{"onelink-v5"};
  bench.server.put({.iccid = "898604293620C0000970", .status = "2"});
  const Fields fields = bench.fields("898604293620C0000970");
  CHECK(fields.at("status") == "active");
  CHECK(fields.count("limit_bytes") == 0);
}

TEST_CASE("CTWing: an active card whose network is cut off is active and blocked") {
  ProfileBench bench{"ctwing-5gcmp"};
  simulated::Card card = case_of("ctwing-5gcmp").card;
  card.more["netBlockStatusName"] = "已断网";
  bench.server.put(card);
  const Fields fields = bench.fields(card.iccid);
  CHECK(fields.at("status") == "active");
  CHECK(fields.at("network") == "blocked");
}

TEST_CASE("CTWing: usage is read in the unit that comes with it") {
  ProfileBench bench{"ctwing-5gcmp"};
  simulated::Card card = case_of("ctwing-5gcmp").card;
  for (const auto& [unit, bytes] :
       {std::pair{"KB", "43129"}, {"MB", "44164542"}, {"GB", "45224491650"}, {"B", "42"}}) {
    INFO(unit);
    card.used = "42.11859";
    card.more["unit"] = unit;
    bench.server.put(card);
    CHECK(bench.fields(card.iccid).at("used_bytes") == bytes);
  }
  card.more["unit"] = "parsec";
  bench.server.put(card);
  CHECK(bench.fields(card.iccid).count("used_bytes") == 0);
}

TEST_CASE("CTWing: an error in place of an access number is not taken for one") {
  ProfileBench bench{"ctwing-5gcmp"};
  bench.server.put(case_of("ctwing-5gcmp").card);
  bench.server.fail(Fault::error_in_200);
  const CardAnswer answer = bench.ask("8986032447201234567");
  CHECK(answer.kind == Kind::failed);
  CHECK(answer.failure.find("系统异常") != std::string::npos);
  CHECK(bench.server.calls().size() == 1);
}

TEST_CASE("1NCE: a card is found with and without its Luhn digit") {
  ProfileBench bench{"1nce"};
  const DialectCase& one = case_of("1nce");
  bench.server.put(one.card);
  CHECK(lines(bench.fields("8988280666000000010")) == lines(one.found));
  CHECK(lines(bench.fields("89882806660000000101")) == lines(one.found));
}

TEST_CASE("1NCE: a SIM without a quota is found, and one that has expired is not suspended") {
  ProfileBench bench{"1nce"};
  simulated::Card card = case_of("1nce").card;
  card.limit.clear();
  card.more["expired"] = "yes";
  bench.server.put(card);
  const Fields fields = bench.fields(card.iccid);
  CHECK(fields.at("status") == "active");
  CHECK(fields.count("used_bytes") == 0);
  const auto failure = bench.client().act(ProfileBench::iccid(card.iccid), CardAction::suspend);
  REQUIRE(failure);
  CHECK(failure->fault == ServiceFault::refused);
  CHECK(failure->text.find("expired") != std::string::npos);
}

TEST_CASE("Telnyx: of the cards that the filter finds, the one that was asked for is taken") {
  ProfileBench bench{"telnyx"};
  simulated::Card card = case_of("telnyx").card;
  for (const char* like :
       {"89310410106543789300", "893104101065437893012", "89310410106543789309"}) {
    bench.server.put({.iccid = like, .status = "disabled"});
  }
  CHECK(bench.ask(card.iccid).kind == Kind::not_found);
  bench.server.put(card);
  const Fields fields = bench.fields(card.iccid);
  CHECK(lines(fields) == lines(case_of("telnyx").found));
}

TEST_CASE("Telnyx: a limit in GB is read as such") {
  ProfileBench bench{"telnyx"};
  simulated::Card card = case_of("telnyx").card;
  card.limit = "2.5";
  card.used = "0.1";
  card.more["unit"] = "GB";
  bench.server.put(card);
  const Fields fields = bench.fields(card.iccid);
  CHECK(fields.at("limit_bytes") == "2500000000");
  CHECK(fields.at("used_bytes") == "100000000");
}

TEST_CASE("Onomondo: part of another card's ICCID does not fit") {
  ProfileBench bench{"onomondo"};
  bench.server.put({.iccid = "8945730000001234567899", .status = "true"});
  CHECK(bench.ask("89457300000012345678").kind == Kind::not_found);
}

TEST_CASE("a page of sessions that is not all is no sum of usage") {
  for (const auto& [profile, sign] : {std::pair{"hologram", "continues"},
                                      {"onomondo", "has_more"},
                                      {"twilio-supersim", "next_page_url"},
                                      {"kore-supersim", "next_page_url"},
                                      {"verizon-thingspace", "hasMoreData"}}) {
    INFO(profile);
    ProfileBench bench{profile};
    simulated::Card card = case_of(profile).card;
    card.more[sign] = "yes";
    bench.server.put(card);
    const Fields fields = bench.fields(card.iccid);
    CHECK(fields.at("status") == "active");
    CHECK(fields.count("used_bytes") == 0);
  }
}

TEST_CASE("Huawei: why a card was stopped is told in words") {
  ProfileBench bench{"huawei-gsl"};
  simulated::Card card = case_of("huawei-gsl").card;
  card.status = "14";
  for (const char* why : {"1", "2", "3", "4", "5", "6", "7"}) {
    INFO(why);
    card.more["operator_status"] = why;
    bench.server.put(card);
    const Fields fields = bench.fields(card.iccid);
    CHECK(fields.at("status") == "suspended");
    CHECK(fields.at("status_reason").rfind("stopped: ", 0) == 0);
  }
  CHECK(bench.fields(card.iccid).at("status_reason") == "stopped: in another device");
}

TEST_CASE("Jasper: the usage of another device is not taken, and the card is found without it") {
  ProfileBench bench{"jasper"};
  const simulated::Card& card = case_of("jasper").card;
  bench.server.put(card);
  bench.server.fail_after(1, Fault::other_card);
  const Fields fields = bench.fields(card.iccid);
  CHECK(fields.at("status") == "active");
  CHECK(fields.count("used_bytes") == 0);
}

TEST_CASE("OneLink: the basics of another card are not taken") {
  ProfileBench bench{"onelink-v5"};
  const simulated::Card& card = case_of("onelink-v5").card;
  bench.server.put(card);
  bench.server.fail_after(1, Fault::other_card);
  CHECK(bench.fields(card.iccid).count("msisdn") == 0);
}

TEST_CASE("what a platform calls MB is what its section says") {
  for (const auto& [unit, bytes] : {std::pair{"MB", "10000000"}, {"MiB", "10485760"}}) {
    ProfileBench bench{"simboss", "", std::chrono::seconds{20}, {{"data_unit", unit}}};
    simulated::Card card = case_of("simboss").card;
    bench.server.put(card);
    CHECK(bench.fields(card.iccid).at("limit_bytes") == bytes);
  }
}

TEST_CASE("a base URL that leads elsewhere makes no card not found") {
  for (const DialectCase& one : dialect_cases()) {
    INFO(one.profile);
    ProfileBench bench{one.profile, "", std::chrono::seconds{20}, {}, "/elsewhere"};
    const Iccid card = ProfileBench::iccid(one.asked);
    const auto answers = bench.client().ask({&card, 1});
    CHECK((answers.failure || answers.cards.at(0).kind == Kind::failed));
  }
}

TEST_CASE("two clients of one account log in once") {
  ProfileBench bench{"emnify"};
  bench.server.put(case_of("emnify").card);
  bench.fields(case_of("emnify").asked);
  ProfileBench::Client second{bench};
  const Iccid card = ProfileBench::iccid(case_of("emnify").asked);
  CHECK_FALSE(second.client.ask({&card, 1}).failure);
  CHECK(bench.server.log_ins() == 1);
}

TEST_CASE("1NCE: only what its own application says of a SIM makes it not found") {
  ProfileBench bench{"1nce"};
  bench.server.put(case_of("1nce").card);
  CHECK(bench.ask("8988280666000000028").kind == Kind::not_found);
  bench.server.fail(Fault::gateway_404);
  const CardAnswer answer = bench.ask("8988280666000000010");
  CHECK(answer.kind == Kind::failed);
  CHECK(answer.failure == "sim: HTTP 404: no Route matched with those values");
}

TEST_CASE("Hologram: the end of the billing period is no date of expiry") {
  ProfileBench bench{"hologram"};
  bench.server.put(case_of("hologram").card);
  const Fields fields = bench.fields(case_of("hologram").asked);
  CHECK(fields.at("period_end") == "2030-08-26T18:59:07.000Z");
  CHECK(fields.count("expires_at") == 0);
}

TEST_CASE("Soracom: a SIM is found by its ICCID, whatever its simId is") {
  ProfileBench bench{"soracom"};
  const DialectCase& one = case_of("soracom");
  bench.server.put({.iccid = one.card.iccid + "7", .status = "terminated"});  // has it as a part
  bench.server.put(one.card);
  CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  CHECK(bench.server.calls().back().path == "/stats/air/sims/SIM-" + one.card.iccid);
}

TEST_CASE("KORE: the id and the secret go only to the host of the token") {
  PlatformServer tokens{"kore-supersim"};
  ProfileBench bench{"kore-supersim",
                     "",
                     std::chrono::seconds{20},
                     {{"auth_url", tokens.settings().at("auth_url")}}};
  const DialectCase& one = case_of("kore-supersim");
  bench.server.put(one.card);
  // The host of the cards does not take the other's token, so it is asked once more.
  CHECK(bench.ask_in_vain(one.asked).fault == ServiceFault::log_in);
  CHECK(tokens.log_ins() == 2);
  CHECK(tokens.asked() == 0);
  CHECK(bench.server.log_ins() == 0);
  CHECK(bench.server.asked() == 2);
  for (const PlatformServer::Call& call : bench.server.calls()) {
    INFO(call.path);
    CHECK(call.body.find("kore-secret") == std::string::npos);
    CHECK(call.query.find("kore-secret") == std::string::npos);
    for (const auto& [name, value] : call.headers) {
      CHECK(value.find("kore-secret") == std::string::npos);
      CHECK(value.find("apiclient_1") == std::string::npos);
    }
  }
}

TEST_CASE("Verizon: each log-in has its own secret, and a session that has ended is begun again") {
  const DialectCase& one = case_of("verizon-thingspace");
  for (const char* secret : {"secret", "password"}) {
    INFO(secret);
    ProfileBench bench{one.profile, secret};
    bench.server.put(one.card);
    CHECK(bench.ask_in_vain(one.asked).fault == ServiceFault::log_in);
    CHECK(bench.server.asked() == 0);
    CHECK(bench.traced().find(bench.server.settings().at(secret)) == std::string::npos);
  }
  ProfileBench bench{one.profile};
  bench.server.put(one.card);
  CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  bench.server.expire_tokens();  // of sessions only: HTTP 400 with an error code
  CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  CHECK(bench.server.log_ins() == 4);
  CHECK(bench.traced().find("IMgr8") == std::string::npos);
  CHECK(bench.traced().find("token+") == std::string::npos);
}
