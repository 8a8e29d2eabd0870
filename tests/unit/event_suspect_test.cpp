// SPDX-License-Identifier: Apache-2.0
#include "ingest/event_suspect.h"

#include <catch2/catch.hpp>

using namespace iotcard;

namespace {

constexpr std::size_t window = 32;

}  // namespace

TEST_CASE("an event that ends the connection three times by itself is the one") {
  EventSuspect suspect{window};
  CHECK_FALSE(suspect.connection_ended(7, 1));
  CHECK_FALSE(suspect.connection_ended(7, 1));
  CHECK(suspect.connection_ended(7, 1));
}

TEST_CASE("events are sent alone once two connections ended at the same one") {
  EventSuspect suspect{window};
  CHECK_FALSE(suspect.connection_ended(7, 20));
  CHECK_FALSE(suspect.alone());
  CHECK_FALSE(suspect.connection_ended(7, 20));
  CHECK(suspect.alone());
  // 7 is taken: it was one behind it.
  suspect.acknowledged(7);
  CHECK(suspect.alone());
  CHECK_FALSE(suspect.connection_ended(8, 1));
  CHECK_FALSE(suspect.connection_ended(8, 1));
  CHECK(suspect.connection_ended(8, 1));
  for (std::size_t i = 0; i < 2 * window; ++i) suspect.acknowledged(9);
  CHECK_FALSE(suspect.alone());
}

TEST_CASE("a broker that goes away while events are taken convicts none") {
  EventSuspect suspect{window};
  for (std::int64_t sequence = 1; sequence < 100; ++sequence) {
    CHECK_FALSE(suspect.connection_ended(sequence, 20));
    suspect.acknowledged(sequence);
  }
  CHECK_FALSE(suspect.alone());
  for (int i = 0; i < 10; ++i) CHECK_FALSE(suspect.connection_ended(100, 20));
}

TEST_CASE("an event that is refused is the one only if others are taken meanwhile") {
  EventSuspect suspect{window};
  for (int i = 0; i < 10; ++i) CHECK_FALSE(suspect.refused(5));
  suspect.acknowledged(6);
  CHECK(suspect.refused(5));

  EventSuspect fresh{window};
  fresh.acknowledged(4);  // before
  CHECK_FALSE(fresh.refused(5));
  fresh.acknowledged(6);
  CHECK_FALSE(fresh.refused(5));
  CHECK(fresh.refused(5));
  CHECK_FALSE(fresh.refused(6));  // another
}

TEST_CASE("a broker that ends the connection at every event costs one event, and the others wait") {
  EventSuspect suspect{32};
  int found = 0;
  for (std::int64_t event = 1; event <= 5; ++event) {
    for (int i = 0; i < 6; ++i) {
      if (suspect.connection_ended(event, 1)) ++found;
    }
  }
  CHECK(found == 1);
  suspect.acknowledged(6);
  bool another = false;
  for (int i = 0; i < 6; ++i) another = another || suspect.connection_ended(7, 1);
  CHECK(another);
}
