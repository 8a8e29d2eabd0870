// SPDX-License-Identifier: Apache-2.0
// A batch is only a way to save work: however the same reports are divided into batches, the store
// and its outbox end up the same. Random histories are applied to two stores, in batches to one and
// report by report to the other. The environment can ask for more: IOTCARD_HISTORIES=100000.
#include "ingest/apply_reports.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <random>

#include "operations/binding_operations.h"
#include "operations/card_operations.h"
#include "operations/card_state.h"
#include "operations/mismatch_operations.h"
#include "unit/apply_world.h"

namespace iotcard::apply_world {

namespace {

// As devices spell them, and what no card fits.
const std::vector<std::string> spellings{R"("898604293620C0000970")",
                                         "898604293620C0000970",
                                         R"("898604293620c0000970\r\nOK")",
                                         R"("89860429362070000974")",
                                         R"("8986042936207000097")",
                                         R"("8986042936207000123")",
                                         R"("89860617060065258667")",
                                         R"("8986061706006525866")",
                                         R"("89860000000000000000")",
                                         R"("89860000000000000001")",
                                         "8.98604293620e+19",
                                         "89860429362070000000",
                                         R"("12345")",
                                         R"("")",
                                         "null"};

// Draws the same numbers everywhere, unlike the standard library's distributions.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t sides) { return static_cast<std::size_t>(engine_() % sides); }
  bool one_in(std::size_t sides) { return below(sides) == 0; }
  template <typename List>
  const auto& of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 engine_;
};

std::string text(const std::optional<Instant>& time) {
  return time ? to_rfc3339(*time) : "-";
}
std::string text(const Binding& b) {
  return fmt::format("{} {} {} {} {} {} {} {}", b.device.text(), b.iccid.text(),
                     match_names[b.match], text(b.since), text(b.last_seen), text(b.until),
                     b.created_by, b.ended_by);
}
std::string text(const Mismatch& m) {
  const Against& against = m.against;
  return fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}", m.device.text(),
      outcome_name(m.outcome), m.reported, m.platform.value_or(0), mismatch_state_names[m.state],
      m.count, text(m.first_seen), text(m.last_seen), text(m.ended), m.ended_by, text(m.dismissed),
      m.dismissed_by, m.reason, against.suspect ? suspect_names[*against.suspect] : "-",
      against.bound ? against.bound->text() : "-", against.holder ? against.holder->text() : "-",
      against.card_platform.value_or(0), m.reported_text,
      fmt::join(m.leniencies.names(leniency_names), ","), m.candidates.size());
}

