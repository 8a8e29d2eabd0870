// SPDX-License-Identifier: Apache-2.0
#include "refresh/platform_runner.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>

#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;

// While another process locks the store. A stop takes at most two waits for a call under way, the
// time below for results, and two waits to give back requests and the lease.
constexpr milliseconds lock_timeout{100};
constexpr milliseconds time_for_results{300};  // after interrupt()
constexpr milliseconds store_retry{250};
constexpr int failures_to_log = 10;         // of the store: it is locked for some seconds
constexpr milliseconds thread_retry{1000};  // it doubles
constexpr int max_doublings = 6;
// The lease lasts a minute at least, and is renewed every ten seconds.
constexpr std::chrono::seconds lease_is_fresh{20};
constexpr std::size_t max_unknown_values = 100;  // that the log names

}  // namespace

PlatformRunner::PlatformRunner(Platform platform, Options options, Ports ports)
    : platform_(std::move(platform)),
      title_(fmt::format("platform {} ({})", platform_.id, escape_controls(platform_.name))),
      options_(std::move(options)),
      ports_(std::move(ports)),
      account_(platform_.profile, platform_.access),
      pace_(platform_.limits.rate) {
  options_.platform = platform_.id;
  options_.interval = platform_.limits.interval;
  options_.timeout = platform_.limits.timeout;
  options_.finished = ports_.request_finished;
}

PlatformRunner::~PlatformRunner() {
  stop();
}

void PlatformRunner::start() {
  const auto threads = 1 + static_cast<std::size_t>(platform_.limits.concurrency);
  while (threads_.size() < threads) {
    const auto body = threads_.empty() ? &PlatformRunner::schedule : &PlatformRunner::ask;
    threads_.emplace_back(&PlatformRunner::run_thread, this, body);
    pthread_setname_np(threads_.back().native_handle(),
                       fmt::format("platform-{}", platform_.id).substr(0, 15).c_str());
  }
}

void PlatformRunner::interrupt() {
  {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(state_.stopping, true)) {
      state_.store_until = std::chrono::steady_clock::now() + time_for_results;
    }
    for (HttpClient* http : state_.clients) http->interrupt();
  }
  pace_.stop();
  changed_.notify_all();
}

void PlatformRunner::stop() {
  interrupt();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void PlatformRunner::notify() {
  const std::lock_guard lock{mutex_};
  state_.read_store = true;
  changed_.notify_all();
}

PlatformCounts PlatformRunner::counts() const {
  const std::lock_guard lock{mutex_};
  return state_.counts;
}

// Runs the body until it returns, which it does when the runner stops. What the body throws is
// logged, and the body begins again after a while.
void PlatformRunner::run_thread(void (PlatformRunner::*body)()) noexcept {
  for (int failures = 0;; ++failures) {
    try {
      try {
        return (this->*body)();
      } catch (const std::exception& error) {
        log_once(error.what());
      } catch (...) {
        log_once("an exception of an unknown type");
      }
    } catch (...) {
      // It cannot even be logged.
    }
    std::unique_lock lock{mutex_};
    const auto pause = thread_retry * (1 << std::min(failures, max_doublings));
    if (changed_.wait_for(lock, pause, [this] { return state_.stopping; })) return;
  }
}

void PlatformRunner::log_once(const std::string& problem) {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(state_.problem, problem) == problem) return;
  }
  if (!problem.empty()) ports_.log(LogLevel::warning, fmt::format("{}: {}", title_, problem));
}

// The store's thread.

void PlatformRunner::open() {
  auto store = ports_.open_store();
  store->set_lock_timeout(lock_timeout);
  jobs_ = std::make_unique<PlatformJobs>(
      *store, options_, [this] { return ports_.context(fmt::format("platform:{}", platform_.id)); },
      ports_.changed);
  scheduler_ = std::make_unique<JobScheduler>(*jobs_, platform_.profile->max_batch(),
                                              platform_.limits.concurrency, ports_.clock,
                                              ports_.log, title_);
  store_ = std::move(store);
}

