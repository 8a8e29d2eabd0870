// SPDX-License-Identifier: Apache-2.0
#include "upkeep/silence_monitor.h"

#include <fmt/core.h>

#include <catch2/catch.hpp>

#include "domain/device_silence.h"
#include "unit/operations_bench.h"

namespace iotcard {
namespace {

using Catch::Contains;
using Topics = std::vector<std::string>;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours day{24};

struct SilentFleet {
  SilentFleet() {
    desk.context.policy.mute.add(EventKind::mismatch_card_unknown);
    restart();
  }

  void restart() { monitor.emplace(desk.store(), desk.context.client_id); }
  void report(const std::string& device) { desk.report_card(device, "898604293620C0000970"); }
  Instant now() const { return desk.context.now; }

  // One page, or none.
  bool step() {
    return monitor->step(setting, desk.context.policy.mute,
                         {now(), listening, [this] { return applied_until.value_or(now()); }});
  }
  // The daemon runs so long, and notes it twice a minute. Returns the topics of the new events.
  Topics run(Duration time) {
    for (const Instant end = now() + time; now() < end;) {
      desk.context.now = std::min(end, now() + seconds{30});
      while (step()) {
      }
    }
    return desk.events();
  }
  std::int64_t silent_devices() { return desk.store().count_devices({.silent = true}); }
  // Nobody runs.
  void pass(Duration time) { desk.context.now += time; }

  OperationsBench desk;
  std::optional<SilenceMonitor> monitor;
  seconds setting = day;
  bool listening = true;
  std::optional<Instant> applied_until;
};

}  // namespace

TEST_CASE("a device is silent once at its age, and heard once when it reports again") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.report("1/A");
  fleet.report("1/B");
  fleet.desk.events();
  CHECK(fleet.run(day - minutes{1}).empty());
  fleet.report("1/B");
  CHECK(fleet.run(minutes{2}) == Topics{"device/silent/1/A"});
  CHECK(fleet.run(hours{20}).empty());
  CHECK(fleet.silent_devices() == 1);
  fleet.report("1/A");
  CHECK(fleet.desk.events() == Topics{"device/heard/1/A"});
  CHECK(fleet.silent_devices() == 0);
  fleet.report("1/A");
  CHECK(fleet.desk.events().empty());
  CHECK(fleet.run(hours{5}) == Topics{"device/silent/1/B"});
  CHECK(fleet.run(day) == Topics{"device/silent/1/A"});
}

TEST_CASE("an event of silence says when the device was seen last and since when it is silent") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.report("1/A");
  fleet.run(day + minutes{2});
  const auto payload = [&] {
    return fleet.desk.store().read_outbox(fleet.desk.context.client_id, 0, 9).back().payload;
  };
  CHECK_THAT(payload(), Contains(R"("type":"iotcard.device.silent","subject":"1/A")") &&
                            Contains(R"("data":{"device":{"product":"1","number":"A"},)"
                                     R"("last_seen":"2026-11-24T08:01:01.000Z",)"
                                     R"("silent_since":"2026-11-25T08:01:01.000Z"}})"));
  fleet.report("1/A");
  CHECK_THAT(payload(), Contains(R"("type":"iotcard.device.heard")") &&
                            Contains(R"("time":"2026-11-25T08:03:02.000Z")") &&
                            Contains(R"("last_seen":"2026-11-24T08:01:01.000Z",)"
                                     R"("silent_since":"2026-11-25T08:01:01.000Z"}})"));
}

TEST_CASE("time in which no daemon received reports is no silence") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.report("1/A");
  fleet.desk.events();
  CHECK(fleet.run(hours{12}).empty());
  SECTION("the daemon was stopped") {
    fleet.monitor->save(fleet.now());
    fleet.pass(30 * day);
    fleet.restart();
  }
  SECTION("it had no connection") {
    fleet.listening = false;
    CHECK(fleet.run(2 * day).empty());
    fleet.listening = true;
  }
  SECTION("the machine stood still, or the clock was set") {
    fleet.pass(3 * day);
  }
  CHECK(fleet.run(hours{11}).empty());
  CHECK(fleet.run(hours{2}) == Topics{"device/silent/1/A"});
}

TEST_CASE("after a crash at most the time since the last save does not count") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.report("1/A");
  fleet.desk.events();
  fleet.run(hours{23});
  fleet.restart();
  CHECK(fleet.run(minutes{55}).empty());
  CHECK(fleet.run(SilenceMonitor::save_interval + minutes{10}) == Topics{"device/silent/1/A"});
}

TEST_CASE("a device that never reported, or only by a retained report, is never silent") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  Store& store = fleet.desk.store();
  const Binding bound{{"1", "bound"}, iccid_of("898604293620C0000970"),
                      Match::exact,   fleet.now(),
                      fleet.now(),    {},
                      "ann",          ""};
  Changes changes;
  changes.devices = {{bound.device, 0, {}, {}, bound}};
  store.write("", changes);
  UnitOfWork work{store.read({{{"1", "retained"}}, {}})};
  work.save({"1", "retained"}, {"t", "{}", fleet.now(), {}, Outcome::no_card}, true);
  store.write("", work.take());
  CHECK(fleet.run(3 * day).empty());
  fleet.report("1/retained");
  fleet.desk.events();
  CHECK(fleet.run(hours{23}).empty());
  CHECK(fleet.run(hours{2}) == Topics{"device/silent/1/retained"});
}

TEST_CASE("a late or a retained report does not make a silent device heard") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.report("1/A");
  fleet.run(day + minutes{2});
  UnitOfWork work{fleet.desk.store().read({{{"1", "A"}}, {}})};
  const LastReport report{"t", "{}", fleet.now(), {}, Outcome::no_card};
  CHECK_FALSE(work.save({"1", "A"}, report, true));
  CHECK_FALSE(work.save({"1", "A"}, report, false, true));
  CHECK(work.save({"1", "A"}, report));
  CHECK_FALSE(work.save({"1", "A"}, report));
}

