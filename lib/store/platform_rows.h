// SPDX-License-Identifier: Apache-2.0
// platform_rows.h - The rows of platform_store.h: the health of card platforms, the age of what
// they said, and what operators ask of them. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/name_table.h"
#include "base/time.h"
#include "domain/iccid.h"

namespace iotcard {

// How a card platform has answered so far, as far as it must outlive the process: whether it may be
// asked now, and what an operator wants to see.
struct PlatformHealth {
  std::int64_t failures = 0;             // in a row; 0: the last request was answered
  std::optional<Instant> next_try{};     // not asked before this time; absent: at any time
  std::optional<Instant> last_answer{};  // when it last answered
  std::optional<Instant> last_failure{};
  std::string fault{};    // the kind of the last failure, one of service_fault_names
  std::string failure{};  // the last failure, for people; without secrets

  friend bool operator==(const PlatformHealth&, const PlatformHealth&) = default;
};

struct PlatformRow {
  std::int64_t id = 0;  // cardPlatformId
  std::string name;
  std::string profile;
  PlatformHealth health{};
  friend bool operator==(const PlatformRow&, const PlatformRow&) = default;
};

// How old the data of a platform's cards is.
struct PlatformAge {
  std::int64_t cards = 0;           // of the platform
  std::int64_t never = 0;           // of these, never asked about or to be asked again
  std::optional<Instant> oldest{};  // the last answer about the stalest of the others
};

struct UnknownIccids {
  std::vector<Iccid> iccids;     // each once
  std::int64_t next_cursor = 0;  // continue behind this id
  bool at_end = false;           // no mismatch is behind it
};

enum class PlatformRequestKind : std::uint8_t { refresh, suspend, resume };
inline constexpr auto platform_request_kind_names =
    make_name_table<PlatformRequestKind>("refresh", "suspend", "resume");

struct PlatformRequest {
  std::int64_t id = 0;
  Iccid iccid;
  std::int64_t platform = 0;
  PlatformRequestKind kind = PlatformRequestKind::refresh;
  std::string requested_by;
  Instant requested_at{};
  std::optional<Instant> taken_at{};
  std::optional<Instant> done_at{};
  std::string failure{};  // "" until it is done, and if it succeeded
  std::string status{};   // what the platform said of the card afterwards
  friend bool operator==(const PlatformRequest&, const PlatformRequest&) = default;
};

}  // namespace iotcard
