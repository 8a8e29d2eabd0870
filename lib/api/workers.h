// SPDX-License-Identifier: Apache-2.0
// workers.h - A bounded set of threads named "api" that run jobs, one for each request under way.
// At nice 10, so that the threads that handle reports come first. A thread is started only when all
// others are busy. One thread calls add() and join(); a job must not throw.
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

  // The caller must not have more jobs under way than `most`, so that no job waits for a thread.
  // False: the system has no thread or no memory for it, and the job is not run.
  bool add(std::function<void()> job);
  void join();  // waits until all jobs have been run, and ends the threads

 private:
  void run();

  const std::size_t most_;
  std::vector<std::thread> threads_;  // used only by the thread that calls add() and join()
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  std::size_t idle_ = 0;                    // guarded by mutex_
  bool ending_ = false;                     // guarded by mutex_
};

// Gives the calling thread the name and the niceness of the API's threads.
void be_an_api_thread();

}  // namespace iotcard