TEST_CASE("switched off, nothing is published and no device stays marked") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  for (int i = 0; i < 2 * SilenceMonitor::page + 5; ++i) fleet.report(fmt::format("1/{:03}", i));
  fleet.desk.events();
  CHECK(fleet.run(day + minutes{10}).size() == 2 * SilenceMonitor::page + 5);
  fleet.setting = seconds{0};
  CHECK(fleet.run(minutes{1}).empty());
  CHECK(fleet.silent_devices() == 0);
  fleet.report("1/000");
  CHECK(fleet.desk.events().empty());
  CHECK(fleet.run(2 * day).empty());
  // On again: what was listened to meanwhile counts.
  fleet.setting = day;
  CHECK(fleet.run(minutes{2}).size() == 2 * SilenceMonitor::page + 5);
}

TEST_CASE("another age holds at once") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.report("1/A");
  fleet.desk.events();
  fleet.setting = 7 * day;
  CHECK(fleet.run(2 * day).empty());
  fleet.setting = day;
  CHECK(fleet.run(minutes{1}) == Topics{"device/silent/1/A"});
  fleet.setting = 7 * day;
  CHECK(fleet.run(day).empty());
  CHECK(fleet.silent_devices() == 1);
}

TEST_CASE("devices that become silent at once are marked page by page, each once") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  for (int i = 0; i < 3 * SilenceMonitor::page + 7; ++i) fleet.report(fmt::format("1/{:03}", i));
  fleet.desk.events();
  fleet.run(hours{23});
  fleet.pass(minutes{1});
  fleet.step();
  for (int i = 0; i < 60; ++i) {
    fleet.pass(minutes{1});
    fleet.listening = true;
    if (fleet.step()) break;
  }
  CHECK(fleet.desk.events().size() == SilenceMonitor::page);
  fleet.monitor->save(fleet.now());
  fleet.restart();
  CHECK(fleet.run(minutes{30}).size() == 2 * SilenceMonitor::page + 7);
}

TEST_CASE("a device whose reports wait to be applied is not called silent") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.report("1/A");
  fleet.desk.events();
  fleet.applied_until = fleet.now() + hours{23};
  CHECK(fleet.run(2 * day).empty());
  fleet.applied_until.reset();
  fleet.report("1/A");
  CHECK(fleet.run(minutes{5}).empty());
}

TEST_CASE("a clock that was set back hides no silence") {
  SilentFleet fleet;
  fleet.run(minutes{1});
  fleet.pass(400 * day);
  fleet.run(minutes{1});
  fleet.report("1/A");  // a year ahead
  fleet.desk.events();
  fleet.run(minutes{1});
  fleet.pass(-400 * day);
  CHECK(fleet.run(hours{23}).empty());
  CHECK(fleet.run(hours{2}) == Topics{"device/silent/1/A"});
  fleet.report("1/A");
  CHECK(fleet.desk.events() == Topics{"device/heard/1/A"});
}

TEST_CASE("muted events of silence mark the device all the same") {
  SilentFleet fleet;
  fleet.desk.context.policy.mute.add(EventKind::device_silent);
  fleet.desk.context.policy.mute.add(EventKind::device_heard);
  fleet.run(minutes{1});
  fleet.report("1/A");
  CHECK(fleet.run(day + minutes{2}).empty());
  CHECK(fleet.silent_devices() == 1);
  fleet.report("1/A");
  CHECK(fleet.desk.events().empty());
  CHECK(fleet.silent_devices() == 0);
}

TEST_CASE("listening time is kept as text, in a bounded number of spans") {
  const auto at = [](int minute) { return Instant{hours{500'000} + minutes{minute}}; };
  ListeningTime time;
  CHECK_FALSE(time.start_of(minutes{1}, at(0)));
  for (int i = 0; i <= 60; ++i) time.note(at(i), true);
  time.note(at(61), false);
  time.note(at(100), true);
  time.note(at(101), true);
  CHECK(time.start_of(minutes{1}, at(101)) == at(100));
  CHECK(time.start_of(minutes{2}, at(101)) == at(59));
  CHECK(time.start_of(minutes{2}, at(40)) == at(38));
  CHECK_FALSE(time.start_of(minutes{62}, at(101)));
  const ListeningTime read = ListeningTime::parse(time.text());
  CHECK(read.text() == time.text());
  CHECK(read.start_of(minutes{2}, at(101)) == at(59));
  CHECK(ListeningTime::parse("5 x-7 9-3 -").text().empty());
  for (int i = 0; i < 200; ++i) {
    time.note(at(200 + 2 * i), false);
    time.note(at(201 + 2 * i), true);
  }
  CHECK(std::ranges::count(time.text(), '-') == ListeningTime::max_spans);
  CHECK(time.start_of(minutes{61}, at(1000)) == at(0));
}

TEST_CASE("a connection that is lost each hour for a minute hides no silence") {
  const auto at = [](int minute) { return Instant{hours{500'000} + minutes{minute}}; };
  ListeningTime time;
  for (int minute = 0; minute <= 60 * 24 * 30; ++minute) time.note(at(minute), minute % 60 != 0);
  const Instant end = at(60 * 24 * 30);
  const auto week = time.start_of(7 * day, end);
  REQUIRE(week);
  // An hour has 58 minutes between two notes; the week begins that much earlier, or a little.
  CHECK(*week <= end - 7 * day);
  CHECK(*week >= end - 8 * day);
}

}  // namespace iotcard
