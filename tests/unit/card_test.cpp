// SPDX-License-Identifier: Apache-2.0
#include "domain/card.h"

#include <catch2/catch.hpp>
#include <limits>

namespace iotcard {
namespace {

const Instant now = *parse_time("2026-11-23T12:00:00Z");
const AlertThresholds thresholds{.usage_percent = 80, .expires_within = std::chrono::days{14}};

Card a_card() {
  Card card{*Iccid::from_canonical("89860012345678901234")};
  card.status = CardStatus::active;
  card.network = Network::allowed;
  return card;
}

AbnormalReasons judge(const Card& card) {
  return abnormal_reasons(card, thresholds, now);
}

struct Usage {
  std::optional<std::int64_t> used;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  std::optional<int> percent;
  AbnormalReasons reasons;
};

}  // namespace

TEST_CASE("a card without a problem has no reasons") {
  CHECK(judge(a_card()).empty());
  CHECK(judge(Card{a_card().iccid}).empty());
}

TEST_CASE("a bad status is a reason of the same name") {
  Card card = a_card();
  const auto [status, reason] = GENERATE(values<std::pair<CardStatus, Abnormal>>({
      {CardStatus::suspended, Abnormal::suspended},
      {CardStatus::terminated, Abnormal::terminated},
      {CardStatus::not_found, Abnormal::not_found},
  }));
  card.status = status;
  CHECK(judge(card) == AbnormalReasons{reason});
}

TEST_CASE("a card in stock or in test has no reasons") {
  Card card = a_card();
  card.status = GENERATE(CardStatus::unknown, CardStatus::inventory, CardStatus::testing,
                         CardStatus::ready, CardStatus::active);
  CHECK(judge(card).empty());
}

TEST_CASE("a blocked network is a reason whatever the status says") {
  Card card = a_card();
  card.network = Network::blocked;
  CHECK(judge(card) == AbnormalReasons{Abnormal::network_blocked});
}

TEST_CASE("an active card expires at its instant, and is expiring soon before it") {
  Card card = a_card();
  const Duration tick{1};
  card.expires_at = now;
  CHECK(judge(card) == AbnormalReasons{Abnormal::expired});
  card.expires_at = now + tick;
  CHECK(judge(card) == AbnormalReasons{Abnormal::expiring_soon});
  card.expires_at = now + std::chrono::days{14};
  CHECK(judge(card) == AbnormalReasons{Abnormal::expiring_soon});
  card.expires_at = now + std::chrono::days{14} + tick;
  CHECK(judge(card).empty());
}

TEST_CASE("usage is judged by the card's own limit and percentage") {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const AbnormalReasons well;
  const AbnormalReasons near{Abnormal::near_limit};
  const AbnormalReasons over{Abnormal::over_limit};
  const Usage usage = GENERATE_COPY(values<Usage>({
      {79, 100, {}, {}, well},  {80, 100, {}, {}, near},        {99, 100, {}, {}, near},
      {100, 100, {}, {}, over}, {101, 100, {}, {}, over},       {50, 100, {}, 50, near},
      {90, 100, {}, 95, well},  {99, 100, {}, 100, well},       {0, 1, {}, 1, well},
      {2, 3, {}, {}, well},                               // 66.7%
      {3, 4, {}, 75, near},     {huge, 0, {}, {}, well},  // no limit
      {huge, {}, {}, {}, well}, {huge - 1, huge, {}, {}, near}, {huge / 2, huge, {}, {}, well},
      {{}, 100, 21, {}, well},  {{}, 100, 20, {}, near},        {{}, 100, 0, {}, over},
      {{}, {}, 0, {}, well},    {{}, {}, -1, {}, over},         {10, 100, -1, {}, over},
      {{}, 100, {}, {}, well},
  }));
  Card card = a_card();
  card.used_bytes = usage.used;
  card.limit_bytes = usage.limit;
  card.remaining_bytes = usage.remaining;
  card.alert_percent = usage.percent;
  CAPTURE(usage.used, usage.limit, usage.remaining, usage.percent);
  CHECK(judge(card).names(abnormal_names) == usage.reasons.names(abnormal_names));
}

TEST_CASE("a pool's limit judges no card") {
  Card card = a_card();
  card.usage_scope = UsageScope::pool;
  card.used_bytes = 1000;
  card.limit_bytes = 10;
  card.remaining_bytes = -990;
  CHECK(judge(card).empty());
}

TEST_CASE("a card may be abnormal for several reasons, the worst first") {
  Card card = a_card();
  card.status = CardStatus::suspended;
  card.network = Network::blocked;
  card.expires_at = now - std::chrono::days{1};
  card.used_bytes = 5;
  card.limit_bytes = 5;
  CHECK(judge(card).names(abnormal_names) ==
        std::vector<std::string_view>{"expired", "suspended", "network_blocked", "over_limit"});
}

}  // namespace iotcard
