// SPDX-License-Identifier: Apache-2.0
#include "platform/platform_runner.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

#include "domain/plain_text.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds look_interval{1};
constexpr std::chrono::seconds lease_interval{10};
constexpr std::chrono::seconds health_interval{10};  // between notes that all is well
constexpr std::chrono::seconds desk_retry{1};
constexpr std::size_t most_requests = 100;        // given out by the desk and not begun
constexpr std::size_t most_unknown_values = 100;  // that the log names
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

PlatformRunner::PlatformRunner(const Platform& platform, CardDesk& desk, const Clock& clock)
    : platform_(platform),
      title_(fmt::format("platform {} ({})", platform.id, neutralise(platform.name))),
      desk_(desk),
      clock_(clock),
      account_(platform.profile, platform.access),
      pace_(platform.limits.rate),
      batch_(std::max(1, platform.profile->max_batch())) {}

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

void PlatformRunner::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    for (const auto& http : https_) http->interrupt();
  }
  pace_.stop();
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  if (!threads_.empty()) desk_.let_go();
  threads_.clear();
}

void PlatformRunner::notify() {
  {
    const std::lock_guard lock{mutex_};
    looked_at_ = {};
  }
  changed_.notify_all();
}

PlatformCounts PlatformRunner::counts() const {
  const std::lock_guard lock{counts_mutex_};
  return counts_;
}

bool PlatformRunner::idle() const {
  const std::lock_guard lock{mutex_};
  return nothing_to_ask_ && in_flight_.empty();
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
      changed_.wait_for(lock, look_interval);
      continue;
    }
    in_flight_.insert(task->cards.begin(), task->cards.end());
    lock.unlock();
    Result result = carry_out(*task, client);
    lock.lock();
    settle(*task, std::move(result), lock);
    for (const Iccid& card : task->cards) in_flight_.erase(card);
    changed_.notify_all();  // others may have waited for these cards, or for a first answer
  }
}

// With the lock, as all that follows up to carry_out().
std::optional<PlatformRunner::Task> PlatformRunner::next_task(Instant now) {
  if (!holds(now)) return std::nullopt;
  if (!health_) health_ = desk_.health();
  look(now);
  if (!may_ask(*health_, now)) return std::nullopt;
  // While it fails one question at a time tries whether it is well again.
  if (health_->failures > 0 && !in_flight_.empty()) return std::nullopt;
  if (auto request = pick_request(now)) return request;
  const bool unknown_first = std::exchange(unknown_has_turn_, !unknown_has_turn_);
  auto task = pick_cards(unknown_first ? unknown_ : stale_);
  return task ? task : pick_cards(unknown_first ? stale_ : unknown_);
}

bool PlatformRunner::holds(Instant now) {
  if (held_at_ && now >= *held_at_ && now < *held_at_ + lease_interval) return true;
  const bool held = desk_.hold(now);
  if (!held && !other_holds_) {
    spdlog::info("{} is asked by another program on this store; waiting", title_);
  }
  other_holds_ = !held;
  if (held) {
    held_at_ = now;
  } else {
    held_at_.reset();
  }
  return held;
}

// What is new at the desk, and what is next in its lists once ours are at their end.
void PlatformRunner::look(Instant now) {
  const bool due = !looked_at_ || now < *looked_at_ || now >= *looked_at_ + look_interval;
  const int most = batch_ * platform_.limits.concurrency;
  if (due && requests_.size() < most_requests) {
    const int room = static_cast<int>(most_requests - requests_.size());
    for (DeskRequest& request : desk_.requests(now, room)) requests_.push_back(std::move(request));
  }
  const auto fill = [&](std::deque<Iccid>& waiting, bool& at_end, const auto& next) {
    if (!waiting.empty() || (at_end && !due)) return;
    // As many more as are under way: those may still be in the list.
    for (Iccid& card : next(now, most + static_cast<int>(in_flight_.size()))) {
      if (!in_flight_.contains(card)) waiting.push_back(std::move(card));
    }
    at_end = waiting.empty();
  };
  fill(unknown_, unknown_at_end_,
       [this](Instant at, int count) { return desk_.unknown(at, count); });
  fill(stale_, stale_at_end_, [this](Instant at, int count) { return desk_.stale(at, count); });
  if (due) looked_at_ = now;
  nothing_to_ask_ = requests_.empty() && unknown_.empty() && stale_.empty();
}

