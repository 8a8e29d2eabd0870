// SPDX-License-Identifier: Apache-2.0
#include "refresh/job_scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <span>

namespace iotcard {
namespace {

constexpr std::chrono::seconds lease_interval{10};
constexpr std::chrono::seconds health_interval{10};  // between writes while the platform is well
constexpr std::chrono::seconds operators_wait{5};    // for a platform that failed
constexpr std::size_t max_refused = 100;             // requests, in a transaction
constexpr int max_unusable_answers = 5;  // in a row: from then on the platform is at fault

}  // namespace

std::uint32_t random_number() {
  static thread_local std::mt19937 generator{std::random_device{}()};
  return static_cast<std::uint32_t>(generator());
}

namespace {

// Whether the cards that were asked about may be the cause, so that others come before them.
bool may_be_the_cards(ServiceFault fault) {
  return fault == ServiceFault::timeout || fault == ServiceFault::unavailable ||
         fault == ServiceFault::refused || fault == ServiceFault::unreadable;
}

bool is_interrupted(const JobResult& result) {
  return result.answers.failure && result.answers.failure->fault == ServiceFault::interrupted;
}

bool has_usable_answer(const JobResult& result) {
  return std::ranges::any_of(result.answers.cards, [](const CardAnswer& answer) {
    return answer.kind != CardAnswer::Kind::failed;
  });
}

}  // namespace

JobScheduler::JobScheduler(PlatformJobs& jobs, int batch, int concurrency, const Clock& clock,
                           PlatformLog log, std::string title)
    : jobs_(jobs),
      clock_(clock),
      log_(std::move(log)),
      title_(std::move(title)),
      queue_(jobs, std::max(1, batch), concurrency) {}

Lease JobScheduler::renew_lease(Instant now) {
  if (renewed_at_ && now >= *renewed_at_ && now < *renewed_at_ + lease_interval) {
    return Lease::renewed;
  }
  const Lease lease = jobs_.acquire(now);
  if (lease == Lease::none && !other_holds_) {
    log_(LogLevel::info, title_ + " is asked by another program on this store; waiting");
  }
  other_holds_ = lease == Lease::none;
  renewed_at_ = lease == Lease::none ? std::nullopt : std::optional{now};
  if (lease != Lease::renewed) {
    // The process that had the lease since then has recovered our requests, and has saved the
    // health of the platform.
    queue_.clear();
    health_.reset();
  }
  return lease;
}

std::optional<PlatformJob> JobScheduler::next(Instant now) {
  if (!renewed_at_) return std::nullopt;
  if (!health_) {
    health_ = jobs_.health();
    // After a restart with a corrected secret the operator should see at once whether it is right.
    if (health_->fault == service_fault_names[ServiceFault::log_in]) health_->next_try.reset();
  }
  queue_.read(now);
  if (may_ask(*health_, now, queue_.under_way())) return queue_.next(now);
  const auto until = waits_until(*health_, now);
  if (until && *until - now > operators_wait) refuse_requests(*until);
  return std::nullopt;
}

// Operators hear at once that they would have to wait for long.
void JobScheduler::refuse_requests(Instant next_try) {
  const std::size_t count = std::min(queue_.requests().size(), max_refused);
  if (count == 0) return;
  jobs_.finish(std::span{queue_.requests()}.first(count),
               fmt::format("not asked, since the platform failed recently ({}); the next attempt "
                           "is at {}",
                           health_->failure, to_rfc3339(next_try)));
  queue_.drop_requests(count);
}

bool JobScheduler::store_next(JobResult& result) {
  if (!std::exchange(result.judged, true)) judge(result);
  const auto& cards = result.answers.cards;
  if (!result.noted) {
    note(result);
    result.noted = true;
  } else if (result.stored < cards.size()) {
    const AppliedAnswer applied = jobs_.apply(cards[result.stored], result.job.request.has_value());
    if (!applied.ignored.empty()) log_(LogLevel::debug, title_ + ": " + applied.ignored);
    if (!applied.notice.empty()) log_(LogLevel::warning, title_ + ' ' + applied.notice);
    if (applied.held && result.failure.empty()) {
      result.failure =
          "it does not find the card, which is held back since it does not find many "
          "others either: see platform list";
    }
    ++result.stored;
  } else {
    if (result.job.request && !is_interrupted(result)) {
      jobs_.finish({&*result.job.request, 1}, result.failure);
    }
    queue_.done(result.job);
    return true;
  }
  return false;
}

void JobScheduler::judge(JobResult& result) {
  PlatformClient::Answers& answers = result.answers;
  const bool usable = has_usable_answer(result);
  // About an ICCID that a device made up a platform may answer anything.
  const bool unusable = !usable && !answers.cards.empty() && !result.job.unknown;
  if (usable) unusable_answers_ = 0;
  if (unusable) ++unusable_answers_;
  // An unusable answer does not end a failure.
  const bool fails = health_ && health_->failures > 0;
  if (!answers.failure && unusable && (fails || unusable_answers_ >= max_unusable_answers)) {
    answers.failure = {ServiceFault::unreadable, answers.cards.back().failure};
  }
  result.failure = answers.failure ? answers.failure->text : result.refusal;
  if (result.failure.empty() && result.job.request && !answers.cards.empty()) {
    result.failure = answers.cards.front().failure;
  }
  if (result.acted && !result.failure.empty()) {
    result.failure =
        "the platform accepted it, but does not say whether it was done: " + result.failure;
  }
  if (answers.failure) retry_later(result);
  result.noted = is_interrupted(result) || !result.asked;
}

// Cards without an answer. Those that the store does not have are asked about again after the
// others. Known cards stay as they are; if they may be the cause of the failure, others come first.
void JobScheduler::retry_later(JobResult& result) {
  PlatformClient::Answers& answers = result.answers;
  std::vector<Iccid> left(
      result.job.cards.begin() + static_cast<std::ptrdiff_t>(answers.cards.size()),
      result.job.cards.end());
  if (result.job.unknown) return queue_.postpone(std::move(left));
  if (!may_be_the_cards(answers.failure->fault)) return;
  for (const Iccid& card : left) {
    answers.cards.push_back({.asked = card, .failure = answers.failure->text});
  }
}

void JobScheduler::note(const JobResult& result) {
  if (!renewed_at_) return;  // the process that has the lease saves the health
  const Instant now = clock_.now();
  if (!health_) health_ = jobs_.health();
  const bool was_well = health_->failures == 0;
  const std::optional<PlatformFailure>& failure = result.answers.failure;
  if (failure) {
    failed(*health_, *failure, now, random_number());
    report(*failure, was_well);
  } else if (!result.refusal.empty() || has_usable_answer(result) || !was_well) {
    answered(*health_, now);
    if (!was_well) log_(LogLevel::warning, title_ + " answers again");
  }
  const bool saved_lately = now >= health_saved_ && now < health_saved_ + health_interval;
  if (!failure && was_well && saved_lately) return;
  jobs_.save_health(*health_);
  health_saved_ = now;
}

// The first failure of its kind; the metrics count the others.
void JobScheduler::report(const PlatformFailure& failure, bool was_well) {
  const std::string kind{service_fault_names[failure.fault]};
  if (!was_well && reported_fault_ == kind) return;
  reported_fault_ = kind;
  const auto level = failure.fault == ServiceFault::log_in ? LogLevel::error : LogLevel::warning;
  log_(level, fmt::format("{}: {}; the next attempt is at {}; its cards keep their state", title_,
                          failure.text, to_rfc3339(health_->next_try.value_or(clock_.now()))));
}

void JobScheduler::release(std::vector<OperatorRequest> not_begun) noexcept {
  try {
    not_begun.insert(not_begun.end(), queue_.requests().begin(), queue_.requests().end());
    queue_.clear();
    jobs_.give_back(not_begun);
  } catch (const std::exception&) {
    // The next process that gets the lease recovers them, as after a crash.
  }
  jobs_.release();
}

}  // namespace iotcard
