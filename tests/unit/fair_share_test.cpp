// SPDX-License-Identifier: Apache-2.0
#include "ingest/fair_share.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace iotcard;

namespace {

constexpr std::size_t chunk = 256;
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

std::ptrdiff_t count_admitted(const std::vector<bool>& admitted) {
  return std::count(admitted.begin(), admitted.end(), true);
}

}  // namespace

TEST_CASE(
    "one device among many has its share of a full chunk, and all other reports are admitted") {
  FairShare shares{chunk, share};
  const auto admitted = shares.decide(times(200, "FLOOD") + others(56), true, false);
  CHECK(count_admitted({admitted.begin(), admitted.begin() + 200}) == share);
  CHECK(count_admitted({admitted.begin(), admitted.begin() + share}) == share);  // its first ones
  CHECK(count_admitted({admitted.begin() + 200, admitted.end()}) == 56);
}

TEST_CASE("if nothing waits behind the chunk, nothing is deferred") {
  FairShare shares{chunk, share};
  CHECK(count_admitted(shares.decide(times(200, "FLOOD") + others(20), false, false)) == 220);
}

TEST_CASE("few devices share the whole chunk") {
  FairShare shares{chunk, share};
  CHECK(count_admitted(shares.decide(times(256, "A"), true, false)) == 256);
  CHECK(count_admitted(shares.decide(times(128, "A") + times(128, "B"), true, false)) == 256);
  CHECK(count_admitted(shares.decide(times(255, "A") + times(1, "B"), true, false)) == 129);
}

TEST_CASE("a report waits behind the deferred reports of its device, even if there is room") {
  FairShare shares{chunk, share};
  shares.load("FLOOD", 2, 100);
  CHECK(shares.reports() == 2);
  CHECK(shares.bytes() == 100);
  CHECK(count_admitted(shares.decide(times(1, "FLOOD") + others(1), false, false)) == 1);
  shares.taken_up("FLOOD", 50);
  CHECK(count_admitted(shares.decide(times(1, "FLOOD"), false, false)) == 0);
  shares.taken_up("FLOOD", 50);
  CHECK(count_admitted(shares.decide(times(1, "FLOOD"), false, false)) == 1);
  CHECK(shares.reports() == 0);
  CHECK(shares.bytes() == 0);
  shares.deferred("FLOOD", 7);
  CHECK(shares.bytes() == 7);
  shares.clear();
  CHECK(shares.reports() == 0);
  CHECK(count_admitted(shares.decide(times(1, "FLOOD"), true, false)) == 1);
}

TEST_CASE(
    "while events wait, a device has its share of the last reports, however small the chunks") {
  FairShare shares{chunk, share};
  std::ptrdiff_t flood = 0;
  for (int i = 0; i < 100; ++i) {
    flood += count_admitted(shares.decide(times(2, "FLOOD"), false, true));
    CHECK(count_admitted(shares.decide(others(1), false, true)) == (i < 32 ? 1 : 0));
  }
  CHECK(flood == share);
  // After a chunk of others it has its share again.
  for (int i = 0; i < 256; ++i) shares.decide(times(1, "N" + std::to_string(i)), false, true);
  CHECK(count_admitted(shares.decide(times(100, "FLOOD"), false, true)) == share);
  // When no event waits any more, all its reports are admitted.
  CHECK(count_admitted(shares.decide(times(100, "FLOOD"), false, false)) == 100);
}

TEST_CASE("shares that begin again within a chunk let no report overtake another of its device") {
  FairShare shares{chunk, share};
  shares.decide(times(share, "FLOOD") + others(220), false, true);  // 252 are admitted
  const auto admitted =
      shares.decide(times(1, "FLOOD") + others(4) + times(1, "FLOOD"), false, true);
  CHECK(admitted == std::vector<bool>{false, true, true, true, true, false});
}
