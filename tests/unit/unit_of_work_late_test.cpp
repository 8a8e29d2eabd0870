// SPDX-License-Identifier: Apache-2.0
// Late and retained reports, and the IMEI, within a batch. No store.
#include <catch2/catch.hpp>

#include "domain/unit_of_work.h"
#include "unit_of_work_samples.h"

using namespace iotcard;
using namespace iotcard::unit_of_work_samples;

TEST_CASE("a late report counts, and changes nothing that the next report is decided on") {
  UnitOfWork work{Snapshot{{known(here)}, {}}};
  work.save(here, report(at(5), "newest"));
  work.save(here, report(at(2), "late"), false, true);
  CHECK(work.inputs(here, {}).last_seen == at(5));
  CHECK(work.past(here, {}).outcome == Outcome::no_card);
  const SavedReport saved = work.take().devices.at(0).report.value();
  CHECK(saved.reports == 2);
  CHECK(saved.first_at == at(5));
  CHECK(saved.late_at == at(2));
  CHECK(saved.last->topic == "newest");
}

TEST_CASE("only a report that was not retained makes a device heard live") {
  UnitOfWork work{Snapshot{{known(here)}, {}}};
  work.save(here, report(at(1)), true);
  CHECK_FALSE(work.inputs(here, {}).heard_live);
  work.save(here, report(at(2)));
  CHECK(work.inputs(here, {}).heard_live);
  CHECK(work.take().devices.at(0).report.value().heard_live);
}

TEST_CASE("the last ended bindings of a batch are those that a late report meets") {
  UnitOfWork work{Snapshot{{known(here, bound(here, card_a)), known(there)},
                           {card(card_a, bound(here, card_a))}}};
  work.apply(EndBinding{here, at(3), "policy"});
  work.apply(create(there, card_a, at(3)));
  work.apply(EndBinding{there, at(7), "policy"});
  CHECK(work.past(here, iccid(card_a)).of_device.value().until == at(3));
  CHECK(work.past(here, iccid(card_a)).of_card.value().device == there);
  CHECK_FALSE(work.past(here, {}).of_card);
}

TEST_CASE("a card that is locked to an IMEI is judged again when its device or the IMEI changes") {
  MatchedCard locked = card(card_a, bound(here, card_a));
  locked.card.imei = "867530912345678";
  const auto with_imei = [](Instant time, const char* imei) {
    LastReport made = report(time);
    made.reading.imei = imei;
    return made;
  };
  SECTION("another IMEI") {
    UnitOfWork work{Snapshot{{known(here, bound(here, card_a))}, {locked}}};
    work.save(here, with_imei(at(4), "867530912345686"));
    CHECK(work.inputs(here, iccid(card_a)).cards.at(0).binding.value().imei == "867530912345686");
    CHECK(work.take().cards.at(0).judge_at == at(4));
  }
  SECTION("the same IMEI") {
    UnitOfWork work{Snapshot{{known(here, bound(here, card_a))}, {locked}}};
    work.save(here, report(at(4)));
    CHECK(work.take().cards.empty());
  }
  SECTION("the end of the binding") {
    locked.announced = {Abnormal::imei_mismatch};
    UnitOfWork work{Snapshot{{known(here, bound(here, card_a))}, {locked}}};
    work.apply(EndBinding{here, at(5), "anna"});
    CHECK(work.take().cards.at(0).judge_at == at(5));
  }
}

TEST_CASE("a report says whether it is the first of its day, as the last report will be stored") {
  const auto new_day = [](std::optional<Instant> last_seen, std::vector<Instant> reports) {
    KnownDevice device = known(here);
    device.last_seen = last_seen;
    UnitOfWork work{Snapshot{{device}, {}}};
    for (const Instant time : reports) work.save(here, report(time));
    return work.take().devices.at(0).report.value().new_day;
  };
  const Instant noon = *parse_time("2026-11-24T12:00:00Z");
  const std::chrono::hours hour{1};
  CHECK(new_day({}, {noon}));
  CHECK_FALSE(new_day(noon, {noon + hour, noon + 2 * hour}));
  CHECK(new_day(noon, {noon + 11 * hour, noon + 12 * hour, noon + 13 * hour}));
  CHECK(new_day(noon, {noon - 13 * hour}));  // a clock that was set back
}