void PlatformRunner::schedule() {
  if (!store_) open();
  int failures = 0;  // of the store, in a row
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      const auto pause = failures > 0 ? store_retry : milliseconds{JobQueue::read_interval};
      changed_.wait_for(lock, pause, [&] {
        const bool news = state_.read_store || !state_.finished.empty();
        return state_.stopping ? state_.asking == 0 : failures == 0 && news;
      });
      if (std::exchange(state_.read_store, false)) scheduler_->read_at_once();
      results_.splice(results_.end(), state_.finished);
      if (state_.stopping && state_.asking == 0) break;
    }
    try {
      check_in_place(*store_);
      renew_lease();
      if (store_results()) assign_jobs();
      failures = 0;
      log_once("");
    } catch (const std::exception& error) {
      if (++failures >= failures_to_log)
        log_once(fmt::format("waiting for the store: {}", error.what()));
    }
  }
  finish();
}

void PlatformRunner::renew_lease() {
  const Lease lease = scheduler_->renew_lease(ports_.clock.now());
  const std::lock_guard lock{mutex_};
  if (lease == Lease::acquired) state_.lease = ++state_.leases;
  if (lease == Lease::none) state_.lease = 0;
  state_.lease_renewed = scheduler_->renewed_at().value_or(Instant{});
  changed_.notify_all();
}

// False: the runner stops, and there is no more time.
bool PlatformRunner::store_results() {
  while (!results_.empty()) {
    {
      const std::lock_guard lock{mutex_};
      if (state_.stopping && std::chrono::steady_clock::now() >= state_.store_until) return false;
    }
    if (scheduler_->store_next(results_.front().result)) results_.pop_front();
  }
  return true;
}

void PlatformRunner::assign_jobs() {
  for (;;) {
    std::list<Work> work;
    {
      const std::lock_guard lock{mutex_};
      if (state_.stopping) return;
      const auto assigned = state_.waiting.size() + static_cast<std::size_t>(state_.asking);
      if (assigned >= static_cast<std::size_t>(platform_.limits.concurrency)) return;
      work.push_back({{}, state_.lease});
    }
    auto job = scheduler_->next(ports_.clock.now());
    if (!job) return;
    work.front().result.job = std::move(*job);
    const std::lock_guard lock{mutex_};
    state_.waiting.splice(state_.waiting.end(), work);
    changed_.notify_all();
  }
}

void PlatformRunner::finish() noexcept {
  std::vector<OperatorRequest> not_begun;
  try {
    {
      const std::lock_guard lock{mutex_};
      for (const Work& work : state_.waiting) {
        if (work.result.job.request) not_begun.push_back(*work.result.job.request);
      }
    }
    store_results();
  } catch (const std::exception&) {
    // The next process that gets the lease recovers what is left, as after a crash.
  }
  scheduler_->release(std::move(not_begun));
}

// The threads that ask.

// An HTTP client that interrupt() reaches, and the platform's client over it.
struct PlatformRunner::Connection {
  Connection(PlatformRunner& owner, const std::uint64_t& lease)
      : runner(owner),
        http(owner.ports_.make_http(owner.platform_.http)),
        client(owner.account_,
               {.http = *http,
                .now = [this] { return runner.ports_.clock.now(); },
                .random = random_number,
                .admit = [this, &lease] { return runner.admit(lease); },
                .trace = [this](const HttpExchange& trace) { runner.traced(trace); },
                .unknown_value =
                    [this](const std::string& field, const std::string& value) {
                      runner.unknown_value(field, value);
                    }}) {
    const std::lock_guard lock{runner.mutex_};
    runner.state_.clients.push_back(http.get());
    if (runner.state_.stopping) http->interrupt();
  }
  ~Connection() {
    const std::lock_guard lock{runner.mutex_};
    std::erase(runner.state_.clients, http.get());
  }

