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
constexpr std::string_view no_sweep = "-";
constexpr std::string_view sweep_begins = "0";  // before every ICCID

}  // namespace

// "80 1209600000000 2026-11-24T08:00:00.000Z 898604293620C0000970"
std::string ExpiryMonitor::text_of(const Progress& progress) {
  const std::string_view sweep = !progress.sweep           ? no_sweep
                                 : progress.sweep->empty() ? sweep_begins
                                                           : *progress.sweep;
  return fmt::format("{} {} {} {}", progress.thresholds.usage_percent,
                     progress.thresholds.expires_within.count(), to_rfc3339(progress.latest),
                     sweep);
}

std::optional<ExpiryMonitor::Progress> ExpiryMonitor::progress_in(const std::string& text) {
  std::istringstream words{text};
  Progress progress;
  std::int64_t within = 0;
  std::string latest;
  std::string sweep;
  words >> progress.thresholds.usage_percent >> within >> latest >> sweep;
  const auto time = parse_time(latest);
  if (!words || !time) return std::nullopt;
  progress.thresholds.expires_within = Duration{within};
  progress.latest = *time;
  if (sweep != no_sweep) progress.sweep = sweep == sweep_begins ? "" : sweep;
  return progress;
}

// If no card was judged by these thresholds yet, all cards are due.
void ExpiryMonitor::load_progress(const AlertThresholds& thresholds, Instant now) {
  progress_ = progress_in(store_.duty_state(duty));
  if (progress_ && progress_->thresholds == thresholds) return;
  progress_ = Progress{.thresholds = thresholds, .latest = now, .sweep = ""};
  correction_.reset();
  save();
}

bool ExpiryMonitor::step(const AlertThresholds& thresholds, EventKinds mute, Instant now) {
  const bool new_thresholds = thresholds != thresholds_;
  thresholds_ = thresholds;
  mute_ = mute;
  now_ = now;
  if (!progress_ || new_thresholds) load_progress(thresholds, now);
  const bool too_early = now >= judged_at_ && now < judged_at_ + interval;
  if (too_early && !more_ && !progress_->sweep) return false;
  judged_at_ = now;
  notice_clock();
  const std::vector<StoredCard> due = store_.cards_to_judge(now, page);
  judge(due);
  more_ = due.size() == std::size_t{page};
  if (correction_) more_ = correct_clock() || more_;
  if (progress_->sweep) more_ = sweep() || more_;
  return more_;
}

void ExpiryMonitor::notice_clock() {
  if (now_ < progress_->latest) {
    if (!correction_ || now_ < correction_->from) correction_ = Correction{now_};
  } else if (!correction_) {
    progress_->latest = now_;
    if (now_ >= saved_at_ + save_interval || now_ < saved_at_) save();
  }
}

// One page of each list.
bool ExpiryMonitor::correct_clock() {
  const Instant until = progress_->latest + save_interval;
  bool more = false;
  for (const std::size_t list : {std::size_t{0}, std::size_t{1}}) {
    std::optional<std::string>& cursor = correction_->cursors[list];
    if (!cursor) continue;
    const Duration ahead = list == 0 ? Duration{0} : thresholds_.expires_within;
    auto cards = store_.list_cards({.expires_after = correction_->from + ahead,
                                    .expires_until = until + ahead,
                                    .order = CardOrder::expires_at},
                                   *cursor, page);
    judge(cards.rows);
    const bool has_next = !cards.next_cursor.empty();
    cursor = has_next ? std::optional{std::move(cards.next_cursor)} : std::nullopt;
    more = more || has_next;
  }
  if (more) return true;
  correction_.reset();
  progress_->latest = now_;
  save();
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
