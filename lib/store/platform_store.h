// SPDX-License-Identifier: Apache-2.0
// platform_store.h - The port to the platforms of the configuration: their health, which of their
// cards to ask about next, and which ICCIDs they do not know.
// One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/name_table.h"
#include "base/service_health.h"
#include "base/time.h"
#include "domain/iccid.h"
#include "store/transactional.h"

namespace iotcard {

using PlatformHealth = ServiceHealth;

// What a platform has said of its known cards since some of them turned not_found: a "round", as
// refresh/not_found_guard.h counts it.
struct NotFoundRound {
  std::optional<Instant> began{};  // absent: no round runs
  std::int64_t found = 0;          // answers in this round that a card is there
  std::int64_t applied = 0;        // cards that turned not_found in this round
  std::int64_t held = 0;           // cards whose not_found is held back, also from earlier rounds
  std::optional<Instant> wave_since{};      // the limit is exceeded since then; absent: it is not
  std::optional<Instant> accepted_until{};  // an operator lets everything through until then

  friend bool operator==(const NotFoundRound&, const NotFoundRound&) = default;
};

struct PlatformRow {
  std::int64_t id = 0;  // cardPlatformId
  std::string name;
  std::string profile;
  PlatformHealth health{};
  NotFoundRound round{};
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

class PlatformStore : public virtual Transactional {
 public:
  virtual std::vector<PlatformRow> platforms() = 0;  // by id
  // These and no others. A platform that stays keeps its health and its round; the misses, held
  // cards and waiting requests of a platform that is removed are deleted.
  virtual void set_platforms(const std::vector<PlatformRow>& platforms) = 0;
  virtual void save_platform_health(std::int64_t platform, const PlatformHealth& health) = 0;
  // Cards of the platform that were last asked about before `before`, the stalest first.
  virtual std::vector<Iccid> cards_to_ask(std::int64_t platform, Instant before, int limit) = 0;
  // All cards of a platform, or of any, are to be asked about next; or only those that were last
  // refreshed before a time, or never. Returns how many. Outside a transaction it runs as many
  // small ones with pauses for other writers.
  virtual std::int64_t mark_stale(std::optional<std::int64_t> platform,
                                  std::optional<Instant> refreshed_before) = 0;
  virtual PlatformAge platform_age(std::int64_t platform) = 0;
  // ICCIDs of standing mismatches card_unknown behind `after_id` that name this platform, or none
  // that is configured, and that the platform has not missed since `missed_before`. Looks at
  // `span` mismatches at most, so that the cost is bounded, and returns `limit` ICCIDs at most.
  virtual UnknownIccids unknown_to_ask(std::int64_t platform, Instant missed_before,
                                       std::int64_t after_id, int span, int limit) = 0;
  // The platform does not know the ICCID. Deleted with time, and when such a card is added.
  virtual void record_miss(std::int64_t platform, const Iccid& iccid, Instant at) = 0;
  // Deletes the oldest of those from before `before`; returns how many.
  virtual std::int64_t forget_misses(Instant before, int limit) = 0;

  virtual NotFoundRound not_found_round(std::int64_t platform) = 0;
  // All but `held`, which the functions below count.
  virtual void save_not_found_round(std::int64_t platform, const NotFoundRound& round) = 0;
  // When the platform first did not find the card, if that is held back. A card that is removed, or
  // moves to another platform, is no longer held back.
  virtual std::optional<Instant> held_since(std::int64_t platform, const Iccid& iccid) = 0;
  virtual void hold_not_found(std::int64_t platform, const Iccid& iccid, Instant at) = 0;
  virtual void release_not_found(std::int64_t platform, const Iccid& iccid) = 0;
  virtual std::vector<Iccid> held_not_found(std::int64_t platform, int limit) = 0;  // by ICCID
  // Reads at most `count` + 1 cards.
  virtual bool has_more_cards_than(std::int64_t platform, std::int64_t count) = 0;
};

// What operators ask of platforms. A waiting request is deleted with its card, and when the card
// moves to another platform. Of a card the newest 20 refreshes and 100 actions are kept.
class PlatformRequestStore : public virtual Transactional {
 public:
  virtual std::int64_t add_platform_request(const PlatformRequest& request) = 0;  // its id
  // Marks them taken; oldest first.
  virtual std::vector<PlatformRequest> take_platform_requests(std::int64_t platform, Instant now,
                                                              int limit) = 0;
  // It waits again, as if it had not been taken.
  virtual void give_back_platform_request(std::int64_t id) = 0;
  virtual void finish_platform_request(std::int64_t id, Instant now, const std::string& failure,
                                       const std::string& status) = 0;
  virtual std::optional<PlatformRequest> find_platform_request(std::int64_t id) = 0;
  virtual std::vector<PlatformRequest> platform_requests(const Iccid& iccid,
                                                         int limit) = 0;  // newest first
  // For requests taken before `before` and never finished, because their owner is gone: a refresh
  // waits again, an action is finished as a failure. Returns how many there were.
  virtual int recover_platform_requests(std::int64_t platform, Instant before, Instant now) = 0;
};

}  // namespace iotcard