// All that a store holds, a row a line; ids are the store's own business.
std::vector<std::string> contents(Store& store) {
  std::vector<std::string> lines;
  for (const OutboxRow& row : store.read_outbox(client, 0, 1'000'000)) {
    // Without the store's id.
    const std::size_t id = row.payload.find(':', row.payload.find("\"id\""));
    lines.push_back(fmt::format("event {} {} {}", row.sequence, row.topic,
                                row.payload.substr(row.payload.find(':', id + 1))));
  }
  for (const DeviceRow& row : store.list_devices({}, "", 10'000).rows) {
    lines.push_back(
        fmt::format("device {} {} {} {} {} {} {} {} {} {} {} {} {}", row.device.text(), row.reports,
                    text(row.first_seen), text(row.last_seen), row.last_topic, row.last_payload,
                    row.reported_iccid, row.platform.value_or(0), row.outcome, row.rssi.value_or(0),
                    row.imei, fmt::join(row.leniencies, ","), fmt::join(row.issues, ",")));
    for (const Binding& binding : store.binding_history(row.device, 10'000)) {
      lines.push_back("binding " + text(binding));
    }
  }
  std::vector<std::string> mismatches;
  MismatchFilter all;
  all.standing_only = false;
  for (const Mismatch& mismatch : store.list_mismatches(all, "", 100'000).rows) {
    mismatches.push_back("mismatch " + text(mismatch));
  }
  std::sort(mismatches.begin(), mismatches.end());
  lines.insert(lines.end(), mismatches.begin(), mismatches.end());
  for (const StoredCard& card : store.list_cards({}, "", 10'000).rows) {
    lines.push_back(fmt::format(
        "card {} {} {} {} {} {} {} {}", card.card.iccid.text(), card_status_names[card.card.status],
        card.card.platform.value_or(0), card.card.used_bytes.value_or(-1),
        card.binding ? card.binding->device.text() : "-", text(card.card.expires_at),
        text(card.judge_at), fmt::join(card.announced.names(abnormal_names), ",")));
  }
  for (const RejectedReport& row : store.list_rejected({}, "", 100'000).rows) {
    lines.push_back(fmt::format("rejected {} {} {} {} {}", row.report.topic, row.report.payload,
                                row.report.size, rejection_reason_names[row.reason], row.offset));
  }
  return lines;
}

// One history: reports in batches of any size, and operators' acts between the batches.
class History {
 public:
  History(std::uint64_t seed, World& batched, World& single)
      : dice_(seed), batched_(batched), single_(single) {
    rules_.policy.on_conflict = dice_.one_in(2) ? OnConflict::hold : OnConflict::follow;
    rules_.policy.publish_dismissed = dice_.one_in(4);
    if (dice_.one_in(3)) rules_.policy.mute = {EventKind::binding_confirmed};
    // Now and then more keys than a store reads in one statement.
    if (dice_.one_in(8)) {
      devices_ = 40;
      most_reports_ = 80;
      for (std::size_t i = 0; i < devices_; ++i)
        wide_.push_back(fmt::format("8986000000000001{:03}", i));
    }
  }

  void run() {
    for (const std::string& card : wide_) {
      for (World* world : {&batched_, &single_}) {
        world->act(rules_, clock_, [&](Store& store, const Context& context) {
          add_card(store, context, *Iccid::from_canonical(card), {});
        });
      }
    }
    for (int batch = 0; batch < 6; ++batch) {
      std::vector<BatchItem> items;
      const std::size_t count = 1 + dice_.below(most_reports_);
      while (items.size() < count) items.push_back(draw());
      batched_.apply(items, rules_, clock_);
      for (const BatchItem& item : items) apply_alone(item);
      if (dice_.one_in(2)) operate();
    }
  }

 private:
  // A report that is older than another of its device, which names a card, binds none.
  void apply_alone(const BatchItem& item) {
    const auto before = item.sender.device ? single_.store->find_device(*item.sender.device)
                                           : std::optional<DeviceRow>{};
    single_.apply({&item, 1}, rules_, clock_);
    const bool late = before && before->last_seen && item.report.arrival < *before->last_seen &&
                      *before->last_seen <= clock_.now();
    if (!late) return;
    const auto newest = outcome_named(before->outcome);
    if (!newest || newest == Outcome::no_card || newest == Outcome::iccid_invalid) return;
    const auto bound = single_.store->binding_of(*item.sender.device);
    INFO(item.report.payload << " after " << before->last_payload);
    REQUIRE((bound ? bound->iccid.text() : "") ==
            (before->binding ? before->binding->iccid.text() : ""));
  }
  BatchItem draw() {
    // Many reports of a batch come in the same millisecond.
    if (!dice_.one_in(3)) clock_.time += std::chrono::microseconds{dice_.below(3'000'000)};
    BatchItem item;
    item.report.arrival = clock_.now();
    if (dice_.one_in(10)) {
      item.sender.card = dice_.of(cards);
      item.report.topic = "iotcard/card/" + *item.sender.card + "/state/set";
      item.report.payload = dice_.of(states_);
    } else {
      const std::string number = "D" + std::to_string(dice_.below(devices_));
      item.report.topic = "/1/" + number + "/info/post";
      if (!dice_.one_in(40)) item.sender.device = DeviceKey{"1", number};
      item.report.payload = dice_.one_in(30) ? dice_.of(broken_) : report();
      if (dice_.one_in(12)) item.deferred = ++deferred_;
      if (dice_.one_in(4)) item.report.arrival -= std::chrono::seconds{dice_.below(20)};
      item.report.retained = dice_.one_in(6);
    }
    item.report.size = static_cast<std::uint32_t>(item.report.payload.size());
    if (dice_.one_in(60)) ++item.report.size;
    return item;
  }
  std::string report() {
    const bool wide = !wide_.empty() && !dice_.one_in(3);
    std::string text = R"({"iccid":)" + (wide ? '"' + dice_.of(wide_) + '"' : dice_.of(spellings));
    if (dice_.one_in(4)) text += fmt::format(R"(,"cardPlatformId":{})", 1 + dice_.below(3));
    if (dice_.one_in(3)) text += fmt::format(R"(,"imei":"8675309123456{}1")", 7 + dice_.below(2));
    return text + R"(,"rssi":-7})";
  }
  void operate() {
    clock_.time += std::chrono::seconds{1 + dice_.below(3)};
    const DeviceKey device{"1", "D" + std::to_string(dice_.below(devices_))};
    const Iccid card = Iccid::from_canonical(dice_.of(cards)).value();
    const std::size_t what = dice_.below(10);
    const bool force = dice_.one_in(2);
    const std::vector<FieldChange> change{dice_.of(changes_)};
    for (World* world : {&batched_, &single_}) {
      world->act(rules_, clock_, [&](Store& store, const Context& context) {
        const std::vector<Mismatch> standing = store.standing_mismatches(device);
        switch (what) {
          case 0:
            add_card(store, context, card, change);
            break;
          case 1:
            remove_card(store, context, card, force);
            break;
          case 2:
            bind_card(store, context, device, card, force);
            break;
          case 3:
            unbind_device(store, context, device);
            break;
          case 4:
            unbind_card(store, context, card);
            break;
          case 5:
            set_card(store, context, card, change);
            break;
          case 6:
            if (!standing.empty()) accept_mismatch(store, context, standing[0].id, {});
            break;
          case 7:
            if (!standing.empty()) reopen_mismatch(store, context, standing[0].id);
            break;
          default:
            if (!standing.empty()) dismiss_mismatch(store, context, standing[0].id, "known");
        }
      });
    }
  }

  const std::vector<std::string> states_{R"({"status":"active","used_bytes":5})",
                                         R"({"status":"suspended"})", R"({"plan":"A"})",
                                         R"({"status":"asleep"})", R"({"platform":2})"};
  const std::vector<std::string> broken_{"", "{", "[1]", R"({"iccid":"1"}})", "hello"};
  const std::vector<FieldChange> changes_{{"status", "active"},
                                          {"status", "terminated"},
                                          {"platform", "1"},
                                          {"platform", "2"},
                                          {"expires_at", "2026-11-24T08:00:20Z"},
                                          {"imei", "867530912345671"},
                                          {"imei", "867530912345688"},
                                          {"plan", "B"}};

  Dice dice_;
  World& batched_;
  World& single_;
  ApplyRules rules_;
  SetClock clock_;
  std::int64_t deferred_ = 0;
  std::size_t devices_ = 5;
  std::size_t most_reports_ = 12;
  std::vector<std::string> wide_;  // cards of many devices
};

}  // namespace

TEST_CASE("the holder reports another card in the batch in which a newcomer reports its first") {
  // What is known of the newcomer's card is as of its own report, not of the batch's end.
  for (const bool in_one_batch : {true, false}) {
    World world;
    SetClock clock;
    ApplyRules rules;
    for (const std::string& card : {cards[0], cards[3]}) {
      add_card(*world.store, World::context(rules, clock), *Iccid::from_canonical(card), {});
    }
    std::vector<BatchItem> items;
    const auto report = [&](const std::string& number, const std::string& card) {
      clock.time += std::chrono::seconds{1};
      BatchItem item;
      item.report.arrival = clock.now();
      item.report.topic = "/1/" + number + "/info/post";
      item.report.payload = R"({"iccid":")" + card + "\"}";
      item.report.size = static_cast<std::uint32_t>(item.report.payload.size());
      item.sender.device = DeviceKey{"1", number};
      items.push_back(item);
    };
    report("HOLDER", cards[0]);
    report("HOLDER", cards[3]);    // its SIM was swapped
    report("NEWCOMER", cards[0]);  // where the first SIM is now
    report("HOLDER", cards[3]);
    report("NEWCOMER", cards[0]);
    if (in_one_batch) {
      world.apply(items, rules, clock);
    } else {
      for (const BatchItem& item : items) world.apply({&item, 1}, rules, clock);
    }
    std::vector<std::string> in_use;
    for (const OutboxRow& row : world.store->read_outbox(client, 0, 100)) {
      if (row.topic == "event/mismatch/card_in_use/1/NEWCOMER") in_use.push_back(row.payload);
    }
    REQUIRE(in_use.size() == 2);
    CHECK_THAT(in_use[0], Catch::Contains(R"("suspect":"moved")"));
    CHECK_THAT(in_use[1], Catch::Contains(R"("suspect":"moved")"));
  }
}

TEST_CASE("a batch of n reports leaves the same store and the same outbox as n batches of one") {
  // So many histories follow one another in a store. Then a new one begins: to compare two stores
  // costs more the more is in them.
  constexpr std::uint64_t histories_a_store = 10;
  const char* asked = std::getenv("IOTCARD_HISTORIES");
  const std::uint64_t histories = asked == nullptr ? 400 : std::strtoull(asked, nullptr, 10);
  std::uint64_t seed = 0;
  while (seed < histories) {
    World batched;
    World single;
    for (std::uint64_t i = 0; i < histories_a_store; ++i) {
      History{seed++, batched, single}.run();
      const std::vector<std::string> expected = contents(*single.store);
      const std::vector<std::string> found = contents(*batched.store);
      const auto [one, other] =
          std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
      INFO("history " << seed - 1);
      INFO("a batch leaves " << (one == found.end() ? "less" : *one));
      INFO("batches of one  " << (other == expected.end() ? "less" : *other));
      REQUIRE((one == found.end() && other == expected.end()));
    }
  }
}

}  // namespace iotcard::apply_world
