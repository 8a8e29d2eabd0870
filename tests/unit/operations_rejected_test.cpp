// SPDX-License-Identifier: Apache-2.0
// Rejected reports: how they are found and counted, and one that is decided again by itself.
#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/rejected_operations.h"
#include "operations/replay/replay.h"
#include "operations_bench.h"
#include "support/store_writes.h"

using namespace iotcard;

namespace {

const char* const some_card = "898604293620C0000970";

struct RejectedBench : OperationsBench {
  std::int64_t reject(const std::string& topic, const std::string& payload,
                      RejectionReason reason) {
    context.now += std::chrono::seconds{1};
    add_rejected(store(),
                 {.topic = topic,
                  .payload = payload,
                  .size = static_cast<std::uint32_t>(payload.size()),
                  .arrival = context.now},
                 {reason, 0});
    return store().list_rejected({}, "", 1).rows.at(0).id;
  }
  ReplayedOne replay(std::int64_t id, bool dry_run = false) {
    return replay_one_rejected(store(), context, id, dry_run);
  }
};

}  // namespace

TEST_CASE("one rejected report is decided again, and a dry run leaves everything as it is") {
  RejectedBench bench;
  add_card(bench.store(), bench.context, iccid_of(some_card), {});
  const std::int64_t id = bench.reject("/1/D1/info/post", R"({"iccid":"898604293620C0000970"})",
                                       RejectionReason::not_applied);
  bench.events();
  const ReplayedOne tried = bench.replay(id, true);
  CHECK(tried.accepted());
  CHECK(tried.report.after.outcome == "binding.created");
  CHECK_FALSE(tried.applied);
  CHECK(bench.events().empty());
  CHECK(bench.card_of("1/D1").empty());
  CHECK(bench.store().find_rejected(id));

  const ReplayedOne done = bench.replay(id);
  CHECK(done.applied);
  CHECK(bench.card_of("1/D1") == some_card);
  CHECK(bench.events() == std::vector<std::string>{"binding/created/1/D1"});
  CHECK_FALSE(bench.store().find_rejected(id));
  CHECK_THROWS_AS(bench.replay(id), OperationError);
}

TEST_CASE("a report that stays rejected says at which octet, and is kept") {
  RejectedBench bench;
  const std::int64_t cut =
      bench.reject("/1/D1/info/post", R"({"iccid":)", RejectionReason::truncated);
  const ReplayedOne again = bench.replay(cut);
  REQUIRE(again.rejection);
  CHECK(again.rejection->offset == 9);
  CHECK_FALSE(again.applied);
  CHECK(bench.store().find_rejected(cut));
  // What a script said of a card is no report.
  const std::int64_t state =
      bench.reject("iotcard/card/8986/state/set", "{}", RejectionReason::bad_card_state);
  CHECK(bench.replay(state).rejection->reason == RejectionReason::bad_card_state);
  JsonText json;
  write_replayed_one(json, bench.replay(state));
  CHECK(json.view() == R"({"accepted":false,"outcome":null,)"
                       R"("rejection":{"reason":"bad-card-state","offset":0},"applied":false})");
}

TEST_CASE("a report that is superseded is not applied") {
  RejectedBench bench;
  const std::int64_t old = bench.reject("/1/D1/info/post", R"({"iccid":"898604293620C0000970"})",
                                        RejectionReason::not_applied);
  bench.report("1/D1", "{}");
  const ReplayedOne again = bench.replay(old);
  CHECK(again.accepted());
  CHECK(again.report.after.outcome == "superseded");
  CHECK_FALSE(again.applied);
  CHECK(bench.store().find_rejected(old));
}

TEST_CASE("rejected reports of a device are found by the topics of its product") {
  RejectedBench bench;
  ReportSource other = bench.context.sources[0];
  other.topics = {TopicPattern{"router/+/{device}", "rutx"}};
  bench.context.sources = ReportSources{{bench.context.sources[0], other}};
  bench.reject("router/a/D1", "", RejectionReason::empty);
  bench.reject("/rutx/D1/info/post", "", RejectionReason::empty);
  bench.reject("/1/D1/info/post", "", RejectionReason::truncated);
  const auto count = [&](const char* device) {
    std::int64_t rows = 0;
    each_row(rejected_rows(bench.store(), bench.context, {.device = DeviceKey::parse(device)}),
             no_limit, [&](const RejectedReport&) { ++rows; });
    return rows;
  };
  CHECK(count("rutx/D1") == 2);
  CHECK(count("1/D1") == 1);
  CHECK(count("1/D2") == 0);
  JsonText json;
  write_rejected_statistics(json, bench.store());
  CHECK(json.view() == R"({"total":3,"by_reason":[{"reason":"empty","count":2},)"
                       R"({"reason":"truncated","count":1}]})");
}
