// SPDX-License-Identifier: Apache-2.0
#include "base/breaker.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace iotcard;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t least = 0;
constexpr std::uint32_t middle = std::uint32_t{1} << 31;
constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();

const Instant noon = *parse_time("2026-11-23T12:00:00Z");

ServiceFailure failure(ServiceFault fault,
                       std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return {.fault = fault, .text = "status: no answer", .retry_after = retry_after};
}

// How long a platform waits after a failure that is the so many-th in a row.
Duration wait_after(std::int64_t failures, const ServiceFailure& what, std::uint32_t random) {
  ServiceHealth health{.failures = failures - 1};
  failed(health, what, noon, random);
  CHECK(health.failures == failures);
  return *health.next_try - noon;
}

}  // namespace

TEST_CASE("a service that never failed may be asked") {
  CHECK(may_ask({}, noon, 0));
  CHECK(may_ask({}, noon, 7));
  CHECK_FALSE(is_open({}));
}

TEST_CASE("the wait doubles from a second to five minutes, and half of it is random") {
  struct Row {
    std::int64_t failures;
    Duration ceiling;
  };
  for (const Row& row : std::vector<Row>{{1, 1s},
                                         {2, 2s},
                                         {3, 4s},
                                         {4, 8s},
                                         {8, 128s},
                                         {9, 256s},
                                         {10, 300s},
                                         {11, 300s},
                                         {1000000, 300s},
                                         {std::numeric_limits<std::int64_t>::max(), 300s}}) {
    INFO(row.failures);
    const ServiceFailure dead = failure(ServiceFault::unreachable);
    CHECK(wait_after(row.failures, dead, least) == row.ceiling / 2);
    CHECK(wait_after(row.failures, dead, middle) == row.ceiling * 3 / 4);
    CHECK(wait_after(row.failures, dead, most) > row.ceiling * 99 / 100);
    CHECK(wait_after(row.failures, dead, most) <= row.ceiling);
  }
}

TEST_CASE("kind and text of a failure are kept for the operator") {
  ServiceHealth health;
  failed(health, failure(ServiceFault::rate_limited), noon, least);
  CHECK(health.fault == "rate_limited");
  CHECK(health.failure == "status: no answer");
  CHECK(health.last_failure == noon);
  CHECK_FALSE(health.last_answer);
}

TEST_CASE("a platform is asked no earlier than it asked for, and at most an hour later") {
  struct Row {
    std::int64_t failures;
    std::chrono::seconds asked_for;
    Duration wait;
  };
  for (const Row& row : std::vector<Row>{{1, 17s, 17s},
                                         {1, 0s, 500ms},
                                         {1, -5s, 500ms},
                                         {10, 17s, 150s},  // its own wait is longer
                                         {1, 1h, 1h},
                                         {1, 1h + 1s, 1h},
                                         {1, std::chrono::seconds::max(), 1h},
                                         {1, std::chrono::seconds::min(), 500ms}}) {
    INFO(row.failures << " " << row.asked_for.count());
    const ServiceFailure later = failure(ServiceFault::rate_limited, row.asked_for);
    CHECK(wait_after(row.failures, later, least) == row.wait);
  }
}

TEST_CASE("refused credentials wait at least five minutes from the first") {
  for (const std::int64_t failures : {1, 2, 10}) {
    for (const std::uint32_t random : {least, middle, most}) {
      const Duration wait = wait_after(failures, failure(ServiceFault::log_in), random);
      CHECK(wait >= 5min);
      CHECK(wait <= 5min + 30s);
    }
  }
  CHECK(wait_after(1, failure(ServiceFault::log_in, 10min), least) == 10min);
}

TEST_CASE(
    "nothing is asked before the next try, and any number of jobs after it unless the breaker is "
    "open") {
  ServiceHealth health;
  failed(health, failure(ServiceFault::timeout), noon, least);
  CHECK(waits_until(health, noon) == noon + 500ms);
  CHECK_FALSE(may_ask(health, noon, 0));
  CHECK_FALSE(may_ask(health, noon + 499ms, 0));
  CHECK(may_ask(health, noon + 500ms, 0));
  CHECK(may_ask(health, noon + 500ms, 3));
  CHECK_FALSE(waits_until(health, noon + 500ms));
}

TEST_CASE(
    "from the fifth failure in a row there is one question at a time, until one is answered") {
  ServiceHealth health;
  Instant now = noon;
  for (int i = 1; i <= 5; ++i) {
    CHECK_FALSE(is_open(health));
    now = waits_until(health, now).value_or(now);
    failed(health, failure(ServiceFault::unreachable), now, middle);
  }
  CHECK(is_open(health));
  CHECK_FALSE(may_ask(health, now, 0));
  now = *health.next_try;
  CHECK(may_ask(health, now, 0));
  CHECK_FALSE(may_ask(health, now, 1));  // the probe is under way
  answered(health, now);
  CHECK_FALSE(is_open(health));
  CHECK(may_ask(health, now, 1));
  CHECK(health.failures == 0);
  CHECK(health.last_answer == now);
  CHECK(health.fault == "unreachable");  // still to be seen
  failed(health, failure(ServiceFault::timeout), now, least);
  CHECK(*health.next_try - now == 500ms);  // from the beginning
}

TEST_CASE("jobs that fail together count once") {
  ServiceHealth health;
  for (int i = 0; i < 10; ++i) {
    failed(health, failure(ServiceFault::timeout), noon + i * 1ms, least);
  }
  CHECK(health.failures == 1);
  CHECK(health.next_try == noon + 500ms);
  // But what one of them says is heard.
  failed(health, failure(ServiceFault::rate_limited, 60s), noon + 20ms, least);
  CHECK(health.failures == 1);
  CHECK(health.next_try == noon + 20ms + 60s);
  failed(health, failure(ServiceFault::timeout), noon + 30ms, least);
  CHECK(health.next_try == noon + 20ms + 60s);
}

TEST_CASE("a job that we interrupted does not change the health of the platform") {
  ServiceHealth health{.failures = 3, .next_try = noon + 1s, .last_failure = noon};
  const ServiceHealth before = health;
  failed(health, failure(ServiceFault::interrupted), noon, middle);
  CHECK(health == before);
}

TEST_CASE("a clock that is set does not make a wait longer") {
  ServiceHealth health{.failures = 9};
  failed(health, failure(ServiceFault::unreachable), noon, most);
  const Duration wait = *health.next_try - noon;
  CHECK(may_ask(health, noon - 24h, 0));  // set back
  CHECK(may_ask(health, noon - 1min, 0));
  CHECK_FALSE(may_ask(health, noon - 1s, 0));  // nudged
  CHECK_FALSE(may_ask(health, noon + wait - 1s, 0));
  CHECK(may_ask(health, noon + 24h, 0));  // set forward
  // And it goes on from there.
  failed(health, failure(ServiceFault::unreachable), noon - 24h, most);
  CHECK(health.failures == 11);
  CHECK(*waits_until(health, noon - 24h) - (noon - 24h) <= 5min);

  // A store that says what failed() never does.
  CHECK(may_ask({.failures = 1, .next_try = noon + 24h}, noon, 0));
  const ServiceHealth far{.failures = 1, .next_try = noon + 240h, .last_failure = noon};
  CHECK(waits_until(far, noon) == noon + 1h);
  CHECK(may_ask(far, noon + 1h, 0));
}
