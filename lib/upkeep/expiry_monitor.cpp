// SPDX-License-Identifier: Apache-2.0
#include "upkeep/expiry_monitor.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "store/apply_change.h"

namespace iotcard {
namespace {

constexpr const char* duty = "judging cards";
constexpr const char* no_sweep = "-";
constexpr const char* sweep_begins = "0";  // before every ICCID

}  // namespace

// "80 1209600000000 FROM TO FROM TO 898604293620C0000970", the times of `expired` before `soon`
std::string ExpiryMonitor::text_of(const Progress& progress) {
  std::string sweep = progress.sweep.value_or(no_sweep);
  if (sweep.empty()) sweep = sweep_begins;
  return std::to_string(progress.usage_percent) + ' ' +
         std::to_string(progress.expires_within.count()) + ' ' + to_rfc3339(progress.expired.from) +
         ' ' + to_rfc3339(progress.expired.to) + ' ' + to_rfc3339(progress.soon.from) + ' ' +
         to_rfc3339(progress.soon.to) + ' ' + sweep;
}

std::optional<ExpiryMonitor::Progress> ExpiryMonitor::progress_in(const std::string& text) {
  std::istringstream words{text};
  Progress progress;
  std::int64_t within = 0;
  std::array<std::string, 4> times;
  std::string sweep;
  words >> progress.usage_percent >> within;
  for (std::string& time : times) words >> time;
  words >> sweep;
  if (!words) return std::nullopt;
  const std::array<Instant*, 4> instants{&progress.expired.from, &progress.expired.to,
                                         &progress.soon.from, &progress.soon.to};
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto time = parse_time(times[i]);
    if (!time) return std::nullopt;
    *instants[i] = *time;
  }
  progress.expires_within = Duration{within};
  if (sweep != no_sweep) progress.sweep = sweep == sweep_begins ? "" : sweep;
  return progress;
}

// Where nobody has judged by these thresholds, all cards are to be.
void ExpiryMonitor::find_progress(const AlertThresholds& thresholds, Instant now) {
  progress_ = progress_in(store_.progress(duty));
  const bool known = progress_ && progress_->usage_percent == thresholds.usage_percent &&
                     progress_->expires_within == thresholds.expires_within;
  if (known) return;
  progress_ = Progress{
      .usage_percent = thresholds.usage_percent,
      .expires_within = thresholds.expires_within,
      .expired = {.from = now, .to = now},
      .soon = {.from = now + thresholds.expires_within, .to = now + thresholds.expires_within},
      .sweep = ""};
  save();
}

bool ExpiryMonitor::step(const AlertThresholds& thresholds, EventKinds mute, Instant now) {
  const bool new_thresholds = thresholds.usage_percent != thresholds_.usage_percent ||
                              thresholds.expires_within != thresholds_.expires_within;
  const bool set_back = now < now_;
  thresholds_ = thresholds;
  mute_ = mute;
  now_ = now;
  if (!progress_ || new_thresholds) find_progress(thresholds, now);
  Edge& expired = progress_->expired;
  Edge& soon = progress_->soon;
  const bool under_way = progress_->sweep || !expired.place.empty() || !soon.place.empty();
  const bool waits = now >= looked_at_ && now < looked_at_ + interval;
  if (waits && !under_way) return false;
  looked_at_ = now;
  const bool looks_again = now < saved_at_ || now >= saved_at_ + again;
  for (Edge* edge : {&expired, &soon}) {
    if (looks_again) edge->from -= while_ago;
    if (looks_again || set_back) edge->place.clear();
  }
  reach(expired, now);
  reach(soon, now + thresholds.expires_within);
  if (looks_again) save();
  bool more = look(progress_->expired, now);
  more = look(progress_->soon, now + thresholds.expires_within) || more;
  return (progress_->sweep && sweep()) || more;
}

// Before the first card is judged: from here on cards up to `until` may be either.
void ExpiryMonitor::reach(Edge& edge, Instant until) {
  edge.from = std::min(edge.from, until);
  edge.to = std::max(edge.to, until);
}

// Cards of which nobody knows. Where the clock was set back those are ahead of `until`.
bool ExpiryMonitor::look(Edge& edge, Instant until) {
  const CardFilter filter{
      .expires_after = edge.from, .expires_until = edge.to, .order = CardOrder::expires_at};
  const std::vector<StoredCard> cards = store_.list_cards(filter, edge.place, page);
  judge(cards);
  if (cards.size() == static_cast<std::size_t>(page)) {
    edge.place = page_cursor(cards.back().card, filter);
    return true;
  }
  edge = {.from = until, .to = until, .place = ""};
  return false;
}

bool ExpiryMonitor::sweep() {
  const std::vector<StoredCard> cards = store_.list_cards({}, *progress_->sweep, page);
  judge(cards);
  if (cards.size() == static_cast<std::size_t>(page)) {
    progress_->sweep = page_cursor(cards.back().card, {});
    return true;
  }
  progress_->sweep.reset();
  save();
  return false;
}

// The list was read outside of the transaction: each card that has crossed an edge is looked at
// again in it.
void ExpiryMonitor::judge(const std::vector<StoredCard>& cards) {
  std::vector<Iccid> crossed;
  for (const StoredCard& card : cards) {
    if (!judge_card(card, thresholds_, now_).writes.empty()) crossed.push_back(card.card.iccid);
  }
  if (crossed.empty()) return;
  Transaction transaction{store_};
  for (const Iccid& iccid : crossed) {
    const auto card = store_.find_card(iccid);
    if (!card) continue;
    const Change change = judge_card(*card, thresholds_, now_);
    apply_change(store_, client_id_, mute_, change.writes, change.events);
  }
  store_.set_progress(duty, text_of(*progress_));
  transaction.commit();
}

void ExpiryMonitor::save() {
  store_.set_progress(duty, text_of(*progress_));
  saved_at_ = now_;
}

}  // namespace iotcard
