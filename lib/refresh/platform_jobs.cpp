// SPDX-License-Identifier: Apache-2.0
#include "refresh/platform_jobs.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "operations/card_operations.h"
#include "operations/card_spelling.h"
#include "operations/card_state.h"
#include "operations/platform_operations.h"

namespace iotcard {
namespace {

// Mismatches that one read goes through: a million of them must not hold up the others.
constexpr int span = 1000;
constexpr int spans_of_new = 20;
constexpr std::chrono::seconds sweep_interval{30};
constexpr std::chrono::years any_clock{1000};
// A lease outlives the request that is under way, during which it may not be renewed.
constexpr std::chrono::milliseconds min_lease{60'000};
constexpr std::chrono::milliseconds beyond_a_request{30'000};
constexpr int max_forgotten = 1000;  // misses, in a sweep

constexpr std::size_t quoted_bytes = 64;  // of a value, in a message

std::optional<StoredCard> find_answered_card(CardStore& store, const CardAnswer& answer) {
  if (auto card = store.find_card(answer.asked)) return card;
  if (answer.iccid) {
    if (auto card = store.find_card(*answer.iccid)) return card;
  }
  return find_matching_card(store, answer.asked);
}

// Why the card of an answer is not added: the store may have it in its other spelling, which only
// an operator can tell from another card. "": it may be added.
std::string why_not_added(CardStore& store, const CardAnswer& answer) {
  const Iccid iccid = answer.iccid.value_or(answer.asked);
  const auto others = stored_spellings(store, iccid);
  return others.empty() ? "" : stored_otherwise(iccid, others) + "; it is not added";
}

// Why fields were left out; "" if none was.
std::string merge_answer(Card& card, const std::vector<FieldChange>& changes) {
  std::string ignored;
  const auto ignore = [&](const std::string& reason) {
    ignored.append(ignored.empty() ? "" : "; ").append(reason);
  };
  for (const auto& [name, value] : changes) {
    const CardField* field = find_card_field(name);
    if (field == nullptr || !may_platform_set(*field)) {
      ignore(fmt::format("{}: not a field that a platform can set",
                         replace_invalid_utf8(name, quoted_bytes)));
    } else if (const auto problem = field->set(card, value)) {
      ignore(fmt::format("{}: {}, not \"{}\"", name, problem->text,
                         replace_invalid_utf8(value, quoted_bytes)));
    }
  }
  return ignored;
}

AppliedAnswer apply_found(Store& store, const Context& context, std::int64_t platform,
                          const CardAnswer& answer, const std::optional<StoredCard>& stored) {
  const Iccid iccid = stored ? stored->card.iccid : answer.iccid.value_or(answer.asked);
  StoredCard card = stored.value_or(StoredCard{Card{iccid}, Match::exact, {}, {}});
  const bool has_status = contains(answer.fields, "status", &FieldChange::name);
  if (card.card.status == CardStatus::not_found && !has_status) {
    card.card.status = CardStatus::unknown;  // the platform has found it now
  }
  card.card.platform = platform;
  AppliedAnswer applied{
      .stored = true, .added = !stored, .ignored = merge_answer(card.card, answer.fields)};
  save_refreshed_card(store, context, std::move(card), stored);
  store.set_asked_at(iccid, context.now);
  return applied;
}

// A card that was not found before is judged again; one that turns not_found passes the guard.
void apply_not_found(Store& store, const Context& context, const StoredCard& card,
                     NotFoundGuard& guard, std::chrono::milliseconds max_age, bool requested,
                     AppliedAnswer& applied) {
  if (card.card.status == CardStatus::not_found) return mark_not_found(store, context, card);
  NotFoundGuard::Verdict verdict = guard.not_found(card.card.iccid, context.now, requested);
  applied.notice = std::move(verdict.notice);
  if (!verdict.held) return mark_not_found(store, context, card);
  applied.held = true;
  applied.ignored = fmt::format("card {} is not found: held back", card.card.iccid.text());
  store.set_asked_at(card.card.iccid, context.now - max_age + verdict.ask_after);
}

}  // namespace

PlatformJobs::PlatformJobs(Store& store, JobOptions options, std::function<Context()> context,
                           std::function<void()> changed)
    : store_(store),
      options_(std::move(options)),
      context_(std::move(context)),
      changed_(std::move(changed)) {}

Lease PlatformJobs::acquire(Instant now) {
  const bool had_it = held_ && lease_holder(store_, options_.platform, now) == options_.holder;
  held_ = acquire_lease(store_, options_.platform, options_.holder, now,
                        std::max(min_lease, options_.timeout + beyond_a_request));
  if (!held_) return Lease::none;
  if (had_it) return Lease::renewed;
  // No other process holds the platform, so a process that took requests and did not finish them is
  // gone. A clock that ran ahead may have taken them later than now.
  store_.recover_platform_requests(options_.platform, now + any_clock, now);
  return Lease::acquired;
}

void PlatformJobs::release() noexcept {
  try {
    if (held_) release_lease(store_, options_.platform, options_.holder);
  } catch (const std::exception&) {
    // The lease expires.
  }
  held_ = false;
}

std::vector<OperatorRequest> PlatformJobs::requests(Instant now, int max) {
  std::vector<OperatorRequest> requests;
  for (PlatformRequest& taken : store_.take_platform_requests(options_.platform, now, max)) {
    OperatorRequest request{.id = taken.id, .card = std::move(taken.iccid)};
    if (taken.kind == PlatformRequestKind::suspend) request.action = CardAction::suspend;
    if (taken.kind == PlatformRequestKind::resume) request.action = CardAction::resume;
    const auto known = store_.find_card(request.card);
    // A time in the future was written by a clock that ran ahead, and is ignored.
    if (known && known->card.refreshed_at && *known->card.refreshed_at <= now) {
      request.not_before = *known->card.refreshed_at + options_.interval;
    }
    requests.push_back(std::move(request));
  }
  return requests;
}

// If another process has taken the platform over, it has recovered the request already.
void PlatformJobs::give_back(std::span<const OperatorRequest> requests) {
  if (requests.empty() || !held_ || acquire(context_().now) != Lease::renewed) return;
  Transaction transaction{store_};
  for (const OperatorRequest& request : requests) store_.give_back_platform_request(request.id);
  transaction.commit();
}

// The mismatches since the last read first. The others are read again now and then: the miss of a
// card expires, and the platform is asked about it again.
std::vector<Iccid> PlatformJobs::unknown(Instant now, int max) {
  std::vector<Iccid> found;
  if (!options_.scheduled) return found;
  read_unknown(newest_, spans_of_new, found, max, now);
  const bool sweep_is_due = now < swept_at_ || now >= swept_at_ + sweep_interval;
  if (!sweep_ && sweep_is_due) {
    swept_at_ = now;
    store_.forget_misses(now - options_.miss_ttl, max_forgotten);
    sweep_ = 0;
  }
  if (sweep_ && read_unknown(*sweep_, 1, found, max, now)) sweep_.reset();
  return found;
}

// True: the newest mismatch has been read.
bool PlatformJobs::read_unknown(std::int64_t& cursor, int spans, std::vector<Iccid>& found, int max,
                                Instant now) {
  const Instant missed_before = now - std::max(options_.miss_ttl, options_.interval);
  for (int i = 0; i < spans && found.size() < static_cast<std::size_t>(max); ++i) {
    const int room = max - static_cast<int>(found.size());
    UnknownIccids more =
        store_.unknown_to_ask(options_.platform, missed_before, cursor, span, room);
    cursor = more.next_cursor;
    for (Iccid& iccid : more.iccids) {
      if (!contains(found, iccid)) found.push_back(std::move(iccid));
    }
    if (more.at_end) return true;
  }
  return false;
}

std::vector<Iccid> PlatformJobs::stale(Instant now, int max) {
  if (!options_.scheduled) return {};
  return store_.cards_to_ask(options_.platform, now - std::max(options_.max_age, options_.interval),
                             max);
}

AppliedAnswer PlatformJobs::apply(const CardAnswer& answer, bool requested) {
  // A card that is in no store and at which the platform fails is not asked about again and again.
  // But the platform has not said that it does not know the card, so it is asked sooner than after
  // a miss.
  if (answer.kind == CardAnswer::Kind::failed && !store_.find_card(answer.asked)) {
    const auto believed = std::max(options_.miss_ttl, options_.interval);
    const auto pause = std::min<std::chrono::milliseconds>(believed / 2, failed_pause);
    store_.record_miss(options_.platform, answer.asked, context_().now - believed + pause);
    return {};
  }
  AppliedAnswer applied = apply_answer(store_, context_(), options_.platform, answer,
                                       options_.max_age, options_.not_found, requested);
  changed_();
  return applied;
}

void PlatformJobs::finish(std::span<const OperatorRequest> requests, const std::string& failure) {
  Transaction transaction{store_};
  for (const OperatorRequest& request : requests) {
    const auto known = store_.find_card(request.card);
    const std::string status = known ? std::string{card_status_names[known->card.status]} : "";
    store_.finish_platform_request(request.id, context_().now, failure, status);
  }
  transaction.commit();
  if (options_.finished) options_.finished();
}

PlatformHealth PlatformJobs::health() {
  for (PlatformRow& row : store_.platforms()) {
    if (row.id == options_.platform) return std::move(row.health);
  }
  return {};
}

void PlatformJobs::save_health(const PlatformHealth& health) {
  store_.save_platform_health(options_.platform, health);
}

AppliedAnswer apply_answer(Store& store, const Context& context, std::int64_t platform,
                           const CardAnswer& answer, std::chrono::milliseconds max_age,
                           const NotFoundLimit& limit, bool requested) {
  Transaction transaction{store};
  const std::optional<StoredCard> stored = find_answered_card(store, answer);
  const bool found = answer.kind == CardAnswer::Kind::found;
  if (stored && stored->card.platform != platform && (!found || stored->card.platform)) {
    return {.ignored = fmt::format(
                "card {} is not of platform {}{}", stored->card.iccid.text(), platform,
                stored->card.platform ? fmt::format(", but of {}", *stored->card.platform) : "")};
  }
  AppliedAnswer applied{.stored = stored.has_value(), .ignored = answer.failure};
  NotFoundGuard guard{store, {.platform = platform, .limit = limit, .max_age = max_age}};
  switch (answer.kind) {
    case CardAnswer::Kind::found:
      if (!stored) applied.ignored = why_not_added(store, answer);
      if (!applied.ignored.empty()) {
        store.record_miss(platform, answer.asked, context.now);
        break;
      }
      applied = apply_found(store, context, platform, answer, stored);
      applied.notice = guard.found(stored ? stored->card.iccid : answer.asked, context.now).notice;
      break;
    case CardAnswer::Kind::not_found:
      if (stored) {
        apply_not_found(store, context, *stored, guard, max_age, requested, applied);
      } else {
        store.record_miss(platform, answer.asked, context.now);
      }
      break;
    case CardAnswer::Kind::failed: {
      const auto pause = std::min<std::chrono::milliseconds>(max_age / 2, failed_pause);
      if (stored) store.set_asked_at(stored->card.iccid, context.now - max_age + pause);
      break;
    }
  }
  transaction.commit();
  return applied;
}

}  // namespace iotcard
