// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "unit/operations_bench.h"
#include "upkeep/expiry_monitor.h"

namespace iotcard {
namespace {

using Topics = std::vector<std::string>;

const Instant midnight = *parse_time("2026-12-01T00:00:00Z");
constexpr std::chrono::hours day{24};

struct Watched {
  Watched() { watch(); }

  Iccid add(int number, const std::string& expires, const std::string& more = "") {
    const auto iccid = Iccid::from_canonical(fmt::format("8986000000000{:06}", number)).value();
    std::vector<FieldChange> fields{{"expires_at", expires}};
    if (!more.empty()) fields.push_back(field_change_from_operator(more));
    add_card(desk.store(), desk.context, iccid, fields);
    return iccid;
  }
  void watch() { watching.emplace(desk.store(), desk.context.client_id); }
  // Looks until there is nothing more to do; what was announced.
  Topics look(Instant now) {
    desk.context.now = now;
    while (watching->step(desk.context.policy.alerts, desk.context.policy.mute, now)) {
    }
    return desk.events();
  }

  OperationsBench desk;  // it is 2026-11-24, 08:00
  std::optional<ExpiryMonitor> watching;
};

std::string abnormal(const Iccid& iccid) {
  return "card/abnormal/card/" + std::string{iccid.text()};
}
std::string recovered(const Iccid& iccid) {
  return "card/recovered/card/" + std::string{iccid.text()};
}

}  // namespace

TEST_CASE("a card expires at its moment, without a report") {
  Watched fleet;
  const Iccid card = fleet.add(1, "2026-12-20T00:00:00Z");
  const Iccid other = fleet.add(2, "2027-12-20T00:00:00Z");
  CHECK(fleet.look(fleet.desk.context.now).empty());
  const Instant at = *parse_time("2026-12-20T00:00:00Z");
  CHECK(fleet.look(at - 14 * day - std::chrono::milliseconds{1}).empty());
  CHECK(fleet.look(at - 14 * day + std::chrono::seconds{1}) == Topics{abnormal(card)});
  CHECK(fleet.desk.store().find_card(card)->announced == AbnormalReasons{Abnormal::expiring_soon});
  CHECK(fleet.look(at - std::chrono::seconds{1}).empty());
  CHECK(fleet.look(at) == Topics{abnormal(card)});
  CHECK(fleet.desk.store().find_card(card)->announced == AbnormalReasons{Abnormal::expired});
  CHECK(fleet.look(at + day).empty());
  CHECK(fleet.desk.store().find_card(other)->announced.empty());
}

TEST_CASE("a moment that a stop slept over is found at the start, once") {
  Watched fleet;
  const Iccid card = fleet.add(1, "2026-12-01");
  fleet.look(midnight - day);
  fleet.desk.events();
  fleet.watch();
  CHECK(fleet.look(midnight + 40 * day) == Topics{abnormal(card)});
  fleet.watch();
  CHECK(fleet.look(midnight + 41 * day).empty());
}

TEST_CASE("cards that expire in the same moment are judged page by page, each once") {
  Watched fleet;
  for (int i = 0; i < 3 * ExpiryMonitor::page + 7; ++i) fleet.add(i, "2026-12-01");
  fleet.look(midnight - day);
  fleet.desk.events();
  int steps = 1;
  fleet.desk.context.now = midnight;
  while (fleet.watching->step(fleet.desk.context.policy.alerts, {}, midnight)) ++steps;
  CHECK(steps == 4);
  CHECK(fleet.desk.events().size() == 3 * ExpiryMonitor::page + 7);
  CHECK(fleet.look(midnight + std::chrono::seconds{1}).empty());
}

TEST_CASE("a start in the middle of a midnight goes on, and announces nothing twice") {
  Watched fleet;
  for (int i = 0; i < 3 * ExpiryMonitor::page; ++i) fleet.add(i, "2026-12-01");
  fleet.look(midnight - day);
  fleet.desk.events();
  fleet.desk.context.now = midnight;
  CHECK(fleet.watching->step(fleet.desk.context.policy.alerts, {}, midnight));
  CHECK(fleet.desk.events().size() == ExpiryMonitor::page);
  fleet.watch();
  CHECK(fleet.look(midnight).size() == 2 * ExpiryMonitor::page);
}

TEST_CASE("a change of the thresholds has all cards judged anew") {
  Watched fleet;
  const Iccid used = fleet.add(1, "", "limit_bytes=100");
  set_card(fleet.desk.store(), fleet.desk.context, used,
           std::vector<FieldChange>{{"used_bytes", "70"}});
  const Iccid expiring = fleet.add(2, "2026-12-20");
  CHECK(fleet.look(fleet.desk.context.now).empty());
  fleet.desk.context.policy.alerts = {.usage_percent = 60, .expires_within = 30 * day};
  CHECK(fleet.look(fleet.desk.context.now) == Topics{abnormal(used), abnormal(expiring)});
  fleet.desk.context.policy.alerts = {};
  CHECK(fleet.look(fleet.desk.context.now) == Topics{recovered(used), recovered(expiring)});

  // Also where it was changed while the daemon was away.
  fleet.desk.context.policy.alerts.usage_percent = 50;
  fleet.watch();
  CHECK(fleet.look(fleet.desk.context.now) == Topics{abnormal(used)});
}

TEST_CASE("a store that nobody has watched is judged once") {
  Watched fleet;
  const Iccid iccid = Iccid::from_canonical("898600000000000001").value();
  Card card{iccid};
  card.status = CardStatus::suspended;
  fleet.desk.store().add_card(card);  // by something that does not judge
  CHECK(fleet.look(fleet.desk.context.now) == Topics{abnormal(iccid)});
}

TEST_CASE("what a clock that ran ahead announced is taken back once it is set") {
  Watched fleet;
  const Iccid card = fleet.add(1, "2027-06-01");
  const Instant now = fleet.desk.context.now;
  fleet.look(now);
  CHECK(fleet.look(now + 400 * day) == Topics{abnormal(card)});
  CHECK(fleet.look(now + std::chrono::seconds{5}) == Topics{recovered(card)});
  CHECK(fleet.look(*parse_time("2027-06-01T00:00:01Z")) == Topics{abnormal(card)});
}

TEST_CASE("a clock that was twenty minutes ahead is made good at once") {
  Watched fleet;
  const Iccid card = fleet.add(1, "2026-12-01T00:10:00Z");
  fleet.look(midnight);
  fleet.desk.events();
  CHECK(fleet.look(midnight + std::chrono::minutes{20}) == Topics{abnormal(card)});
  CHECK(fleet.look(midnight + std::chrono::seconds{5}) == Topics{abnormal(card)});
  CHECK(fleet.desk.store().find_card(card)->announced == AbnormalReasons{Abnormal::expiring_soon});
}

TEST_CASE("a clock that was a day ahead is made good up to its last minute") {
  Watched fleet;
  const Iccid early = fleet.add(1, "2026-12-01T12:00:00Z");
  const Iccid late = fleet.add(2, "2026-12-02T00:00:00Z");
  fleet.look(midnight);
  fleet.look(midnight + day + std::chrono::minutes{10});
  fleet.look(midnight + std::chrono::seconds{5});
  for (const Iccid& card : {early, late}) {
    CHECK(fleet.desk.store().find_card(card)->announced ==
          AbnormalReasons{Abnormal::expiring_soon});
  }
}

TEST_CASE("a clock that ran ahead is made good after a restart, too") {
  Watched fleet;
  const Iccid card = fleet.add(1, "2027-06-01");
  fleet.look(midnight);
  fleet.look(midnight + 400 * day);
  fleet.watch();
  CHECK(fleet.look(midnight + std::chrono::seconds{5}) == Topics{recovered(card)});
}

TEST_CASE("a clock that is set back while pages are under way takes back what was announced") {
  Watched fleet;
  for (int i = 0; i < 3 * ExpiryMonitor::page; ++i) fleet.add(i, "2027-06-01");
  fleet.look(midnight);
  fleet.desk.events();
  fleet.desk.context.now = midnight + 400 * day;
  fleet.watching->step(fleet.desk.context.policy.alerts, {}, midnight + 400 * day);
  const std::size_t early = fleet.desk.events().size();
  CHECK(early >= ExpiryMonitor::page);
  CHECK(fleet.look(midnight + std::chrono::seconds{5}).size() == early);
}

TEST_CASE("a change that was committed behind the look is found a little later") {
  Watched fleet;
  const Iccid card = fleet.add(1, "2027-06-01");
  fleet.look(midnight);
  // An import that began a minute ago and judged by its own beginning.
  fleet.desk.context.now = midnight - std::chrono::minutes{1};
  set_card(fleet.desk.store(), fleet.desk.context, card,
           std::vector<FieldChange>{{"expires_at", "2026-11-30T23:59:30Z"}});
  CHECK(fleet.desk.events().size() == 1);  // it expires soon
  CHECK(fleet.look(midnight + ExpiryMonitor::again) == Topics{abnormal(card)});
}

TEST_CASE("a card that was changed or removed in the meantime is left as it is") {
  Watched fleet;
  const Iccid changed = fleet.add(1, "2026-12-01");
  const Iccid removed = fleet.add(2, "2026-12-01");
  fleet.look(midnight - day);
  fleet.desk.events();
  set_card(fleet.desk.store(), fleet.desk.context, changed,
           std::vector<FieldChange>{{"expires_at", "2030-01-01"}});
  remove_card(fleet.desk.store(), fleet.desk.context, removed, false);
  CHECK(fleet.desk.events() == Topics{recovered(changed)});
  CHECK(fleet.look(midnight).empty());
}

TEST_CASE("a watch looks once a second") {
  Watched fleet;
  fleet.add(1, "2026-12-01");
  fleet.look(midnight - std::chrono::milliseconds{500});
  fleet.desk.events();
  CHECK(fleet.look(midnight).empty());
  CHECK(fleet.look(midnight + std::chrono::milliseconds{500}).size() == 1);
}

}  // namespace iotcard
