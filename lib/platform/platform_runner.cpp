// SPDX-License-Identifier: Apache-2.0
#include "platform/platform_runner.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <random>

#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds lease_interval{10};
constexpr std::chrono::seconds health_interval{10};  // between notes that all is well
constexpr std::chrono::seconds desk_retry{1};
constexpr std::chrono::seconds patience_of_operators{5};  // with a platform that failed
constexpr std::size_t most_unknown_values = 100;          // that the log names
constexpr int baffling = 5;  // questions in a row that made no sense: it is not the cards

std::uint32_t random_number() {
  thread_local std::mt19937 generator{std::random_device{}()};
  return static_cast<std::uint32_t>(generator());
}

// Whether trying the same cards again first could fail again for their sake.
bool may_be_the_cards(PlatformFault fault) {
  switch (fault) {
    case PlatformFault::timeout:
    case PlatformFault::unavailable:
    case PlatformFault::refused:
    case PlatformFault::unreadable:
      return true;
    case PlatformFault::unreachable:
    case PlatformFault::rate_limited:
    case PlatformFault::log_in:
    case PlatformFault::interrupted:
      return false;
  }
  return false;  // not reached
}

}  // namespace

PlatformRunner::PlatformRunner(const Platform& platform, PlatformJobs& desk, const Clock& clock,
                               Log log)
    : platform_(platform),
      title_(fmt::format("platform {} ({})", platform.id, escape_controls(platform.name))),
      desk_(desk),
      clock_(clock),
      log_(std::move(log)),
      account_(platform.profile, platform.access),
      pace_(platform.limits.rate, platform.limits.concurrency),
      queue_(desk, std::max(1, platform.profile->max_batch()), platform.limits.concurrency) {}

PlatformRunner::~PlatformRunner() {
  stop();
}

void PlatformRunner::start() {
  for (int i = 0; i < platform_.limits.concurrency; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(),
                       fmt::format("platform-{}", platform_.id).substr(0, 15).c_str());
  }
}

void PlatformRunner::interrupt() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    for (const auto& http : https_) http->interrupt();
  }
  pace_.stop();
  changed_.notify_all();
}

void PlatformRunner::stop() {
  interrupt();
  for (std::thread& thread : threads_) thread.join();
  if (threads_.empty()) return;
  threads_.clear();
  give_back_requests();
  desk_.let_go();
}

void PlatformRunner::give_back_requests() noexcept {
  const std::lock_guard lock{mutex_};
  try {
    for (; queue_.first_request() != nullptr; queue_.drop_first_request()) {
      desk_.give_back(*queue_.first_request());
    }
  } catch (const std::exception&) {
    // Who holds the platform next finds them taken, and deals with them as after a kill.
  }
}

void PlatformRunner::notify() {
  {
    const std::lock_guard lock{mutex_};
    queue_.look_at_once();
  }
  changed_.notify_all();
}

PlatformCounts PlatformRunner::counts() const {
  const std::lock_guard lock{counts_mutex_};
  return counts_;
}

void PlatformRunner::run() {
  HttpClient* http = nullptr;
  {
    const std::lock_guard lock{mutex_};
    https_.push_back(make_http_client(platform_.http));
    http = https_.back().get();
    if (stopping_) http->interrupt();
  }
  PlatformClient client{
      account_,
      {.http = *http,
       .now = [this] { return clock_.now(); },
       .random = random_number,
       .admit = [this] { return admit(); },
       .trace = [this](const CallTrace& trace) { traced(trace); },
       .unknown_value = [this](const std::string& field,
                               const std::string& value) { unknown_value(field, value); }}};
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    std::optional<Task> task;
    try {
      task = next_task(clock_.now());
      desk_problem_.clear();
    } catch (const std::exception& error) {
      desk_failed(error.what());
    }
    if (!task) {
      changed_.wait_for(lock, AskQueue::look_interval);
      continue;
    }
    lock.unlock();
    Result result = apply_change(*task, client);
    lock.lock();
    settle(*task, std::move(result), lock);
    queue_.done(*task);
    changed_.notify_all();  // others may have waited for these cards, or for a first answer
  }
}

