// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "ingest/fair_share.h"

using namespace iotcard;

namespace {

constexpr std::size_t batch = 256;
constexpr std::size_t share = 32;

std::vector<std::string> times(std::size_t count, const std::string& key) {
  return std::vector<std::string>(count, key);
}

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<std::string> others(std::size_t count) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back("D" + std::to_string(i));
  return keys;
}

std::ptrdiff_t now(const std::vector<bool>& turns) {
  return std::count(turns.begin(), turns.end(), true);
}

}  // namespace

TEST_CASE("one device among many has its share of a full batch, the others have their turn") {
  FairShare turns{batch, share};
  const auto turn = turns.decide(times(200, "FLOOD") + others(56), true, false);
  CHECK(now({turn.begin(), turn.begin() + 200}) == share);
  CHECK(now({turn.begin(), turn.begin() + share}) == share);  // its first ones
  CHECK(now({turn.begin() + 200, turn.end()}) == 56);
}

TEST_CASE("a batch behind which nothing waits defers nothing") {
  FairShare turns{batch, share};
  CHECK(now(turns.decide(times(200, "FLOOD") + others(20), false, false)) == 220);
}

TEST_CASE("few devices share the batch among them") {
  FairShare turns{batch, share};
  CHECK(now(turns.decide(times(256, "A"), true, false)) == 256);
  CHECK(now(turns.decide(times(128, "A") + times(128, "B"), true, false)) == 256);
  CHECK(now(turns.decide(times(255, "A") + times(1, "B"), true, false)) == 129);
}

TEST_CASE("a device with deferred reports waits behind them, whatever the room") {
  FairShare turns{batch, share};
  turns.load("FLOOD", 2, 100);
  CHECK(turns.reports() == 2);
  CHECK(turns.bytes() == 100);
  CHECK(now(turns.decide(times(1, "FLOOD") + others(1), false, false)) == 1);
  turns.taken_up("FLOOD", 50);
  CHECK(now(turns.decide(times(1, "FLOOD"), false, false)) == 0);
  turns.taken_up("FLOOD", 50);
  CHECK(now(turns.decide(times(1, "FLOOD"), false, false)) == 1);
  CHECK(turns.reports() == 0);
  CHECK(turns.bytes() == 0);
  turns.deferred("FLOOD", 7);
  CHECK(turns.bytes() == 7);
  turns.clear();
  CHECK(turns.reports() == 0);
  CHECK(now(turns.decide(times(1, "FLOOD"), true, false)) == 1);
}

TEST_CASE(
    "while events wait, a device has its share of the last reports, however small the batches") {
  FairShare turns{batch, share};
  std::ptrdiff_t flood = 0;
  for (int i = 0; i < 100; ++i) {
    flood += now(turns.decide(times(2, "FLOOD"), false, true));
    CHECK(now(turns.decide(others(1), false, true)) == (i < 32 ? 1 : 0));
  }
  CHECK(flood == share);
  // A batch of others later it has its share again.
  for (int i = 0; i < 256; ++i) turns.decide(times(1, "N" + std::to_string(i)), false, true);
  CHECK(now(turns.decide(times(100, "FLOOD"), false, true)) == share);
  // And when no event waits any more, whatever it sends.
  CHECK(now(turns.decide(times(100, "FLOOD"), false, false)) == 100);
}

TEST_CASE("shares that begin anew within a batch let no report pass one of its own device") {
  FairShare turns{batch, share};
  turns.decide(times(share, "FLOOD") + others(220), false, true);  // 252 have had their turn
  const auto turn = turns.decide(times(1, "FLOOD") + others(4) + times(1, "FLOOD"), false, true);
  CHECK(turn == std::vector<bool>{false, true, true, true, true, false});
}
