// SPDX-License-Identifier: Apache-2.0
#include "base/breaker.h"

#include <algorithm>

namespace iotcard {
namespace {

// Threads read the clock one after the other, and time servers nudge it.
constexpr std::chrono::seconds clock_tolerance{5};

// The share of `whole` that `random` is of its range.
Duration part_of(Duration whole, std::uint32_t random) {
  return Duration{static_cast<std::int64_t>(static_cast<double>(whole.count()) *
                                            (static_cast<double>(random) / 4294967296.0))};
}

// Between half of the upper bound and all of it ("equal jitter").
Duration backoff(std::int64_t failures, std::uint32_t random) {
  constexpr std::int64_t doublings = 9;  // of a second: more than five minutes
  const Duration doubled =
      Duration{BreakerTimes::first} *
      (std::int64_t{1} << std::clamp<std::int64_t>(failures - 1, 0, doublings));
  const Duration bound = std::min<Duration>(doubled, BreakerTimes::longest);
  return bound / 2 + part_of(bound / 2, random);
}

// What this kind of failure needs, whatever the count is.
Duration min_wait(const ServiceFailure& failure, std::uint32_t random) {
  Duration wait{};
  if (failure.fault == ServiceFault::log_in) {
    wait = BreakerTimes::log_in;
    wait += part_of(wait / 10, random);
  }
  if (failure.retry_after) {
    // Clamped as seconds: a service may ask for more seconds than fit into microseconds.
    const std::chrono::seconds asked_for = std::clamp<std::chrono::seconds>(
        *failure.retry_after, std::chrono::seconds{0}, BreakerTimes::retry_after);
    wait = std::max<Duration>(wait, asked_for);
  }
  return wait;
}

}  // namespace

std::optional<Instant> waits_until(const ServiceHealth& health, Instant now) {
  if (!health.next_try || !health.last_failure) return std::nullopt;
  const Instant since = *health.last_failure;
  if (now < since - clock_tolerance) return std::nullopt;
  // No wait is longer than this, whatever the store says.
  const Instant until = std::min<Instant>(*health.next_try, since + BreakerTimes::retry_after);
  return now < until ? std::optional{until} : std::nullopt;
}

bool may_ask(const ServiceHealth& health, Instant now, int under_way) {
  return !waits_until(health, now) && (!is_open(health) || under_way == 0);
}

void failed(ServiceHealth& health, const ServiceFailure& failure, Instant now,
            std::uint32_t random) {
  if (failure.fault == ServiceFault::interrupted) return;
  Duration wait = min_wait(failure, random);
  const std::optional<Instant> waiting = waits_until(health, now);
  if (!waiting) {
    ++health.failures;
    wait = std::max(wait, backoff(health.failures, random));
  }
  health.next_try = std::max(now + wait, waiting.value_or(now));
  health.last_failure = now;
  health.fault = service_fault_names[failure.fault];
  health.failure = failure.text;
}

void answered(ServiceHealth& health, Instant now) {
  health.failures = 0;
  health.next_try.reset();
  health.last_answer = now;
}

}  // namespace iotcard