std::optional<PlatformRunner::Task> PlatformRunner::pick_request(Instant now) {
  const auto next =
      std::find_if(requests_.begin(), requests_.end(), [&](const DeskRequest& request) {
        const bool waits = !request.action && request.not_before && *request.not_before > now;
        return !waits && !in_flight_.contains(request.card);
      });
  if (next == requests_.end()) return std::nullopt;
  Task task{{next->card}, std::move(*next)};
  requests_.erase(next);
  return task;
}

std::optional<PlatformRunner::Task> PlatformRunner::pick_cards(std::deque<Iccid>& waiting) {
  Task task;
  while (!waiting.empty() && task.cards.size() < static_cast<std::size_t>(batch_)) {
    Iccid card = std::move(waiting.front());
    waiting.pop_front();
    const bool twice = std::find(task.cards.begin(), task.cards.end(), card) != task.cards.end();
    if (!twice && !in_flight_.contains(card)) task.cards.push_back(std::move(card));
  }
  return task.cards.empty() ? std::nullopt : std::optional{std::move(task)};
}

// Without the lock: this takes as long as the platform does.
PlatformRunner::Result PlatformRunner::carry_out(const Task& task, PlatformClient& client) {
  Result result;
  try {
    if (task.request && task.request->action) {
      result.answers.failure = client.act(task.request->card, *task.request->action);
      if (result.answers.failure) return result;
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
  baffled_ = told > 0 || answers.cards.empty() ? 0 : baffled_ + 1;
  if (!answers.failure && baffled_ >= baffling) {
    answers.failure = {PlatformFault::unreadable, answers.cards.back().failure};
  }
  count(answers.cards);

  std::string failure = answers.failure ? answers.failure->text : "";
  if (failure.empty() && task.request && !answers.cards.empty()) {
    failure = answers.cards.front().failure;
  }
  if (result.acted && !failure.empty()) {
    failure = "the platform took it, but does not say what came of it: " + failure;
  }
  if (answers.failure && may_be_the_cards(answers.failure->fault)) {
    for (std::size_t i = answers.cards.size(); i < task.cards.size(); ++i) {
      answers.cards.push_back({.asked = task.cards[i], .failure = answers.failure->text});
    }
  }
  // What was heard is kept until the desk has it, or the program ends.
  bool taken = answers.cards.empty();
  bool finished = !task.request || interrupted;
  bool noted = interrupted;
  for (;;) {
    try {
      if (!std::exchange(noted, true)) note(answers.failure, told > 0);
      if (!taken) desk_.take(answers.cards);
      taken = true;
      if (!finished) desk_.finish(*task.request, failure);
      return desk_problem_.clear();
    } catch (const std::exception& error) {
      desk_failed(error.what());
    }
    if (changed_.wait_for(lock, desk_retry, [this] { return stopping_; })) return;
  }
}

void PlatformRunner::note(const std::optional<PlatformFailure>& failure, bool answered_something) {
  const Instant now = clock_.now();
  if (!health_) health_ = PlatformHealth{};
  const bool was_well = health_->failures == 0;
  if (failure) {
    failed(*health_, *failure, now, random_number());
    tell(*failure, was_well);
  } else if (answered_something || !was_well) {
    answered(*health_, now);
    if (!was_well) spdlog::warn("{} answers again", title_);
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
  const auto level =
      failure.fault == PlatformFault::log_in ? spdlog::level::err : spdlog::level::warn;
  spdlog::log(level, "{}: {}; trying again from {}, what is known of its cards stays", title_,
              failure.text, health_->next_try ? to_rfc3339(*health_->next_try) : "now on");
}

void PlatformRunner::desk_failed(const std::string& problem) {
  if (std::exchange(desk_problem_, problem) == problem) return;
  spdlog::warn("{} waits for the store: {}", title_, problem);
}

bool PlatformRunner::admit() {
  if (!pace_.admit()) return false;
  const std::lock_guard lock{mutex_};
  try {
    holds(clock_.now());  // what takes long keeps its lease
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
  spdlog::warn(
      "{} says {} \"{}\", which its profile does not know: it counts as unknown; add it "
      "to the profile's maps",
      title_, field, neutralise(value));
}

}  // namespace iotcard
