// SPDX-License-Identifier: Apache-2.0
#include "refresh/store_platform_jobs.h"

#include <algorithm>

#include "operations/card_state.h"
#include "operations/platform_operations.h"

namespace iotcard {
namespace {

// Mismatches that one look goes through: a million of them must not hold anybody up.
constexpr int span = 1000;
constexpr int spans_of_new = 20;  // a look
constexpr std::chrono::seconds sweep_interval{30};
constexpr std::chrono::years any_clock{1000};
// A lease outlives the request that is under way, during which nobody renews it.
constexpr std::chrono::milliseconds least_lease{60'000};
constexpr std::chrono::milliseconds beyond_a_request{30'000};
constexpr int most_forgotten = 1000;  // misses, a sweep

}  // namespace

StorePlatformJobs::StorePlatformJobs(Store& store, DeskOptions options,
                                     std::function<Context()> context,
                                     std::function<void()> changed)
    : store_(store),
      options_(std::move(options)),
      context_(std::move(context)),
      changed_(std::move(changed)) {}

PlatformJobs::Held StorePlatformJobs::hold(Instant now) {
  const bool had_it = held_ && lease_holder(store_, options_.platform, now) == options_.holder;
  held_ = hold_lease(store_, options_.platform, options_.holder, now,
                     std::max(least_lease, options_.timeout + beyond_a_request));
  if (!held_) return Held::no;
  if (had_it) return Held::still;
  // Whoever took requests and had not finished them is gone, since nobody else holds the platform.
  // Also what was taken later than now, by a clock that ran ahead.
  store_.recover_platform_requests(options_.platform, now + any_clock, now);
  return Held::anew;
}

void StorePlatformJobs::let_go() noexcept {
  try {
    if (held_) give_up_lease(store_, options_.platform, options_.holder);
  } catch (const std::exception&) {
    // It runs out by itself.
  }
  held_ = false;
}

std::vector<PlatformJob> StorePlatformJobs::requests(Instant now, int most) {
  std::vector<PlatformJob> requests;
  for (PlatformRequest& taken : store_.take_platform_requests(options_.platform, now, most)) {
    PlatformJob request{.id = taken.id, .card = std::move(taken.iccid)};
    if (taken.kind == PlatformRequestKind::suspend) request.action = CardAction::suspend;
    if (taken.kind == PlatformRequestKind::resume) request.action = CardAction::resume;
    const auto known = store_.find_card(request.card);
    // What was asked in the future was asked by a clock that ran ahead, and says nothing.
    if (known && known->card.refreshed_at && *known->card.refreshed_at <= now) {
      request.not_before = *known->card.refreshed_at + options_.interval;
    }
    requests.push_back(std::move(request));
  }
  return requests;
}

// Whoever has taken the platform over has dealt with what we had taken.
void StorePlatformJobs::give_back(const PlatformJob& request) {
  if (held_ && hold(context_().now) == Held::still) store_.give_back_platform_request(request.id);
}

// Those that came since the last look first. The others are looked at again now and then: what the
// platform did not know may be so long ago that it is asked anew.
std::vector<Iccid> StorePlatformJobs::unknown(Instant now, int most) {
  std::vector<Iccid> found;
  if (!options_.schedule) return found;
  look_for_unknown(newest_, spans_of_new, found, most, now);
  const bool sweep_is_due = now < swept_ || now >= swept_ + sweep_interval;
  if (!sweep_ && sweep_is_due) {
    swept_ = now;
    store_.forget_misses(now - options_.unknown_for, most_forgotten);
    sweep_ = 0;
  }
  if (sweep_ && look_for_unknown(*sweep_, 1, found, most, now)) sweep_.reset();
  return found;
}

// True: the newest has been looked at.
bool StorePlatformJobs::look_for_unknown(std::int64_t& place, int spans, std::vector<Iccid>& found,
                                         int most, Instant now) {
  for (int i = 0; i < spans && found.size() < static_cast<std::size_t>(most); ++i) {
    const int room = most - static_cast<int>(found.size());
    UnknownIccids look = store_.unknown_to_ask(
        options_.platform, now - std::max(options_.unknown_for, options_.interval), place, span,
        room);
    place = look.next_cursor;
    for (Iccid& iccid : look.iccids) {
      if (std::find(found.begin(), found.end(), iccid) == found.end()) {
        found.push_back(std::move(iccid));
      }
    }
    if (look.at_end) return true;
  }
  return false;
}

std::vector<Iccid> StorePlatformJobs::stale(Instant now, int most) {
  if (!options_.schedule) return {};
  return store_.cards_to_ask(options_.platform, now - std::max(options_.max_age, options_.interval),
                             most);
}

std::vector<std::string> StorePlatformJobs::take(const std::vector<CardAnswer>& answers) {
  std::vector<std::string> remarks;
  for (const CardAnswer& answer : answers) {
    const bool failed = answer.kind == CardAnswer::Kind::failed;
    // One that nobody knows, and that the platform fails at, is not asked for again and again; but
    // it has not said that it does not know it, and so is asked sooner than after a miss.
    if (failed && !store_.find_card(answer.asked)) {
      const auto believed = std::max(options_.unknown_for, options_.interval);
      const auto pause = std::min<std::chrono::milliseconds>(believed / 2, failed_pause);
      store_.record_miss(options_.platform, answer.asked, context_().now - believed + pause);
      continue;
    }
    Taken taken = take_answer(store_, context_(), options_.platform, answer, options_.max_age);
    if (!taken.ignored.empty()) remarks.push_back(std::move(taken.ignored));
  }
  changed_();
  return remarks;
}

void StorePlatformJobs::finish(const PlatformJob& request, const std::string& failure) {
  const auto known = store_.find_card(request.card);
  const std::string status = known ? std::string{card_status_names[known->card.status]} : "";
  store_.finish_platform_request(request.id, context_().now, failure, status);
  if (options_.finished) options_.finished();
}

PlatformHealth StorePlatformJobs::health() {
  for (PlatformRow& row : store_.platforms()) {
    if (row.id == options_.platform) return std::move(row.health);
  }
  return {};
}

void StorePlatformJobs::save_health(const PlatformHealth& health) {
  store_.save_platform_health(options_.platform, health);
}

}  // namespace iotcard
