// SPDX-License-Identifier: Apache-2.0
// A replay decides old reports by today's rules. What is known from later ones stays as it is.
#include <catch2/catch.hpp>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/mismatch_operations.h"
#include "operations/replay/replay.h"
#include "operations_bench.h"
#include "support/store_writes.h"

using namespace iotcard;
using Events = std::vector<std::string>;

namespace {

const char* const one = "898604293620C0000970";
const char* const two = "89860617060065258667";

std::string naming(const std::string& iccid) {
  return R"({"iccid":")" + iccid + R"("})";
}

struct Desk : OperationsBench {
  Desk(std::initializer_list<const char*> cards = {}) {
    for (const char* iccid : cards) add(iccid);
  }
  void add(const char* iccid, std::vector<FieldChange> fields = {}) {
    add_card(store(), context, iccid_of(iccid), fields);
  }
  // A second later, a report that the rules of that day rejected.
  Instant reject(const std::string& device, const std::string& payload,
                 RejectionReason reason = RejectionReason::bad_topic) {
    context.now += std::chrono::seconds{1};
    add_rejected(store(), archived(device, payload, context.now), {reason, 0});
    return context.now;
  }
  // Of a replay an hour later.
  ReplayHooks hooks() {
    context.now += std::chrono::hours{1};
    seen.clear();
    return {.decided = [this](const ReplayedReport& report) { seen.push_back(report); },
            .progress = {},
            .stop = {}};
  }
  ReplayResult rejected(const ReplayOptions& options = {}) {
    return replay_rejected(store(), context, options, hooks());
  }
  ReplayResult last(const ReplayOptions& options = {}) {
    return replay_last(store(), context, options, hooks());
  }
  ReplayResult archive(std::vector<ReceivedReport> reports, const ReplayOptions& options = {}) {
    std::size_t at = 0;
    const auto next = [&]() -> std::optional<ReceivedReport> {
      return at < reports.size() ? std::optional{reports[at++]} : std::nullopt;
    };
    return replay_archive(store(), context, next, options, hooks());
  }
  ReceivedReport archived(const std::string& device, const std::string& payload, Instant at) {
    return {.topic = "/" + device + "/info/post",
            .payload = payload,
            .size = static_cast<std::uint32_t>(payload.size()),
            .arrival = at};
  }
  // What each report came to.
  std::vector<std::string> after() const {
    std::vector<std::string> outcomes;
    for (const ReplayedReport& report : seen) outcomes.push_back(report.after.outcome);
    return outcomes;
  }

  std::vector<ReplayedReport> seen;
};

}  // namespace

TEST_CASE("a replayed report never moves a card away from where a newer report put it") {
  Desk desk{one};
  desk.context.policy.on_conflict = OnConflict::follow;
  const Instant then = desk.reject("1/D1", naming(one));
  desk.report_card("1/D2", one);
  REQUIRE(desk.card_of("1/D2") == one);
  desk.events();
  SECTION("a rejected one") {
    desk.rejected();
  }
  SECTION("one from the journal") {
    desk.archive({desk.archived("1/D1", naming(one), then)});
  }
  CHECK(desk.after() == Events{"superseded"});
  CHECK(desk.card_of("1/D2") == one);
  CHECK(desk.card_of("1/D1").empty());
  CHECK(desk.events().empty());
  CHECK(desk.count_standing("1/D1") == 0);
  CHECK(desk.store().count_rejected() == 1);
}

TEST_CASE("the last report of one device takes no card that a later one of another has") {
  Desk desk{one};
  desk.context.policy.on_conflict = OnConflict::follow;
  desk.report_card("1/D1", one);
  desk.report_card("1/D2", one);
  REQUIRE(desk.card_of("1/D2") == one);
  desk.events();
  desk.last();
  CHECK(desk.after() == Events{"superseded", "mismatch.card_in_use"});  // and was followed
  CHECK(desk.card_of("1/D2") == one);
  CHECK(desk.events().empty());
  CHECK(desk.last().changed == 0);
}

TEST_CASE("a report from before a later claim of its card is superseded though nobody was bound") {
  Desk desk{one};
  desk.report_card("1/D9", one);
  desk.reject("1/D1", naming(one));
  REQUIRE(desk.report_card("1/D2", one) == Outcome::card_in_use);
  desk.context.policy.on_conflict = OnConflict::follow;
  desk.rejected();
  CHECK(desk.after() == Events{"superseded"});
  CHECK(desk.card_of("1/D9") == one);
  desk.last();  // and now the newest claim wins, whatever the order of the devices is
  CHECK(desk.card_of("1/D2") == one);
}

