// SPDX-License-Identifier: Apache-2.0
#include "upkeep/expiry_monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "store/stored_decision.h"

namespace iotcard {
namespace {

constexpr Duty duty{Duty::Kind::expiry};
constexpr const char* no_sweep = "-";
constexpr const char* sweep_begins = "0";  // before every ICCID

}  // namespace

// "80 1209600000000 FROM TO FROM TO 898604293620C0000970", the times of `expired` before `soon`
std::string ExpiryMonitor::text_of(const Progress& progress) {
  std::string sweep = progress.sweep.value_or(no_sweep);
  if (sweep.empty()) sweep = sweep_begins;
  const Window& expired = progress.expired;
  const Window& soon = progress.soon;
  return fmt::format("{} {} {} {} {} {} {}", progress.thresholds.usage_percent,
                     progress.thresholds.expires_within.count(), to_rfc3339(expired.from),
                     to_rfc3339(expired.to), to_rfc3339(soon.from), to_rfc3339(soon.to), sweep);
}

std::optional<ExpiryMonitor::Progress> ExpiryMonitor::progress_in(const std::string& text) {
  std::istringstream words{text};
  Progress progress;
  std::int64_t within = 0;
  std::string sweep;
  words >> progress.thresholds.usage_percent >> within;
  for (Instant* const instant :
       {&progress.expired.from, &progress.expired.to, &progress.soon.from, &progress.soon.to}) {
    std::string time;
    words >> time;
    const auto read = parse_time(time);
    if (!read) return std::nullopt;
    *instant = *read;
  }
  words >> sweep;
  if (!words) return std::nullopt;
  progress.thresholds.expires_within = Duration{within};
  if (sweep != no_sweep) progress.sweep = sweep == sweep_begins ? "" : sweep;
  return progress;
}

// If no card was judged by these thresholds yet, all cards are due.
void ExpiryMonitor::load_progress(const AlertThresholds& thresholds, Instant now) {
  progress_ = progress_in(store_.duty_state(duty));
  if (progress_ && progress_->thresholds == thresholds) return;
  progress_ = Progress{
      .thresholds = thresholds,
      .expired = {.from = now, .to = now},
      .soon = {.from = now + thresholds.expires_within, .to = now + thresholds.expires_within},
      .sweep = ""};
  save();
}

bool ExpiryMonitor::step(const AlertThresholds& thresholds, EventKinds mute, Instant now) {
  const bool new_thresholds = thresholds != thresholds_;
  const bool set_back = now < now_;
  thresholds_ = thresholds;
  mute_ = mute;
  now_ = now;
  if (!progress_ || new_thresholds) load_progress(thresholds, now);
  Window& expired = progress_->expired;
  Window& soon = progress_->soon;
  const bool unfinished = progress_->sweep || !expired.cursor.empty() || !soon.cursor.empty();
  const bool too_early = now >= judged_at_ && now < judged_at_ + interval;
  if (too_early && !unfinished) return false;
  judged_at_ = now;
  const bool recheck = now < saved_at_ || now >= saved_at_ + recheck_interval;
  for (Window* window : {&expired, &soon}) {
    if (recheck) window->from -= recheck_span;
    if (recheck || set_back) window->cursor.clear();
  }
  extend(expired, now);
  extend(soon, now + thresholds.expires_within);
  if (recheck) save();
  bool more = judge_window(expired, now);
  more = judge_window(soon, now + thresholds.expires_within) || more;
  return (progress_->sweep && sweep()) || more;
}

// Before the first card is judged: from here on cards up to `until` may be either.
void ExpiryMonitor::extend(Window& window, Instant until) {
  window.from = std::min(window.from, until);
  window.to = std::max(window.to, until);
}

// If the clock was set back, the window reaches beyond `until`.
bool ExpiryMonitor::judge_window(Window& window, Instant until) {
  const CardFilter filter{
      .expires_after = window.from, .expires_until = window.to, .order = CardOrder::expires_at};
  StorePage<StoredCard> cards = store_.list_cards(filter, window.cursor, page);
  judge(cards.rows);
  if (!cards.next_cursor.empty()) {
    window.cursor = std::move(cards.next_cursor);
    return true;
  }
  window = {.from = until, .to = until, .cursor = ""};
  return false;
}

bool ExpiryMonitor::sweep() {
  StorePage<StoredCard> cards = store_.list_cards({}, *progress_->sweep, page);
  judge(cards.rows);
  if (!cards.next_cursor.empty()) {
    progress_->sweep = std::move(cards.next_cursor);
    return true;
  }
  progress_->sweep.reset();
  save();
  return false;
}

// The list was read outside the transaction: cards whose reasons changed are read again in it.
void ExpiryMonitor::judge(const std::vector<StoredCard>& cards) {
  std::vector<Iccid> changed;
  for (const StoredCard& card : cards) {
    if (!judge_card(card, thresholds_, now_).writes.empty()) changed.push_back(card.card.iccid);
  }
  if (changed.empty()) return;
  Transaction transaction{store_};
  for (const Iccid& iccid : changed) {
    const auto card = store_.find_card(iccid);
    if (!card) continue;
    const Change change = judge_card(*card, thresholds_, now_);
    apply_change(store_, client_id_, mute_, change.writes, change.events);
  }
  store_.set_duty_state(duty, text_of(*progress_));
  transaction.commit();
}

void ExpiryMonitor::save() {
  store_.set_duty_state(duty, text_of(*progress_));
  saved_at_ = now_;
}

}  // namespace iotcard
