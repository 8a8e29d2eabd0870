// SPDX-License-Identifier: Apache-2.0
#include "domain/card.h"

namespace iotcard {
namespace {

// The smallest usage that is `percent` of the limit, without a product that could overflow.
std::int64_t share(std::int64_t limit, int percent) {
  const std::int64_t rest = limit % 100 * percent;
  return limit / 100 * percent + (rest + 99) / 100;
}

void judge_usage(const CardState& card, int usage_percent, AbnormalReasons& reasons) {
  if (card.usage_scope == UsageScope::pool) return;
  if (card.remaining_bytes && *card.remaining_bytes < 0) reasons.add(Abnormal::over_limit);
  if (!card.limit_bytes || *card.limit_bytes <= 0) return;  // no limit
  std::optional<std::int64_t> used = card.used_bytes;
  if (!used && card.remaining_bytes && *card.remaining_bytes >= 0) {
    used = *card.limit_bytes - *card.remaining_bytes;
  }
  if (used && *used >= *card.limit_bytes) reasons.add(Abnormal::over_limit);
  if (reasons.has(Abnormal::over_limit) || !used) return;
  const int percent = card.alert_percent.value_or(usage_percent);
  if (*used >= share(*card.limit_bytes, percent)) reasons.add(Abnormal::near_limit);
}

// The 15th digit is a check digit or absent, and the 15th and 16th of an IMEISV are a software
// version: 3GPP TS 23.003, 6.2.
bool is_other_imei(std::string_view lock, std::string_view seen) {
  constexpr std::size_t compared = 14;
  return !lock.empty() && !seen.empty() && lock.substr(0, compared) != seen.substr(0, compared);
}

}  // namespace

AbnormalReasons abnormal_reasons(const CardState& card, const AlertThresholds& thresholds,
                                 Instant now, std::string_view holder_imei) {
  AbnormalReasons reasons;
  if (card.status == CardStatus::terminated) reasons.add(Abnormal::terminated);
  if (card.status == CardStatus::not_found) reasons.add(Abnormal::not_found);
  if (card.status == CardStatus::suspended) reasons.add(Abnormal::suspended);
  if (card.network == Network::blocked) reasons.add(Abnormal::network_blocked);
  if (card.expires_at && *card.expires_at <= now) {
    reasons.add(Abnormal::expired);
  } else if (card.expires_at && *card.expires_at - now <= thresholds.expires_within) {
    reasons.add(Abnormal::expiring_soon);
  }
  judge_usage(card, thresholds.usage_percent, reasons);
  if (is_other_imei(card.imei, holder_imei)) reasons.add(Abnormal::imei_mismatch);
  return reasons;
}

std::optional<Instant> next_judgement(const CardState& card, const AlertThresholds& thresholds,
                                      Instant now) {
  if (!card.expires_at || *card.expires_at <= now) return std::nullopt;
  const Instant soon = *card.expires_at - thresholds.expires_within;
  return std::chrono::ceil<std::chrono::milliseconds>(soon > now ? soon : *card.expires_at);
}

}  // namespace iotcard