  PlatformRunner& runner;
  const std::unique_ptr<HttpClient> http;
  PlatformClient client;
};

void PlatformRunner::ask() {
  std::uint64_t lease = 0;
  std::optional<Connection> connection;
  for (;;) {
    std::list<Work> work;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return state_.stopping || !state_.waiting.empty(); });
      if (state_.stopping) return;
      work.splice(work.end(), state_.waiting, state_.waiting.begin());
      ++state_.asking;
    }
    lease = work.front().lease;
    JobResult& result = work.front().result;
    const auto fail = [&](const char* what) {
      const auto fault = connection ? ServiceFault::unreadable : ServiceFault::unreachable;
      result.asked = true;
      result.answers.failure = PlatformFailure{fault, what};
    };
    try {
      if (!connection) connection.emplace(*this, lease);
      carry_out(result, connection->client);
    } catch (const std::exception& error) {
      fail(error.what());
    } catch (...) {
      fail("an exception of an unknown type");
    }
    const std::lock_guard lock{mutex_};
    state_.finished.splice(state_.finished.end(), work);
    --state_.asking;
    changed_.notify_all();
  }
}

void PlatformRunner::carry_out(JobResult& result, PlatformClient& client) {
  const auto action = result.job.request ? result.job.request->action : std::nullopt;
  if (action && !client.can(*action)) {
    result.refusal = fmt::format("its profile cannot {} cards", card_action_names[*action]);
    return;
  }
  result.asked = true;
  if (action) {
    auto failure = client.act(result.job.request->card, *action);
    if (failure && failure->fault == ServiceFault::refused) {
      result.refusal = failure->text;
      return;
    }
    result.answers.failure = std::move(failure);
    if (result.answers.failure) return;
    result.acted = true;
  }
  result.answers = client.ask(result.job.cards);
  count(result.answers.cards);
}

// Waits until the next request may be sent. False: it must not be sent any more.
bool PlatformRunner::admit(std::uint64_t lease) {
  if (!pace_.admit()) return false;
  std::unique_lock lock{mutex_};
  const auto is_fresh = [this] {
    const Instant now = ports_.clock.now();
    return now >= state_.lease_renewed && now < state_.lease_renewed + lease_is_fresh;
  };
  // If the process was suspended, another one may have the lease: the store's thread finds out.
  while (!state_.stopping && state_.lease == lease && !is_fresh()) {
    state_.read_store = true;
    changed_.notify_all();
    changed_.wait_for(lock, store_retry);
  }
  return !state_.stopping && state_.lease == lease;
}

void PlatformRunner::traced(const HttpExchange& trace) {
  const std::lock_guard lock{mutex_};
  ++state_.counts.calls;
  state_.counts.seconds.observe(std::chrono::duration<double>(trace.took).count());
  if (trace.failure) ++state_.counts.faults[static_cast<std::size_t>(trace.failure->fault)];
}

void PlatformRunner::count(const std::vector<CardAnswer>& answers) {
  using Kind = CardAnswer::Kind;
  const std::lock_guard lock{mutex_};
  PlatformCounts& counts = state_.counts;
  for (const CardAnswer& answer : answers) {
    ++(answer.kind == Kind::found       ? counts.found
       : answer.kind == Kind::not_found ? counts.not_found
                                        : counts.failed);
  }
}

void PlatformRunner::unknown_value(const std::string& field, const std::string& value) {
  {
    const std::lock_guard lock{mutex_};
    ++state_.counts.unknown_values;
    if (state_.unknown_values.size() >= max_unknown_values) return;
    if (!state_.unknown_values.emplace(field, value).second) return;
  }
  ports_.log(LogLevel::warning,
             fmt::format("{}: the profile does not know {} \"{}\", which counts as unknown; add it "
                         "to the profile's maps",
                         title_, field, escape_controls(value)));
}

}  // namespace iotcard
