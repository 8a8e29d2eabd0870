// SPDX-License-Identifier: Apache-2.0
// list_filters.h - How the lists of list_store.h are filtered and sorted, and their rows. All
// filters given must hold. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/decision.h"

namespace iotcard {

template <typename Row>
struct StorePage {
  std::vector<Row> rows;
  std::string next_cursor;  // the next page begins behind it; "" if this one is the last
};

// Sorted by this, then by ICCID. A card without a value counts as platform 0, as one that never
// expires, or as one that has used less than 0 bytes.
enum class CardOrder : std::uint8_t {
  iccid,
  status,  // by its name
  platform,
  operator_name,
  expires_at,
  used_bytes,
  used_share,  // of the card's own limit
};
struct CardFilter {
  std::string iccid_prefix{};
  std::optional<CardStatus> status{};
  std::optional<std::int64_t> platform{};
  std::optional<bool> bound{};
  std::string operator_name{};
  // A reason for which the card is abnormal; with `worst`, its worst one.
  // `expired` and `expiring_soon` are computed from the dates, the others are as last announced.
  std::optional<Abnormal> reason{};
  bool worst = false;
  Instant now{};    // for `reason`
  Duration soon{};  // for `reason`: what expires within this expires soon
  std::optional<Instant> expires_after{};
  std::optional<Instant> expires_until{};
  std::optional<double> used_share_from{};  // 1.0 is the whole limit
  // At least min_search_characters, anywhere in a number, the operator, the plan or the note. The
  // case of ASCII letters does not matter.
  std::string text{};

  CardOrder order = CardOrder::iccid;
  bool descending = false;
};
inline constexpr std::size_t min_search_characters = 3;

enum class CardGroup : std::uint8_t { status, platform, operator_name };

struct DeviceFilter {
  std::string product{};
  std::optional<bool> bound{};
  std::string number_prefix{};
};
struct DeviceRow {
  DeviceKey device;
  std::int64_t reports = 0;
  std::optional<Instant> first_seen;
  std::optional<Instant> last_seen;
  std::string last_topic;
  std::string last_payload;
  std::string reported_iccid;  // canonical, or "" if the last report had none
  std::optional<std::int64_t> platform;
  std::optional<std::int64_t> rssi;
  std::optional<std::int64_t> status;
  std::string firmware_version;
  std::string user_id;
  std::optional<double> longitude;
  std::optional<double> latitude;
  std::string summary;  // JSON, or ""
  std::vector<std::string> leniencies;
  std::vector<std::string> issues;
  std::string outcome;             // "" before the first report
  std::optional<Binding> binding;  // the open one
};

struct MismatchFilter {
  bool standing_only = true;
  std::optional<Outcome> outcome{};
  std::optional<DeviceKey> device{};
  std::optional<MismatchState> state{};
  bool newest_first = false;
};
struct RejectedFilter {
  std::optional<RejectionReason> reason{};
};

}  // namespace iotcard
