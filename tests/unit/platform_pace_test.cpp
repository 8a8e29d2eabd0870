// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "refresh/pace.h"
#include "support/wait.h"

using namespace iotcard;
using namespace std::chrono_literals;

namespace {

const PaceTime start = PaceTime{} + 1000h;

// Ends and joins them, whatever the test case does.
class Threads {
 public:
  explicit Threads(Pace& pace) : pace_(pace) {}
  ~Threads() {
    pace_.stop();
    for (std::thread& thread : threads_) thread.join();
  }
  template <typename Work>
  void add(Work work) {
    threads_.emplace_back(work);
  }

 private:
  Pace& pace_;
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("the gap between two calls is rounded up") {
  struct Row {
    Rate rate;
    std::chrono::microseconds gap;
  };
  for (const Row& row : std::vector<Row>{{{1, 1s}, 1s},
                                         {{5, 1s}, 200ms},
                                         {{600, 1min}, 100ms},
                                         {{2000, 5min}, 150ms},
                                         {{3, 1s}, 333334us},
                                         {{7, 1ms}, 143us},
                                         {{2000000000, 1ms}, 1us},
                                         {{100, 24h}, 864s}}) {
    CHECK(PaceTable{row.rate, start}.gap() == row.gap);
  }
}

TEST_CASE("the first call waits for a gap, so that restarts do not exceed the rate") {
  PaceTable table{{5, 1s}, start};
  CHECK(table.next() == start + 200ms);
  CHECK_FALSE(table.take(start));
  CHECK_FALSE(table.take(start + 199999us));
  CHECK(table.take(start + 200ms));
}

TEST_CASE("time that was not used is not saved up") {
  PaceTable table{{10, 1s}, start};
  CHECK(table.take(start + 1h));
  CHECK_FALSE(table.take(start + 1h));
  CHECK(table.next() == start + 1h + 100ms);
  CHECK(table.take(start + 1h + 130ms));  // late by 30 ms
  CHECK(table.next() == start + 1h + 230ms);
}

TEST_CASE("no window of the rate's time has more calls than its number") {
  const Rate rate{7, 1s};
  PaceTable table{rate, start};
  std::vector<PaceTime> calls;
  for (PaceTime now = start; now < start + 10s; now += 1ms) {
    if (table.take(now)) calls.push_back(now);
  }
  CHECK(calls.size() >= 68);  // and hardly fewer
  for (std::size_t i = 7; i < calls.size(); ++i) CHECK(calls[i] - calls[i - 7] >= 1s);
}

TEST_CASE("threads that wait are admitted evenly") {
  Pace pace{{200, 1s}};
  std::atomic<int> admitted = 0;
  std::atomic<int> finished = 0;
  const PaceTime begin = std::chrono::steady_clock::now();
  Threads threads{pace};
  for (int i = 0; i < 8; ++i) {
    threads.add([&] {
      for (int call = 0; call < 5 && pace.admit(); ++call) ++admitted;
      ++finished;
    });
  }
  REQUIRE(eventually([&] { return finished == 8; }));
  CHECK(admitted == 40);
  CHECK(std::chrono::steady_clock::now() - begin >= 40 * 5ms);
}

TEST_CASE("the thread that came first is admitted first") {
  Pace pace{{5, 1s}};
  std::mutex mutex;
  std::vector<int> order;
  const auto admitted = [&] {
    const std::lock_guard lock{mutex};
    return static_cast<int>(order.size());
  };
  Threads threads{pace};
  for (int i = 0; i < 5; ++i) {
    threads.add([&, i] {
      if (!pace.admit()) return;
      const std::lock_guard lock{mutex};
      order.push_back(i);
    });
    REQUIRE(eventually([&] { return pace.waiting() + admitted() == i + 1; }));
  }
  REQUIRE(eventually([&] { return admitted() == 5; }));
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("stopping wakes all threads that wait, and admits none any more") {
  Pace pace{{1, 24h}};
  std::atomic<int> refused = 0;
  Threads threads{pace};
  for (int i = 0; i < 4; ++i) {
    threads.add([&] {
      if (!pace.admit()) ++refused;
    });
  }
  REQUIRE(eventually([&] { return pace.waiting() == 4; }));
  CHECK(refused == 0);
  pace.stop();
  CHECK(eventually([&] { return refused == 4; }));
  CHECK_FALSE(pace.admit());
  CHECK(pace.waiting() == 0);
}