// With the lock, as all that follows up to apply_change().
std::optional<PlatformRunner::Task> PlatformRunner::next_task(Instant now) {
  if (holds(now) == PlatformJobs::Held::no) return std::nullopt;
  if (!health_) {
    health_ = desk_.health();
    // Whoever corrects a secret begins us anew, and should see at once whether it is right now.
    if (health_->fault == platform_fault_names[PlatformFault::log_in]) health_->next_try.reset();
  }
  queue_.look(now);
  if (!may_ask(*health_, now, queue_.under_way())) {
    const auto until = waits_until(*health_, now);
    if (until && *until - now > patience_of_operators) refuse_requests(*until);
    return std::nullopt;
  }
  return queue_.next(now);
}

PlatformJobs::Held PlatformRunner::holds(Instant now) {
  using Held = PlatformJobs::Held;
  if (held_at_ && now >= *held_at_ && now < *held_at_ + lease_interval) return Held::still;
  const Held held = desk_.hold(now);
  if (held == Held::no && !other_holds_) {
    log_(LogLevel::info, title_ + " is asked by another program on this store; waiting");
  }
  other_holds_ = held == Held::no;
  if (held == Held::no) {
    held_at_.reset();
  } else {
    held_at_ = now;
  }
  if (held != Held::still) {
    // Whoever held it since has dealt with what had been taken here, and knows how it fares.
    queue_.forget();
    health_.reset();
  }
  return held;
}

// An operator is told at once what a long wait is for.
void PlatformRunner::refuse_requests(Instant next_try) {
  while (const PlatformJob* request = queue_.first_request()) {
    desk_.finish(*request, fmt::format("not asked, since it failed lately ({}); it is tried again "
                                       "from {} on",
                                       health_->failure, to_rfc3339(next_try)));
    queue_.drop_first_request();
  }
}

// Without the lock: this takes as long as the platform does.
PlatformRunner::Result PlatformRunner::apply_change(const Task& task, PlatformClient& client) {
  Result result;
  try {
    const auto action = task.request ? task.request->action : std::nullopt;
    if (action && !client.can(*action)) {
      result.refusal = fmt::format("its profile cannot {} cards", card_action_names[*action]);
      return result;
    }
    result.asked = true;
    if (action) {
      result.answers.failure = client.act(task.request->card, *action);
      if (result.answers.failure && result.answers.failure->fault == PlatformFault::refused) {
        result.refusal = std::exchange(result.answers.failure, std::nullopt)->text;
      }
      if (result.answers.failure || !result.refusal.empty()) return result;
      result.acted = true;
    }
    result.answers = client.ask(task.cards);
  } catch (const std::exception& error) {
    result.answers.failure = {PlatformFault::unreadable, error.what()};
  }
  return result;
}

void PlatformRunner::settle(const Task& task, Result result, std::unique_lock<std::mutex>& lock) {
  PlatformClient::Answers& answers = result.answers;
  const bool interrupted = answers.failure && answers.failure->fault == PlatformFault::interrupted;
  std::size_t told = 0;  // by the platform
  for (const CardAnswer& answer : answers.cards) {
    if (answer.kind != CardAnswer::Kind::failed) ++told;
  }
  // Of an ICCID that a device made up a platform may say anything.
  const bool no_sense = told == 0 && !answers.cards.empty() && !task.unknown;
  if (told > 0) unusable_answers_ = 0;
  if (no_sense) ++unusable_answers_;
  // One that failed is not well again for an answer that makes no sense.
  const bool fails = health_ && health_->failures > 0;
  if (!answers.failure && no_sense && (fails || unusable_answers_ >= baffling)) {
    answers.failure = {PlatformFault::unreadable, answers.cards.back().failure};
  }
  count(answers.cards);

  std::string failure = answers.failure ? answers.failure->text : result.refusal;
  if (failure.empty() && task.request && !answers.cards.empty()) {
    failure = answers.cards.front().failure;
  }
  if (result.acted && !failure.empty()) {
    failure = "the platform took it, but does not say what came of it: " + failure;
  }
  if (answers.failure) leave_for_later(task, answers);
  // What was heard is kept until the desk has it, or the program ends.
  bool taken = answers.cards.empty();
  bool finished = !task.request || interrupted;
  bool noted = interrupted || !result.asked;
  for (;;) {
    try {
      if (!std::exchange(noted, true)) note(answers.failure, told > 0 || !result.refusal.empty());
      if (!taken) {
        for (const std::string& remark : desk_.take(answers.cards)) {
          log_(LogLevel::debug, title_ + ": " + remark);
        }
      }
      taken = true;
      if (!finished) desk_.finish(*task.request, failure);
      return desk_problem_.clear();
    } catch (const std::exception& error) {
      desk_failed(error.what());
    }
    if (changed_.wait_for(lock, desk_retry, [this] { return stopping_; })) return;
  }
}

