// SPDX-License-Identifier: Apache-2.0
#include "refresh/not_found_guard.h"

#include <fmt/core.h>

#include <algorithm>

namespace iotcard {
namespace {

using std::chrono::milliseconds;

// When a card that is held back is asked about again: soon, since it may be a slip; rarely during a
// wave, which costs a request for each card of it.
constexpr std::chrono::minutes first_look{10};
constexpr std::chrono::hours look_in_a_wave{1};

std::int64_t turned(const NotFoundRound& round) {
  return round.held + round.applied;
}

// A day of good answers must not hide that the platform has just broken. So old answers lose
// weight: both numbers are halved when `found` reaches what `count` cards are the share of.
void forget_some(NotFoundRound& round, const NotFoundLimit& limit) {
  constexpr std::int64_t least = 100;
  if (round.found < std::max(least, limit.count * 100 / limit.share)) return;
  round.found /= 2;
  round.applied /= 2;
}

}  // namespace

bool NotFoundGuard::exceeds_share(const NotFoundRound& round) const {
  return turned(round) * 100 > (turned(round) + round.found) * options_.limit.share;
}

bool NotFoundGuard::is_wave(const NotFoundRound& round) const {
  return turned(round) > options_.limit.count && exceeds_share(round);
}

// The round that runs at this time. A clock that was set back ends it, since its age is unknown.
NotFoundRound NotFoundGuard::round_at(Instant now) {
  NotFoundRound round = store_.not_found_round(options_.platform);
  const bool over = round.began && (now < *round.began || now >= *round.began + options_.max_age);
  if (!over) return round;
  round.found = round.applied = 0;
  round.began = now;
  return round;
}

// Stores the round, and says so if a wave has begun or ended.
std::string NotFoundGuard::save(NotFoundRound round, Instant now) {
  const bool wave = is_wave(round);
  std::string notice;
  if (wave && !round.wave_since) {
    round.wave_since = now;
    notice = fmt::format(
        "does not find {} cards that it had, of {} that it was asked about: more than [refresh] "
        "not_found_share and not_found_count allow, so they keep their state; if they are gone: "
        "iotcardctl platform accept-not-found {}",
        turned(round), turned(round) + round.found, options_.platform);
  } else if (!wave && round.wave_since) {
    round.wave_since.reset();
    notice = "finds enough of its cards again; those that it does not find are no longer held back";
  }
  if (turned(round) == 0) {
    round.began.reset();
    round.found = 0;
  }
  store_.save_not_found_round(options_.platform, round);
  return notice;
}

NotFoundGuard::Verdict NotFoundGuard::not_found(const Iccid& card, Instant now, bool requested) {
  NotFoundRound round = round_at(now);
  const std::optional<Instant> since = store_.held_since(options_.platform, card);
  const bool accepted = round.accepted_until && now < *round.accepted_until;
  if (accepted || !store_.has_more_cards_than(options_.platform, options_.limit.count)) {
    store_.release_not_found(options_.platform, card);
    return {};
  }
  if (!round.began) round.began = now;
  if (!since) {
    store_.hold_not_found(options_.platform, card, now);
    ++round.held;
  }
  const bool wave = is_wave(round);
  const milliseconds soon = std::min<milliseconds>(options_.max_age / 2, first_look);
  const bool confirmed = since && now >= *since + soon / 2;
  const bool whole_round = since && now >= *since + options_.max_age;
  if (!wave && (requested || (confirmed && (whole_round || !exceeds_share(round))))) {
    store_.release_not_found(options_.platform, card);
    --round.held;
    ++round.applied;
    return {.notice = save(round, now)};
  }
  const milliseconds late = std::min<milliseconds>(options_.max_age / 2, look_in_a_wave);
  return {.held = true, .ask_after = wave ? late : soon, .notice = save(round, now)};
}

NotFoundGuard::Verdict NotFoundGuard::found(const Iccid& card, Instant now) {
  NotFoundRound round = round_at(now);
  if (!round.began) return {};
  if (store_.held_since(options_.platform, card)) {
    store_.release_not_found(options_.platform, card);
    --round.held;
  }
  ++round.found;
  forget_some(round, options_.limit);
  return {.notice = save(round, now)};
}

}  // namespace iotcard
