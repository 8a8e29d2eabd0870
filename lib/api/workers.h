// SPDX-License-Identifier: Apache-2.0
// workers.h - Threads named "api", at nice 10, so that the way of a report goes first: one for each
// connection under way, made when all others are busy, and never more than the bound. add() is one
// thread's; a job must not throw.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace iotcard {

class Workers {
 public:
  explicit Workers(std::size_t most) : most_(most) {}
  ~Workers() { join(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // The caller sees to it that no more jobs are open than there may be threads: none ever waits.
  // False: the system gives no more threads, and the job is not done.
  bool add(std::function<void()> job);
  void join();  // once all jobs are done

 private:
  void run();

  const std::size_t most_;
  std::vector<std::thread> threads_;  // of the thread that adds and joins
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_, as all that follows
  std::size_t idle_ = 0;
  bool ending_ = false;
};

// For a thread of the API's, by itself.
void be_an_api_thread();

}  // namespace iotcard