TEST_CASE("a replayed report undoes nothing that an operator did since it came") {
  Desk desk{one, two};
  desk.report_card("1/D1", one);
  desk.context.policy.on_conflict = OnConflict::follow;
  desk.reject("1/D1", naming(two));
  desk.context.now += std::chrono::seconds{1};
  SECTION("bound by hand") {
    bind_card(desk.store(), desk.context, {"1", "D1"}, iccid_of(one), true);
    unbind_device(desk.store(), desk.context, {"1", "D1"});
    bind_card(desk.store(), desk.context, {"1", "D1"}, iccid_of(one), false);
  }
  SECTION("released by hand") {
    unbind_device(desk.store(), desk.context, {"1", "D1"});
  }
  SECTION("the other card was bound and released") {
    bind_card(desk.store(), desk.context, {"1", "D2"}, iccid_of(two), false);
    unbind_device(desk.store(), desk.context, {"1", "D2"});
  }
  const std::string before = desk.card_of("1/D1");
  desk.events();
  desk.rejected();
  CHECK(desk.after() == Events{"superseded"});
  CHECK(desk.card_of("1/D1") == before);
  CHECK(desk.events().empty());
}

TEST_CASE("an old report does not clear a mismatch that a newer one raised") {
  Desk desk{one};
  desk.reject("1/D1", naming(one));
  REQUIRE(desk.report_card("1/D1", two) == Outcome::card_unknown);
  desk.rejected();
  CHECK(desk.after() == Events{"superseded"});
  CHECK(desk.standing("1/D1").outcome == Outcome::card_unknown);
  CHECK(desk.store().find_device({"1", "D1"})->reported_iccid == two);
}

TEST_CASE("an old report does not let a card recover that has expired since") {
  Desk desk;
  desk.add(one, {{"expires_at", "2026-11-24T08:30:00Z"}});
  desk.reject("1/D1", naming(one));
  desk.context.now += std::chrono::hours{1};
  set_card(desk.store(), desk.context, iccid_of(one), std::vector<FieldChange>{{"note", "x"}});
  REQUIRE(desk.store().find_card(iccid_of(one))->announced.has(Abnormal::expired));
  desk.events();
  desk.rejected();
  CHECK(desk.events() == Events{"binding/created/1/D1"});
  CHECK(desk.store().find_card(iccid_of(one))->announced.has(Abnormal::expired));
  const auto row = desk.store().read_outbox(desk.context.client_id, 0, 100).back();
  CHECK(row.payload.find(R"("abnormal":["expired"])") != std::string::npos);
}

TEST_CASE(
    "a rejected report that can be read now is applied as of its arrival and is no longer "
    "rejected") {
  Desk desk{one};
  const Instant then = desk.reject("1/D1", naming(one));
  const ReplayResult result = desk.rejected();
  CHECK(result.reports == 1);
  CHECK(result.changed == 1);
  REQUIRE(desk.seen.size() == 1);
  CHECK(desk.seen[0].before.outcome == "report.rejected");
  CHECK(desk.seen[0].before.reason == "bad-topic");
  CHECK(desk.seen[0].after.outcome == "binding.created");
  CHECK(desk.events() == Events{"binding/created/1/D1"});
  CHECK(desk.store().binding_of({"1", "D1"})->since == then);
  CHECK(desk.store().find_device({"1", "D1"})->last_seen == then);
  CHECK(desk.store().count_rejected() == 0);
  CHECK(desk.rejected().reports == 0);
  CHECK(desk.events().empty());
}

TEST_CASE("rejected reports of one device are applied in the order in which they came") {
  Desk desk{one, two};
  desk.reject("1/D1", naming(one));
  desk.reject("1/D1", naming(two));
  desk.rejected();
  CHECK(desk.after() == Events{"binding.created", "mismatch.device_has_other_card"});
  CHECK(desk.card_of("1/D1") == one);
}

