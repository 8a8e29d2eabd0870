// SPDX-License-Identifier: Apache-2.0
// card.h - One SIM card as the operator and its platform describe it, and the rule that makes it
// abnormal. SQL, CSV, TOML and JSON use the same field names. Not the binding to a device, which is
// decision.h. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/enum_set.h"
#include "base/name_table.h"
#include "base/time.h"
#include "domain/iccid.h"

namespace iotcard {

enum class CardStatus : std::uint8_t {
  unknown,
  inventory,
  testing,
  ready,
  active,
  suspended,
  terminated,
  not_found
};
inline constexpr auto card_status_names = make_name_table<CardStatus>(
    "unknown", "inventory", "testing", "ready", "active", "suspended", "terminated", "not_found");

enum class Network : std::uint8_t { unknown, allowed, blocked };
inline constexpr auto network_names = make_name_table<Network>("unknown", "allowed", "blocked");

enum class UsageScope : std::uint8_t { card, pool };  // whose limit limit_bytes is
inline constexpr auto usage_scope_names = make_name_table<UsageScope>("card", "pool");

// The fields that a decision depends on.
struct CardState {
  explicit CardState(Iccid number) : iccid(std::move(number)) {}

  Iccid iccid;
  std::optional<std::int64_t> platform;  // > 0
  CardStatus status = CardStatus::unknown;
  Network network = Network::unknown;
  std::optional<std::int64_t> used_bytes;
  std::optional<std::int64_t> limit_bytes;
  std::optional<std::int64_t> remaining_bytes;  // may be negative
  UsageScope usage_scope = UsageScope::card;
  std::optional<Instant> expires_at;
  std::optional<int> alert_percent;  // 1 to 100; the configured one if absent
  std::string imei;                  // of the only device that may use the card; "": any

  friend bool operator==(const CardState&, const CardState&) = default;
};

struct Card : CardState {
  using CardState::CardState;

  std::string imsi;           // 3GPP TS 23.003: at most 15 digits
  std::string msisdn;         // ITU-T E.164: at most 15 digits
  std::string network_imei;   // of the device that the network has seen it in
  std::string access_number;  // China Telecom's key for a card
  std::string operator_name;  // field "operator"
  std::string plan;
  std::string status_reason;
  std::string raw_status;  // as the platform spells it
  std::optional<Instant> period_start;
  std::optional<Instant> period_end;
  std::optional<Instant> opened_at;
  std::optional<Instant> activated_at;
  std::string note;
  std::optional<Instant> refreshed_at;
  Instant created_at{};
  Instant updated_at{};

  friend bool operator==(const Card&, const Card&) = default;
};

// Worst first: the order in which a list shows them.
enum class Abnormal : std::uint8_t {
  terminated,
  not_found,
  expired,
  suspended,
  network_blocked,
  over_limit,
  imei_mismatch,  // the device that holds the card has another IMEI than the card's
  expiring_soon,
  near_limit
};
inline constexpr auto abnormal_names =
    make_name_table<Abnormal>("terminated", "not_found", "expired", "suspended", "network_blocked",
                              "over_limit", "imei_mismatch", "expiring_soon", "near_limit");
using AbnormalReasons = EnumSet<Abnormal>;
// True for a reason that depends on the date alone: it begins and ends without a change of the
// card.
constexpr bool is_dated(Abnormal reason) {
  return reason == Abnormal::expired || reason == Abnormal::expiring_soon;
}

struct AlertThresholds {
  int usage_percent = 80;  // 1 to 100
  Duration expires_within = std::chrono::days{14};
  friend bool operator==(const AlertThresholds&, const AlertThresholds&) = default;
};

// A card with status "active" is abnormal too if it is expired. The limit of a pool says nothing
// about one card. `holder_imei`: of the device that holds the card; "" if it is not known.
AbnormalReasons abnormal_reasons(const CardState& card, const AlertThresholds& thresholds,
                                 Instant now, std::string_view holder_imei = {});
// The next moment at which they change by themselves, to the millisecond; nullopt: never.
std::optional<Instant> next_judgement(const CardState& card, const AlertThresholds& thresholds,
                                      Instant now);

}  // namespace iotcard
