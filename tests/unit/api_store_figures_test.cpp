// SPDX-License-Identifier: Apache-2.0
// The figures of /metrics that are expensive to count: how old they may be, and who counts them.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>

#include "api/store_figures.h"
#include "support/wait.h"

using namespace iotcard;

namespace {

// Counts how often it is counted; a number above `broken` throws.
struct Counter {
  StoreFigures operator()() {
    const int number = ++counted;
    last_at = std::chrono::steady_clock::now();
    if (number > broken) throw std::runtime_error{"the store is busy"};
    StoreFigures figures;
    figures.statistics.cards = number;
    return figures;
  }
  std::atomic<int> counted{0};
  std::atomic<std::chrono::steady_clock::time_point> last_at{};
  int broken = 1'000'000;
};

constexpr std::chrono::hours never{1};
constexpr std::chrono::milliseconds always{0};

}  // namespace

TEST_CASE("figures are counted once while they are fresh") {
  Counter counter;
  StoreFigureCache cache{[&] { return counter(); }, {.max_age = never}};
  CHECK(counter.counted == 0);
  for (int i = 0; i < 3; ++i) CHECK(cache.get()->statistics.cards == 1);
}

TEST_CASE("figures that are too old are counted by the caller") {
  Counter counter;
  StoreFigureCache cache{[&] { return counter(); }, {.max_age = always}};
  CHECK(cache.get()->statistics.cards == 1);
  CHECK(cache.get()->statistics.cards == 2);
}

TEST_CASE("figures that are too old and cannot be counted are not returned") {
  Counter counter;
  counter.broken = 1;
  StoreFigureCache cache{[&] { return counter(); }, {.max_age = always}};
  cache.get();
  CHECK_THROWS_AS(cache.get(), std::runtime_error);
}

TEST_CASE("the background thread counts again while somebody asks") {
  Counter counter;
  StoreFigureCache cache{[&] { return counter(); },
                         {.max_age = never, .recount_after = std::chrono::milliseconds{1}}};
  cache.start();
  cache.get();
  CHECK(eventually([&] { return cache.get()->statistics.cards > 3; }));
}

TEST_CASE("the background thread counts nothing before the first scrape and after the last") {
  Counter counter;
  StoreFigureCache cache{
      [&] { return counter(); },
      {.max_age = never, .recount_after = always, .idle_after = std::chrono::milliseconds{50}}};
  cache.start();
  std::this_thread::yield();
  CHECK(counter.counted == 0);
  cache.get();
  REQUIRE(eventually([&] { return counter.counted > 1; }));
  CHECK(eventually([&] {
    const auto since = std::chrono::steady_clock::now() - counter.last_at.load();
    return since >= std::chrono::milliseconds{100};  // enough for many
  }));
}
