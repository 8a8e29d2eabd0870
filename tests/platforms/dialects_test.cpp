// SPDX-License-Identifier: Apache-2.0
// Each shipped profile against its platform: what is read of a card, what is not there, who is let
// in, and what a token's end costs.
#include "platforms/dialect_cases.h"
#include "platforms/profile_bench.h"

using namespace iotcard;

namespace {

using Kind = CardAnswer::Kind;

// An ICCID that no platform of these has.
const std::string stranger = "8944110068256270054";

template <typename Check>
void for_each_case(const Check& check) {
  for (const DialectCase& one : dialect_cases()) {
    DYNAMIC_SECTION(one.profile) {
      check(one);
    }
  }
}

}  // namespace

TEST_CASE("a card is read field by field, to the byte") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    CHECK(lines(bench.fields(one.asked)) == lines(one.found));
    CHECK(bench.server.asked() == one.requests);
    CHECK(bench.server.log_ins() == one.log_in);
    CHECK(bench.unknown.empty());
    for (const HttpExchange& trace : bench.traces) {
      INFO(trace.step);
      CHECK(trace.status == 200);
      CHECK_FALSE(trace.failure);
    }
  });
}

TEST_CASE("a number is read whether it comes as a number or as a text") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.numbers_as_text(true);
    CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  });
}

TEST_CASE("what the platform does not say is not made up") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put({.iccid = one.card.iccid, .status = one.card.status});
    const Fields fields = bench.fields(one.asked);
    CHECK(fields.at("status") == one.found.at("status"));
    for (const char* name : {"limit_bytes", "remaining_bytes", "activated_at", "expires_at"}) {
      INFO(name);
      CHECK(fields.count(name) == 0);
    }
    // No session or record this month, where the platform has a list of them, is no usage.
    if (const auto used = fields.find("used_bytes"); used != fields.end()) {
      CHECK(used->second == "0");
    }
  });
}

TEST_CASE("many cards in one question are read as each alone") {
  for (const DialectCase& one : dialect_cases()) {
    ProfileBench bench{one.profile};
    if (bench.client().max_batch() == 1) continue;
    DYNAMIC_SECTION(one.profile) {
      bench.server.put(one.card);
      const std::vector<Iccid> cards = {ProfileBench::iccid(stranger),
                                        ProfileBench::iccid(one.asked)};
      const PlatformClient::Answers answers = bench.client().ask(cards);
      REQUIRE_FALSE(answers.failure);
      REQUIRE(answers.cards.size() == 2);
      CHECK(answers.cards[0].kind == Kind::not_found);
      Fields fields;
      for (const FieldChange& field : answers.cards[1].fields) fields[field.name] = field.value;
      CHECK(lines(fields) == lines(one.found));
      CHECK(bench.server.calls().size() == 1);
    }
  }
}

TEST_CASE("an ICCID that the platform has not is not found, though it has others") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    CHECK(bench.ask(stranger).kind == Kind::not_found);
    CHECK(bench.ask(one.asked).kind == Kind::found);
  });
}

TEST_CASE("each status of the platform has its meaning, and the platform's word is kept") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    simulated::Card card = one.card;
    for (const auto& [theirs, ours] : one.statuses) {
      INFO(theirs);
      card.status = theirs;
      bench.server.put(card);
      const Fields fields = bench.fields(one.asked);
      CHECK(fields.at("status") == ours);
      CHECK(fields.at("raw_status") == theirs);
    }
    CHECK(bench.unknown.empty());
  });
}

TEST_CASE("a status that the profile does not know becomes unknown, and is told") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    simulated::Card card = one.card;
    card.status = "77";
    bench.server.put(card);
    const Fields fields = bench.fields(one.asked);
    CHECK(fields.at("status") == "unknown");
    CHECK(fields.at("raw_status") == "77");
    CHECK(bench.unknown == std::vector<std::pair<std::string, std::string>>{{"status", "77"}});
  });
}

TEST_CASE("a wrong secret is refused, and the fault is the log-in's") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile, one.secret};
    bench.server.put(one.card);
    const PlatformFailure failure = bench.ask_in_vain(one.asked);
    INFO(failure.text);
    CHECK(failure.fault == ServiceFault::log_in);
    CHECK(bench.server.calls().size() == 1);  // not again and again
  });
}

TEST_CASE("a token that has ended costs one log-in, and the question goes on") {
  for (const DialectCase& one : dialect_cases()) {
    if (one.log_in == 0) continue;
    DYNAMIC_SECTION(one.profile) {
      ProfileBench bench{one.profile};
      bench.server.put(one.card);
      CHECK(lines(bench.fields(one.asked)) == lines(one.found));
      CHECK(lines(bench.fields(one.asked)) == lines(one.found));
      CHECK(bench.server.log_ins() == one.log_in);
      bench.server.expire_tokens();
      CHECK(lines(bench.fields(one.asked)) == lines(one.found));
      CHECK(bench.server.log_ins() == 2 * one.log_in);
      CHECK(bench.server.asked() == 3 * one.requests + 1);
    }
  }
}

TEST_CASE(
    "a platform that takes none of its own tokens is asked to log in once more, not for ever") {
  for (const DialectCase& one : dialect_cases()) {
    if (one.log_in == 0) continue;
    DYNAMIC_SECTION(one.profile) {
      ProfileBench bench{one.profile};
      bench.server.put(one.card);
      bench.server.keep_no_token(true);
      CHECK(bench.ask_in_vain(one.asked).fault == ServiceFault::log_in);
      CHECK(bench.server.log_ins() == 2 * one.log_in);
      CHECK(bench.server.asked() == 2);
    }
  }
}

TEST_CASE("a token is not used for longer than it is good") {
  for (const DialectCase& one : dialect_cases()) {
    if (one.log_in == 0) continue;
    DYNAMIC_SECTION(one.profile) {
      ProfileBench bench{one.profile};
      REQUIRE_FALSE(bench.client().log_in());
      bench.later = std::chrono::minutes{3};
      bench.client().log_in();
      CHECK(bench.server.log_ins() == one.log_in);
      bench.later = std::chrono::hours{24};
      bench.client().log_in();
      CHECK(bench.server.log_ins() == 2 * one.log_in);
    }
  }
}

TEST_CASE("no secret and no token is in what is traced") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.fields(one.asked);
    bench.server.fail(Fault::error_in_200);
    const Iccid card = ProfileBench::iccid(stranger);
    bench.client().ask({&card, 1});
    const std::string secret = bench.server.settings().at(one.secret);
    const std::string traced = bench.traced();
    INFO(traced);
    CHECK(traced.find(secret) == std::string::npos);
    CHECK(traced.find("token+") == std::string::npos);
    CHECK(traced.find("token%2B") == std::string::npos);
    CHECK(traced.find(simulated::base64(secret)) == std::string::npos);
    CHECK(traced.find(one.asked.substr(0, 19)) != std::string::npos);
  });
}
