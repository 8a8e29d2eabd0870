// SPDX-License-Identifier: Apache-2.0
#include "upkeep/expiry_monitor.h"

#include <fmt/core.h>

#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "unit/operations_bench.h"

namespace iotcard {
namespace {

using Topics = std::vector<std::string>;

const Instant midnight = *parse_time("2026-12-01T00:00:00Z");
constexpr std::chrono::hours day{24};

struct Fleet {
  Fleet() { restart(); }

  Iccid add(int number, const std::string& expires, const std::string& more = "") {
    const auto iccid = Iccid::from_canonical(fmt::format("8986000000000{:06}", number)).value();
    std::vector<FieldChange> fields{{"expires_at", expires}};
    if (!more.empty()) fields.push_back(field_change_from_operator(more));
    add_card(desk.store(), desk.context, iccid, fields);
    return iccid;
  }
  void restart() { monitor.emplace(desk.store(), desk.context.client_id); }
  // Judges until nothing more is due. Returns the topics of the new events.
  Topics judge(Instant now) {
    desk.context.now = now;
    while (monitor->step(desk.context.policy.alerts, desk.context.policy.mute, now)) {
    }
    return desk.events();
  }

  OperationsBench desk;  // it is 2026-11-24, 08:00
  std::optional<ExpiryMonitor> monitor;
};

std::string abnormal(const Iccid& iccid) {
  return "card/abnormal/card/" + std::string{iccid.text()};
}
std::string recovered(const Iccid& iccid) {
  return "card/recovered/card/" + std::string{iccid.text()};
}

}  // namespace

TEST_CASE("a card expires at its time, without a report") {
  Fleet fleet;
  const Iccid card = fleet.add(1, "2026-12-20T00:00:00Z");
  const Iccid other = fleet.add(2, "2027-12-20T00:00:00Z");
  CHECK(fleet.judge(fleet.desk.context.now).empty());
  const Instant at = *parse_time("2026-12-20T00:00:00Z");
  CHECK(fleet.judge(at - 14 * day - std::chrono::milliseconds{1}).empty());
  CHECK(fleet.judge(at - 14 * day + std::chrono::seconds{1}) == Topics{abnormal(card)});
  CHECK(fleet.desk.store().find_card(card)->announced == AbnormalReasons{Abnormal::expiring_soon});
  CHECK(fleet.judge(at - std::chrono::seconds{1}).empty());
  CHECK(fleet.judge(at) == Topics{abnormal(card)});
  CHECK(fleet.desk.store().find_card(card)->announced == AbnormalReasons{Abnormal::expired});
  CHECK(fleet.judge(at + day).empty());
  CHECK(fleet.desk.store().find_card(other)->announced.empty());
}

TEST_CASE("a card that expired while the daemon was stopped is found at the start, once") {
  Fleet fleet;
  const Iccid card = fleet.add(1, "2026-12-01");
  fleet.judge(midnight - day);
  fleet.desk.events();
  fleet.restart();
  CHECK(fleet.judge(midnight + 40 * day) == Topics{abnormal(card)});
  fleet.restart();
  CHECK(fleet.judge(midnight + 41 * day).empty());
}

TEST_CASE("cards that expire at the same time are judged page by page, each once") {
  Fleet fleet;
  for (int i = 0; i < 3 * ExpiryMonitor::page + 7; ++i) fleet.add(i, "2026-12-01");
  fleet.judge(midnight - day);
  fleet.desk.events();
  int steps = 1;
  fleet.desk.context.now = midnight;
  while (fleet.monitor->step(fleet.desk.context.policy.alerts, {}, midnight)) ++steps;
  CHECK(steps == 4);
  CHECK(fleet.desk.events().size() == 3 * ExpiryMonitor::page + 7);
  CHECK(fleet.judge(midnight + std::chrono::seconds{1}).empty());
}

TEST_CASE("a restart between two pages continues, and publishes nothing twice") {
  Fleet fleet;
  for (int i = 0; i < 3 * ExpiryMonitor::page; ++i) fleet.add(i, "2026-12-01");
  fleet.judge(midnight - day);
  fleet.desk.events();
  fleet.desk.context.now = midnight;
  CHECK(fleet.monitor->step(fleet.desk.context.policy.alerts, {}, midnight));
  CHECK(fleet.desk.events().size() == ExpiryMonitor::page);
  fleet.restart();
  CHECK(fleet.judge(midnight).size() == 2 * ExpiryMonitor::page);
}

TEST_CASE("a change of the thresholds makes all cards due") {
  Fleet fleet;
  const Iccid used = fleet.add(1, "", "limit_bytes=100");
  set_card(fleet.desk.store(), fleet.desk.context, used,
           std::vector<FieldChange>{{"used_bytes", "70"}});
  const Iccid expiring = fleet.add(2, "2026-12-20");
  CHECK(fleet.judge(fleet.desk.context.now).empty());
  fleet.desk.context.policy.alerts = {.usage_percent = 60, .expires_within = 30 * day};
  CHECK(fleet.judge(fleet.desk.context.now) == Topics{abnormal(used), abnormal(expiring)});
  fleet.desk.context.policy.alerts = {};
  CHECK(fleet.judge(fleet.desk.context.now) == Topics{recovered(used), recovered(expiring)});

  // Also where it was changed while the daemon was away.
  fleet.desk.context.policy.alerts.usage_percent = 50;
  fleet.restart();
  CHECK(fleet.judge(fleet.desk.context.now) == Topics{abnormal(used)});
}

TEST_CASE("a store that was never judged is judged once") {
  Fleet fleet;
  const Iccid iccid = Iccid::from_canonical("898600000000000001").value();
  Card card{iccid};
  card.status = CardStatus::suspended;
  fleet.desk.store().add_card(card);  // by something that does not judge it
  CHECK(fleet.judge(fleet.desk.context.now) == Topics{abnormal(iccid)});
}

TEST_CASE("events of a clock that ran ahead are taken back once it is set") {
  Fleet fleet;
  const Iccid card = fleet.add(1, "2027-06-01");
  const Instant now = fleet.desk.context.now;
  fleet.judge(now);
  CHECK(fleet.judge(now + 400 * day) == Topics{abnormal(card)});
  CHECK(fleet.judge(now + std::chrono::seconds{5}) == Topics{recovered(card)});
  CHECK(fleet.judge(*parse_time("2027-06-01T00:00:01Z")) == Topics{abnormal(card)});
}

TEST_CASE("a clock that was twenty minutes ahead is corrected at once") {
  Fleet fleet;
  const Iccid card = fleet.add(1, "2026-12-01T00:10:00Z");
  fleet.judge(midnight);
  fleet.desk.events();
  CHECK(fleet.judge(midnight + std::chrono::minutes{20}) == Topics{abnormal(card)});
  CHECK(fleet.judge(midnight + std::chrono::seconds{5}) == Topics{abnormal(card)});
  CHECK(fleet.desk.store().find_card(card)->announced == AbnormalReasons{Abnormal::expiring_soon});
}

TEST_CASE("a clock that was a day ahead is corrected up to its last minute") {
  Fleet fleet;
  const Iccid early = fleet.add(1, "2026-12-01T12:00:00Z");
  const Iccid late = fleet.add(2, "2026-12-02T00:00:00Z");
  fleet.judge(midnight);
  fleet.judge(midnight + day + std::chrono::minutes{10});
  fleet.judge(midnight + std::chrono::seconds{5});
  for (const Iccid& card : {early, late}) {
    CHECK(fleet.desk.store().find_card(card)->announced ==
          AbnormalReasons{Abnormal::expiring_soon});
  }
}

TEST_CASE("a clock that ran ahead is corrected after a restart, too") {
  Fleet fleet;
  const Iccid card = fleet.add(1, "2027-06-01");
  fleet.judge(midnight);
  fleet.judge(midnight + 400 * day);
  fleet.restart();
  CHECK(fleet.judge(midnight + std::chrono::seconds{5}) == Topics{recovered(card)});
}

TEST_CASE("a clock that is set back between two pages takes back the events of the first") {
  Fleet fleet;
  for (int i = 0; i < 3 * ExpiryMonitor::page; ++i) fleet.add(i, "2027-06-01");
  fleet.judge(midnight);
  fleet.desk.events();
  fleet.desk.context.now = midnight + 400 * day;
  fleet.monitor->step(fleet.desk.context.policy.alerts, {}, midnight + 400 * day);
  const std::size_t early = fleet.desk.events().size();
  CHECK(early >= ExpiryMonitor::page);
  CHECK(fleet.judge(midnight + std::chrono::seconds{5}).size() == early);
}

TEST_CASE("a change that was committed late is found at once") {
  Fleet fleet;
  const Iccid card = fleet.add(1, "2027-06-01");
  fleet.judge(midnight);
  // An import that began a minute ago and judged by its own beginning.
  fleet.desk.context.now = midnight - std::chrono::minutes{1};
  set_card(fleet.desk.store(), fleet.desk.context, card,
           std::vector<FieldChange>{{"expires_at", "2026-11-30T23:59:30Z"}});
  CHECK(fleet.desk.events().size() == 1);  // it expires soon
  CHECK(fleet.judge(midnight + ExpiryMonitor::interval) == Topics{abnormal(card)});
}

TEST_CASE("a card that was changed or removed in the meantime is left alone") {
  Fleet fleet;
  const Iccid changed = fleet.add(1, "2026-12-01");
  const Iccid removed = fleet.add(2, "2026-12-01");
  fleet.judge(midnight - day);
  fleet.desk.events();
  set_card(fleet.desk.store(), fleet.desk.context, changed,
           std::vector<FieldChange>{{"expires_at", "2030-01-01"}});
  remove_card(fleet.desk.store(), fleet.desk.context, removed, false);
  CHECK(fleet.desk.events() == Topics{recovered(changed)});
  CHECK(fleet.judge(midnight).empty());
}

TEST_CASE("cards are judged once a second") {
  Fleet fleet;
  fleet.add(1, "2026-12-01");
  fleet.judge(midnight - std::chrono::milliseconds{500});
  fleet.desk.events();
  CHECK(fleet.judge(midnight).empty());
  CHECK(fleet.judge(midnight + std::chrono::milliseconds{500}).size() == 1);
}

}  // namespace iotcard
