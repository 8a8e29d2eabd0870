// SPDX-License-Identifier: Apache-2.0
#include "api/workers.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <utility>

namespace iotcard {
namespace {

constexpr int niceness = 10;

}  // namespace

void be_an_api_thread() {
  pthread_setname_np(pthread_self(), "api");
  // On Linux each thread has its own niceness. If the call is forbidden, it stays as it was.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
}

bool Workers::add(std::function<void()> job) {
  bool more = false;
  {
    const std::lock_guard lock{mutex_};
    more = idle_ < jobs_.size() + 1 && threads_.size() < most_;
  }
  if (more) {
    try {
      threads_.emplace_back([this] { run(); });
    } catch (const std::exception&) {
      return false;
    }
  }
  try {
    const std::lock_guard lock{mutex_};
    jobs_.push_back(std::move(job));
  } catch (const std::bad_alloc&) {
    return false;
  }
  changed_.notify_one();
  return true;
}

void Workers::join() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workers::run() {
  be_an_api_thread();
  std::unique_lock lock{mutex_};
  for (;;) {
    ++idle_;
    changed_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace iotcard