TEST_CASE("a report that still cannot be read stays rejected, without another event") {
  Desk desk;
  desk.reject("1/D1", "{", RejectionReason::bad_topic);
  desk.reject("1/D2", "[]", RejectionReason::not_an_object);
  add_rejected(desk.store(),
               {.topic = "/1/D3/info/post",
                .payload = R"({"iccid":)",
                .size = 70'000,
                .arrival = desk.context.now},
               {RejectionReason::too_large, 9});
  const ReplayResult result = desk.rejected();
  CHECK(result.reports == 3);
  CHECK(result.changed == 0);
  CHECK(desk.after() == Events{"report.rejected", "report.rejected", "report.rejected"});
  CHECK(desk.seen[0].after.reason == "truncated");
  CHECK(desk.seen[2].after.reason == "too-large");
  CHECK(desk.store().count_rejected() == 3);
  CHECK(desk.events().empty());
}

TEST_CASE("superseded reports are kept, or deleted if asked for") {
  Desk desk;
  desk.reject("1/D1", naming(one));
  desk.report_card("1/D1", two);
  CHECK(desk.rejected().changed == 0);
  CHECK(desk.store().count_rejected() == 1);
  CHECK(desk.rejected({.drop_superseded = true}).changed == 1);
  CHECK(desk.store().count_rejected() == 0);
}

TEST_CASE("a dry run shows the result of each report and changes nothing") {
  Desk desk{one};
  for (int i = 0; i < 450; ++i) {  // more than one batch
    desk.reject("1/D1", naming(one));
    desk.reject("1/D" + std::to_string(i), naming(two));
  }
  desk.events();
  const ReplayResult dry = desk.rejected({.dry_run = true});
  const auto announced = desk.after();
  CHECK(desk.store().count_rejected() == 900);
  CHECK(desk.store().count_devices() == 0);
  CHECK(desk.events().empty());
  const ReplayResult real = desk.rejected();
  CHECK(desk.after() == announced);
  CHECK(real.summary == dry.summary);
  CHECK(real.changed == dry.changed);
  CHECK(real.changed > 800);
}

TEST_CASE("filters select reports by device, reason and time, and a limit counts selected ones") {
  Desk desk;
  const Instant first = desk.reject("1/D1", naming(one), RejectionReason::not_applied);
  desk.reject("1/D2", naming(one));
  desk.reject("1/D3", naming(one));
  const auto picked = [&](ReplayOptions options) {
    options.dry_run = true;
    desk.rejected(options);
    std::vector<std::string> devices;
    for (const ReplayedReport& report : desk.seen) devices.push_back(report.device->text());
    return devices;
  };
  CHECK(picked({.device = DeviceKey{"1", "D2"}}) == Events{"1/D2"});
  CHECK(picked({.reason = RejectionReason::not_applied}) == Events{"1/D1"});
  CHECK(picked({.since = first + std::chrono::seconds{1}}) == Events{"1/D2", "1/D3"});
  CHECK(picked({.since = first + std::chrono::seconds{1}, .limit = 1}) == Events{"1/D2"});
}

TEST_CASE(
    "a replay that is stopped has applied the listed reports, and the next one applies the rest") {
  Desk desk;
  for (int i = 0; i < 1000; ++i) desk.reject("1/D" + std::to_string(i), naming(one));
  ReplayHooks hooks = desk.hooks();
  std::int64_t done = 0;
  hooks.progress = [&](std::int64_t reports) { done = reports; };
  hooks.stop = [&] { return done > 300; };
  const ReplayResult half = replay_rejected(desk.store(), desk.context, {}, hooks);
  CHECK(half.interrupted);
  CHECK(half.changed == static_cast<std::int64_t>(desk.seen.size()));
  CHECK(desk.store().count_rejected() == 1000 - half.changed);
  const ReplayResult rest = desk.rejected();
  CHECK_FALSE(rest.interrupted);
  CHECK(half.changed + rest.changed == 1000);
  CHECK(desk.store().count_devices() == 1000);
}

TEST_CASE("the last report of a device is read again by today's rules") {
  Desk desk{one};
  const std::string payload = R"({"ccid":"898604293620C0000970","rssi":20})";
  REQUIRE(desk.report("1/D1", payload) == Outcome::no_card);
  const Instant then = desk.context.now;
  ReportSource source = desk.context.sources[0];
  source.read.keys = PayloadKeys{{.iccid = {"iccid", "ccid"}}};
  desk.context.sources = ReportSources{{source}};
  desk.last();
  CHECK(desk.after() == Events{"binding.created"});
  CHECK(desk.seen[0].before.outcome == "report.no_card");
  CHECK(desk.card_of("1/D1") == one);
  CHECK(desk.store().binding_of({"1", "D1"})->since == then);
  const DeviceRow row = *desk.store().find_device({"1", "D1"});
  CHECK(row.reports == 1);
  CHECK(row.reported_iccid == one);
  CHECK(row.outcome == "binding.created");
  CHECK(row.last_seen == then);
  CHECK(desk.events() == Events{"binding/created/1/D1"});
  CHECK(desk.last().changed == 0);
  CHECK(desk.events().empty());
}