// Cards without an answer: those that the store does not know are asked about again when the others
// have had their turn; those that it knows stay what they were, and if they may be what the
// platform fails at, others come before them.
void PlatformRunner::leave_for_later(const Task& task, PlatformClient::Answers& answers) {
  const bool by_them = may_be_the_cards(answers.failure->fault);
  std::vector<Iccid> left(task.cards.begin() + static_cast<std::ptrdiff_t>(answers.cards.size()),
                          task.cards.end());
  if (task.unknown) return queue_.ask_later(std::move(left));
  for (const Iccid& card : left) {
    if (by_them) answers.cards.push_back({.asked = card, .failure = answers.failure->text});
  }
}

void PlatformRunner::note(const std::optional<PlatformFailure>& failure, bool answered_something) {
  const Instant now = clock_.now();
  if (!held_at_) return;  // how it fares is for whoever holds it to say
  if (!health_) health_ = desk_.health();
  const bool was_well = health_->failures == 0;
  if (failure) {
    failed(*health_, *failure, now, random_number());
    tell(*failure, was_well);
  } else if (answered_something || !was_well) {
    answered(*health_, now);
    if (!was_well) log_(LogLevel::warning, title_ + " answers again");
  }
  const bool saved_lately = now >= health_saved_ && now < health_saved_ + health_interval;
  if (!failure && was_well && saved_lately) return;
  desk_.save_health(*health_);
  health_saved_ = now;
}

// The first of its kind; the others are counted.
void PlatformRunner::tell(const PlatformFailure& failure, bool was_well) {
  const std::string kind{platform_fault_names[failure.fault]};
  if (!was_well && told_fault_ == kind) return;
  told_fault_ = kind;
  const auto level = failure.fault == PlatformFault::log_in ? LogLevel::error : LogLevel::warning;
  log_(level,
       fmt::format("{}: {}; trying again from {} on, what is known of its cards stays", title_,
                   failure.text, to_rfc3339(health_->next_try.value_or(clock_.now()))));
}

void PlatformRunner::desk_failed(const std::string& problem) {
  if (std::exchange(desk_problem_, problem) == problem) return;
  log_(LogLevel::warning, fmt::format("{} waits for the store: {}", title_, problem));
}

bool PlatformRunner::admit() {
  if (!pace_.admit()) return false;
  pace_.done();  // how many there are at once is how many threads there are
  const std::lock_guard lock{mutex_};
  try {
    if (holds(clock_.now()) != PlatformJobs::Held::still)
      return false;  // what takes long keeps its lease, or ends without it
  } catch (const std::exception& error) {
    desk_failed(error.what());
  }
  return !stopping_;
}

void PlatformRunner::traced(const CallTrace& trace) {
  const std::lock_guard lock{counts_mutex_};
  ++counts_.calls;
  counts_.seconds.observe(std::chrono::duration<double>(trace.took).count());
  if (trace.failure) ++counts_.faults[static_cast<std::size_t>(trace.failure->fault)];
}

void PlatformRunner::count(const std::vector<CardAnswer>& answers) {
  const std::lock_guard lock{counts_mutex_};
  for (const CardAnswer& answer : answers) {
    switch (answer.kind) {
      case CardAnswer::Kind::found:
        ++counts_.found;
        break;
      case CardAnswer::Kind::not_found:
        ++counts_.not_found;
        break;
      case CardAnswer::Kind::failed:
        ++counts_.failed;
        break;
    }
  }
}

void PlatformRunner::unknown_value(const std::string& field, const std::string& value) {
  const std::lock_guard lock{counts_mutex_};
  ++counts_.unknown_values;
  if (unknown_values_.size() >= most_unknown_values) return;
  if (!unknown_values_.emplace(field, value).second) return;
  log_(LogLevel::warning,
       fmt::format("{} says {} \"{}\", which its profile does not know: it counts as unknown; add "
                   "it to the profile's maps",
                   title_, field, escape_controls(value)));
}

}  // namespace iotcard
