// SPDX-License-Identifier: Apache-2.0
// Each shipped profile while its platform is unwell. Whatever goes wrong, a card is never found
// with less than its platform said, never not found, and the fault has its right name.
#include "platforms/dialect_cases.h"
#include "platforms/profile_bench.h"

using namespace iotcard;
using namespace std::chrono_literals;

namespace {

using Kind = CardAnswer::Kind;

template <typename Check>
void for_each_case(const Check& check) {
  for (const DialectCase& one : dialect_cases()) {
    DYNAMIC_SECTION(one.profile) {
      check(one);
    }
  }
}

// What came of the card: its kind, or the platform's fault.
struct Came {
  std::optional<Kind> kind;
  std::optional<ServiceFault> fault;
  std::string text;
};

Came ask(ProfileBench& bench, const std::string& text) {
  const Iccid card = ProfileBench::iccid(text);
  const PlatformClient::Answers answers = bench.client().ask({&card, 1});
  if (answers.failure) return {{}, answers.failure->fault, answers.failure->text};
  return {answers.cards.at(0).kind, {}, answers.cards.at(0).failure};
}

}  // namespace

TEST_CASE("a rate limit is told as one, with the time that the platform asks for") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::rate_limit);
    const PlatformFailure failure = bench.ask_in_vain(one.asked);
    CHECK(failure.fault == ServiceFault::rate_limited);
    CHECK(failure.retry_after == (one.retry_after ? std::optional{7s} : std::nullopt));
    CHECK(bench.server.asked() == 1);  // it does not insist
    CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  });
}

TEST_CASE("a rate limit in the middle of a card fails the card, not only the rest of it") {
  for (const DialectCase& one : dialect_cases()) {
    if (one.requests < 2) continue;
    DYNAMIC_SECTION(one.profile) {
      ProfileBench bench{one.profile};
      bench.server.put(one.card);
      bench.server.fail_after(one.requests - 1, Fault::rate_limit);
      CHECK(bench.ask_in_vain(one.asked).fault == ServiceFault::rate_limited);
    }
  }
}

TEST_CASE("an error that comes with HTTP 200 is no success, and is told in the platform's words") {
  for_each_case([](const DialectCase& one) {
    for (std::size_t step = 0; step < one.requests; ++step) {
      INFO("request " << step);
      ProfileBench bench{one.profile};
      bench.server.put(one.card);
      bench.server.fail_after(step, Fault::error_in_200);
      const Came came = ask(bench, one.asked);
      INFO(came.text << '\n' << bench.traced());
      const std::size_t at = one.log_in + step;
      REQUIRE(bench.traces.size() > at);
      REQUIRE(bench.traces[at].failure);
      CHECK(bench.traces[at].failure->text.find(": HTTP 200: ") != std::string::npos);
      if (one.busy) {
        CHECK(came.fault == ServiceFault::unavailable);
      } else if (step == 0) {
        CHECK(came.kind == Kind::failed);
      } else if (step + 1 == one.requests) {  // the usage, without which the card is found
        CHECK(came.kind == Kind::found);
      } else {
        CHECK(came.kind == Kind::failed);
      }
    }
  });
}

TEST_CASE("an answer about another card is not taken for the one that was asked about") {
  for_each_case([](const DialectCase& one) {
    // Of these the answer does not say whose it is.
    if (one.profile == "ctwing-5gcmp" || one.profile == "onelink-v5") return;
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::other_card);
    CHECK(ask(bench, one.asked).kind == Kind::not_found);
    CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  });
}

TEST_CASE("success with nothing in it is no card") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::nothing);
    const Came came = ask(bench, one.asked);
    INFO(came.text);
    CHECK((came.kind == Kind::failed || came.kind == Kind::not_found));
  });
}

TEST_CASE("an answer that is no JSON fails the card") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::garbage);
    const Came came = ask(bench, one.asked);
    CHECK(came.kind == Kind::failed);
    CHECK(came.text.find("JSON") != std::string::npos);
  });
}

TEST_CASE("a proxy's page with 404 does not make a card not found") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::html_404);
    CHECK(ask(bench, one.asked).kind == Kind::failed);
  });
}

TEST_CASE("a gateway's JSON with 404 does not make a card not found") {
  for_each_case([](const DialectCase& one) {
    for (std::size_t step = 0; step < one.requests; ++step) {
      INFO("request " << step);
      ProfileBench bench{one.profile};
      bench.server.put(one.card);
      bench.server.fail_after(step, Fault::gateway_404);
      const Came came = ask(bench, one.asked);
      INFO(came.text << '\n' << bench.traced());
      REQUIRE(came.kind);
      CHECK(*came.kind != Kind::not_found);
    }
  });
}

TEST_CASE("a proxy's page with 502 says that the platform is unavailable") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::html_502);
    CHECK(ask(bench, one.asked).fault == ServiceFault::unavailable);
    CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  });
}

TEST_CASE("a connection that ends before the answer or within it is unreachable") {
  for_each_case([](const DialectCase& one) {
    ProfileBench bench{one.profile};
    bench.server.put(one.card);
    bench.server.fail(Fault::cut_off);
    CHECK(ask(bench, one.asked).fault == ServiceFault::unreachable);
    bench.server.fail(Fault::hang_up);
    CHECK(ask(bench, one.asked).fault == ServiceFault::unreachable);
    CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  });
}

TEST_CASE("a platform that accepts and says nothing times out") {
  ProfileBench bench{"jasper", "", 300ms};
  bench.server.fail(Fault::silence);
  CHECK(ask(bench, "8988216716970004975").fault == ServiceFault::timeout);
}

TEST_CASE("a slow platform is waited for") {
  ProfileBench bench{"1nce"};
  const DialectCase& one = case_of("1nce");
  bench.server.put(one.card);
  bench.server.slow_down(50ms);
  CHECK(lines(bench.fields(one.asked)) == lines(one.found));
  CHECK(bench.traces.at(0).took >= 50ms);
}

TEST_CASE("a log-in that goes wrong is told as what it is") {
  for (const DialectCase& one : dialect_cases()) {
    if (one.log_in == 0) continue;
    DYNAMIC_SECTION(one.profile) {
      ProfileBench bench{one.profile};
      bench.server.put(one.card);
      bench.server.fail_log_in(Fault::rate_limit);
      CHECK(ask(bench, one.asked).fault == ServiceFault::rate_limited);
      bench.server.fail_log_in(Fault::html_502);
      CHECK(ask(bench, one.asked).fault == ServiceFault::unavailable);
      // The first ends a connection that was in use before, which may always happen, and the
      // HTTP client asks again on a new one.
      bench.server.fail_log_in(Fault::hang_up, 2);
      CHECK(ask(bench, one.asked).fault == ServiceFault::unreachable);
      CHECK(bench.server.asked() == 0);
      CHECK(lines(bench.fields(one.asked)) == lines(one.found));
    }
  }
}
