// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "platform/pace.h"
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
    CHECK(PaceTable{row.rate, 1, start}.gap() == row.gap);
  }
}

TEST_CASE("the first call waits for a gap, so that restarts do not exceed the rate") {
  PaceTable table{{5, 1s}, 1, start};
  CHECK(table.next() == start + 200ms);
  CHECK_FALSE(table.take(start));
  CHECK_FALSE(table.take(start + 199999us));
  CHECK(table.take(start + 200ms));
}

TEST_CASE("time that was not used is not saved up") {
  PaceTable table{{10, 1s}, 100, start};
  CHECK(table.take(start + 1h));
  CHECK_FALSE(table.take(start + 1h));
  CHECK(table.next() == start + 1h + 100ms);
  CHECK(table.take(start + 1h + 130ms));  // late by 30 ms
  CHECK(table.next() == start + 1h + 230ms);
}

TEST_CASE("no window of the rate's time has more calls than its number") {
  const Rate rate{7, 1s};
  PaceTable table{rate, 1000, start};
  std::vector<PaceTime> calls;
  for (PaceTime now = start; now < start + 10s; now += 1ms) {
    if (table.take(now)) calls.push_back(now);
  }
  CHECK(calls.size() >= 68);  // and hardly fewer
  for (std::size_t i = 7; i < calls.size(); ++i) CHECK(calls[i] - calls[i - 7] >= 1s);
}

TEST_CASE("no more calls are under way than may be at once") {
  PaceTable table{{1000, 1s}, 2, start};
  CHECK(table.take(start + 1s));
  CHECK(table.take(start + 2s));
  CHECK_FALSE(table.take(start + 3s));
  CHECK(table.next() == std::nullopt);
  table.give_back();
  CHECK(table.next() == start + 2s + 1ms);
  CHECK(table.take(start + 3s));
  CHECK_FALSE(table.take(start + 4s));
}

TEST_CASE("threads that wait are admitted in turn, evenly and no more than may be at once") {
  Pace pace{{200, 1s}, 3};
  std::mutex mutex;
  std::vector<PaceTime> admitted;
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  const PaceTime begin = std::chrono::steady_clock::now();
  {
    Threads threads{pace};
    std::atomic<int> finished = 0;
    for (int i = 0; i < 8; ++i) {
      threads.add([&] {
        for (int call = 0; call < 5 && pace.admit(); ++call) {
          const int now = ++under_way;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          {
            const std::lock_guard lock{mutex};
            admitted.push_back(std::chrono::steady_clock::now());
          }
          --under_way;
          pace.done();
        }
        ++finished;
      });
    }
    REQUIRE(eventually([&] { return finished == 8; }));
  }
  CHECK(admitted.size() == 40);
  CHECK(most <= 3);
  // Each is noted a little after it was admitted, so only the whole can be measured.
  CHECK(admitted.back() - begin >= 39 * 5ms);
}

TEST_CASE("whoever came first is admitted first") {
  Pace pace{{1000, 1s}, 1};
  REQUIRE(pace.admit());  // the one place is taken, so all others wait
  std::mutex mutex;
  std::vector<int> order;
  const auto admitted = [&] {
    const std::lock_guard lock{mutex};
    return order.size();
  };
  Threads threads{pace};
  for (int i = 0; i < 5; ++i) {
    threads.add([&, i] {
      if (!pace.admit()) return;
      {
        const std::lock_guard lock{mutex};
        order.push_back(i);
      }
      pace.done();
    });
    REQUIRE(eventually([&] { return pace.waiting() == i + 1; }));
  }
  CHECK(admitted() == 0);
  pace.done();
  REQUIRE(eventually([&] { return admitted() == 5; }));
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("stopping wakes all that wait, for time and for a place, and admits nobody any more") {
  for (const Rate rate : {Rate{1, 24h}, Rate{1000, 1s}}) {
    Pace pace{rate, 1};
    if (rate.number > 1) REQUIRE(pace.admit());
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
}