TEST_CASE("with policy follow, a last report that was held is followed, and counts once") {
  Desk desk{one};
  desk.report_card("1/D1", one);
  REQUIRE(desk.report_card("1/D2", one) == Outcome::card_in_use);
  desk.events();
  CHECK(desk.last().changed == 0);
  CHECK(desk.events().empty());
  CHECK(desk.standing("1/D2").count == 1);
  desk.context.policy.on_conflict = OnConflict::follow;
  CHECK(desk.last().changed == 1);
  CHECK(desk.card_of("1/D2") == one);
  CHECK(desk.events() == Events{"mismatch/card_in_use/1/D2", "mismatch/cleared/1/D2",
                                "binding/released/1/D1", "binding/created/1/D2"});
  const auto all = desk.store().list_mismatches({.standing_only = false}, "", 10).rows;
  REQUIRE(all.size() == 1);
  CHECK(all[0].count == 1);
  CHECK(desk.last().changed == 0);
  CHECK(desk.card_of("1/D2") == one);
}

TEST_CASE("a device that an operator's change bound to what it reports is not superseded") {
  Desk desk;
  REQUIRE(desk.report_card("1/D1", one) == Outcome::card_unknown);
  desk.context.now += std::chrono::hours{1};
  desk.add(one);
  REQUIRE(desk.card_of("1/D1") == one);
  desk.events();
  desk.last();
  CHECK(desk.after() == Events{"binding.confirmed"});
  CHECK(desk.events().empty());
  CHECK(desk.last().changed == 0);
}

TEST_CASE("a report from before an operator's change raised a mismatch does not clear it") {
  Desk desk;
  desk.add(one, {{"platform", "1"}});
  desk.add(two);
  REQUIRE(desk.report("1/D1", R"({"iccid":"898604293620C0000970","cardPlatformId":2})") ==
          Outcome::wrong_platform);
  desk.reject("1/D1", naming(two));
  desk.context.now += std::chrono::hours{1};
  set_card(desk.store(), desk.context, iccid_of(one), std::vector<FieldChange>{{"platform", "2"}});
  REQUIRE(desk.card_of("1/D1") == one);
  unbind_device(desk.store(), desk.context, {"1", "D1"});
  set_card(desk.store(), desk.context, iccid_of(one), std::vector<FieldChange>{{"platform", "3"}});
  desk.events();
  desk.rejected();
  CHECK(desk.after() == Events{"superseded"});
  CHECK(desk.events().empty());
}

TEST_CASE("a last report that today's rules reject stays what it was") {
  Desk desk{one};
  desk.report_card("1/D1", one);
  ReportSource source = desk.context.sources[0];
  source.read.max_bytes = 5;
  desk.context.sources = ReportSources{{source}};
  desk.last();
  CHECK(desk.after() == Events{"report.rejected"});
  CHECK(desk.card_of("1/D1") == one);
  CHECK(desk.store().find_device({"1", "D1"})->outcome == "binding.created");
}

TEST_CASE("a journal restores reports that the store has lost, and repeats none") {
  Desk desk{one, two};
  desk.report_card("1/D1", one);
  const Instant known = desk.context.now;
  const auto later = known + std::chrono::seconds{10};
  const std::vector<ReceivedReport> journal{
      desk.archived("1/D1", naming(two), known - std::chrono::seconds{5}),
      desk.archived("1/D1", naming(one), known),
      desk.archived("1/D2", naming(two), later),
      desk.archived("1/D1", naming(two), later + std::chrono::microseconds{1500}),
      desk.archived("1/D3", "{", later),
      {.topic = "somewhere/else", .payload = "{}", .size = 2, .arrival = later}};
  desk.archive(journal);
  CHECK(desk.after() == Events{"superseded", "superseded", "binding.created",
                               "mismatch.card_in_use", "report.rejected", "report.rejected"});
  CHECK(desk.store().count_rejected() == 0);
  CHECK(desk.card_of("1/D2") == two);
  desk.events();
  CHECK(desk.archive(journal).changed == 0);
  CHECK(desk.events().empty());
}
