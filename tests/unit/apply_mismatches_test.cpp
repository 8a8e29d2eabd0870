// SPDX-License-Identifier: Apache-2.0
// Mismatches that a batch of reports raises, and how the order in the journal decides who has a
// clone.
#include <catch2/catch.hpp>

#include "operations/card_operations.h"
#include "operations/mismatch_operations.h"
#include "unit/apply_world.h"

namespace iotcard::apply_world {

namespace {

// Reports of devices, all in one millisecond.
class OneMillisecond {
 public:
  OneMillisecond() {
    add_card(*world.store, World::context(rules, clock), *Iccid::from_canonical(cards[0]), {});
  }
  void report(const std::vector<std::string>& numbers, bool in_one_batch) {
    std::vector<BatchItem> items;
    for (const std::string& number : numbers) {
      BatchItem item;
      item.report.arrival = clock.now();
      item.report.topic = "/1/" + number + "/info/post";
      item.report.payload = R"({"iccid":")" + cards[0] + "\"}";
      item.report.size = static_cast<std::uint32_t>(item.report.payload.size());
      item.sender.device = DeviceKey{"1", number};
      items.push_back(item);
    }
    if (in_one_batch) return world.apply(items, rules, clock);
    for (const BatchItem& item : items) world.apply({&item, 1}, rules, clock);
  }
  Mismatch of(const std::string& number) {
    return world.store->standing_mismatches({"1", number}).at(0);
  }
  std::vector<std::string> events() {
    std::vector<std::string> texts;
    for (const OutboxRow& row : world.store->read_outbox(client, seen_, 100)) {
      const bool cloned = row.payload.find(R"("suspect":"cloned")") != std::string::npos;
      texts.push_back(row.topic.substr(std::string_view{"event/"}.size()) +
                      (cloned ? " cloned" : ""));
      seen_ = row.sequence;
    }
    return texts;
  }

  World world;
  SetClock clock;
  ApplyRules rules;

 private:
  std::int64_t seen_ = 0;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE(
    "a card that its holder reports after a newcomer is cloned, in the same millisecond, too") {
  for (const bool in_one_batch : {true, false}) {
    CAPTURE(in_one_batch);
    OneMillisecond bench;
    bench.report({"A", "B"}, in_one_batch);
    CHECK(bench.of("B").against.suspect == Suspect::moved);
    CHECK(bench.of("B").against.holder == DeviceKey{"1", "A"});
    OneMillisecond other;
    other.report({"A", "B", "A"}, in_one_batch);
    CHECK(other.of("B").against.suspect == Suspect::cloned);
    CHECK(other.of("B").count == 1);
    CHECK(other.events() == Texts{"binding/created/1/A", "mismatch/card_in_use/1/B",
                                  "binding/confirmed/1/A", "mismatch/card_in_use/1/B cloned"});
    // Once; then it is no news.
    other.report({"A", "B", "A"}, in_one_batch);
    CHECK(other.events() == Texts{"binding/confirmed/1/A", "mismatch/card_in_use/1/B cloned",
                                  "binding/confirmed/1/A"});
  }
}

TEST_CASE("a dismissed mismatch counts and publishes nothing until its cause changes") {
  for (const bool in_one_batch : {true, false}) {
    CAPTURE(in_one_batch);
    OneMillisecond bench;
    bench.report({"A", "B"}, in_one_batch);
    dismiss_mismatch(*bench.world.store, World::context(bench.rules, bench.clock), bench.of("B").id,
                     "the van has two");
    bench.events();
    bench.report({"B", "B"}, in_one_batch);
    CHECK(bench.events().empty());
    CHECK(bench.of("B").count == 3);
    CHECK(bench.of("B").state == MismatchState::dismissed);
    CHECK(bench.of("B").reason == "the van has two");
    bench.rules.policy.publish_dismissed = true;
    bench.report({"B"}, in_one_batch);
    CHECK(bench.events() == Texts{"mismatch/card_in_use/1/B"});
    bench.rules.policy.publish_dismissed = false;
    // Its holder reports the card: cloned is another cause than moved.
    bench.report({"A"}, in_one_batch);
    CHECK(bench.events() == Texts{"binding/confirmed/1/A", "mismatch/card_in_use/1/B cloned"});
    CHECK(bench.of("B").state == MismatchState::open);
    CHECK(bench.of("B").reason.empty());
    CHECK(bench.of("B").count == 4);
  }
}

}  // namespace iotcard::apply_world
