// SPDX-License-Identifier: Apache-2.0
// What a batch leaves of a mismatch: each is one row, however often it changed. No store.
#include <catch2/catch.hpp>

#include "domain/unit_of_work.h"
#include "unit_of_work_samples.h"

using namespace iotcard;
using namespace iotcard::unit_of_work_samples;

TEST_CASE("a mismatch that is repeated again and again is written once, with the last count") {
  UnitOfWork work{Snapshot{{known(here, {}, {mismatch(here)})}, {}}};
  work.apply(RepeatMismatch{{here}, at(1), 2, 7});
  CHECK(work.inputs(here, {}).standing.at(0).count == 2);
  work.apply(RepeatMismatch{{here}, at(2), 3, {}});
  const Changes changes = work.take();
  REQUIRE(changes.repeated_mismatches.size() == 1);
  CHECK(changes.repeated_mismatches[0].first_seen == at(0));
  CHECK(changes.repeated_mismatches[0].last_seen == at(2));
  CHECK(changes.repeated_mismatches[0].count == 3);
  CHECK_FALSE(changes.repeated_mismatches[0].platform);
  CHECK(changes.settled_mismatches.empty());
  CHECK(changes.new_mismatches.empty());
}

TEST_CASE("a mismatch that is raised, repeated and cleared is one new row that has ended") {
  UnitOfWork work{Snapshot{{known(here)}, {}}};
  work.apply(RaiseMismatch{mismatch(here)});
  CHECK(work.inputs(here, {}).standing.size() == 1);
  work.apply(RepeatMismatch{{here}, at(1), 2, {}});
  work.apply(EndMismatch{{here}, MismatchState::cleared, at(2), "report"});
  CHECK(work.inputs(here, {}).standing.empty());
  const Changes changes = work.take();
  REQUIRE(changes.new_mismatches.size() == 1);
  CHECK(changes.new_mismatches[0].state == MismatchState::cleared);
  CHECK(changes.new_mismatches[0].count == 2);
  CHECK(changes.new_mismatches[0].last_seen == at(1));
  CHECK(changes.new_mismatches[0].ended == at(2));
  CHECK(changes.new_mismatches[0].ended_by == "report");
  CHECK(changes.repeated_mismatches.empty());
  CHECK(changes.settled_mismatches.empty());
}

TEST_CASE("a mismatch that has ended as it is raised does not stand") {
  UnitOfWork work{Snapshot{{known(here)}, {}}};
  Mismatch followed = mismatch(here, Outcome::card_in_use);
  followed.state = MismatchState::followed;
  followed.ended = at(1);
  followed.ended_by = "policy";
  work.apply(RaiseMismatch{followed});
  CHECK(work.inputs(here, {}).standing.empty());
  CHECK(work.take().new_mismatches.at(0).ended == at(1));
}

TEST_CASE("a mismatch about a card and one about an ICCID stand side by side") {
  UnitOfWork work{Snapshot{{known(here, {}, {mismatch(here)})}, {}}};
  work.apply(RaiseMismatch{mismatch(here, Outcome::iccid_invalid)});
  CHECK(work.inputs(here, {}).standing.size() == 2);
  work.apply(EndMismatch{{here, true}, MismatchState::cleared, at(1), "report"});
  const auto standing = work.inputs(here, {}).standing;
  REQUIRE(standing.size() == 1);
  CHECK(standing[0].outcome == Outcome::card_unknown);
  work.apply(EndMismatch{{here}, MismatchState::cleared, at(2), "report"});
  work.apply(RaiseMismatch{mismatch(here, Outcome::card_in_use)});
  const Changes changes = work.take();
  REQUIRE(changes.settled_mismatches.size() == 1);
  CHECK(changes.settled_mismatches[0].outcome == Outcome::card_unknown);
  CHECK(changes.settled_mismatches[0].ended == at(2));
  REQUIRE(changes.new_mismatches.size() == 2);
  CHECK(changes.new_mismatches[0].outcome == Outcome::iccid_invalid);
  CHECK(changes.new_mismatches[1].outcome == Outcome::card_in_use);
}

TEST_CASE("a dismissed mismatch stands, and repeating it keeps who dismissed it") {
  UnitOfWork work{Snapshot{{known(here, {}, {mismatch(here)})}, {}}};
  work.apply(EndMismatch{{here}, MismatchState::dismissed, at(1), "anna"});
  work.apply(RepeatMismatch{{here}, at(2), 5, {}});
  REQUIRE(work.inputs(here, {}).standing.size() == 1);
  CHECK(work.inputs(here, {}).standing[0].state == MismatchState::dismissed);
  const Changes changes = work.take();
  REQUIRE(changes.settled_mismatches.size() == 1);
  CHECK(changes.settled_mismatches[0].state == MismatchState::dismissed);
  CHECK(changes.settled_mismatches[0].dismissed == at(1));
  CHECK(changes.settled_mismatches[0].dismissed_by == "anna");
  CHECK(changes.settled_mismatches[0].last_seen == at(2));
  CHECK(changes.settled_mismatches[0].count == 5);
  CHECK_FALSE(changes.settled_mismatches[0].ended);
  CHECK(changes.settled_mismatches[0].ended_by.empty());
  CHECK(changes.repeated_mismatches.empty());
}
