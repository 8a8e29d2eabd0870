// SPDX-License-Identifier: Apache-2.0
// Journal, applier and outbox publisher on a real store and real files; only the broker is a fake.
#include "pipeline_bench.h"

using namespace iotcard;

namespace {

std::string unknown_card(int i) {
  return R"({"iccid":"89860429362000)" + std::to_string(100'001 + i) + "\"}";
}

}  // namespace

TEST_CASE("reports become outcomes in the store and events in the outbox, in order") {
  Bench bench;
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  for (int i = 0; i < 1000; ++i) append(*journal, "D" + std::to_string(i), unknown_card(i));
  append(*journal, "BROKEN", "{");
  apply_all(*applier, *journal);

  CHECK(applier->counts().applied == 1001);
  CHECK(applier->counts().rejected.total() == 1);
  CHECK(bench.store->count_devices() == 1000);
  CHECK(bench.store->count_rejected() == 1);
  const auto rows = bench.store->read_outbox(client, 0, 2000);
  REQUIRE(rows.size() == 1001);
  for (int i = 0; i < 1000; ++i) {
    CHECK(rows[static_cast<std::size_t>(i)].topic ==
          "event/mismatch/card_unknown/1/D" + std::to_string(i));
  }
  CHECK(rows.back().topic == "event/report/rejected/1/BROKEN");
}

TEST_CASE("a report that was journalled before a crash is applied once after it") {
  Bench bench;
  {
    const auto journal = bench.open_journal();
    append(*journal, "D1", unknown_card(1));
    const auto applier = bench.make_applier(*journal);
    apply_all(*applier, *journal);
    append(*journal, "D1", unknown_card(1));  // and here the process ends
  }
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  append(*journal, "D1", unknown_card(1));
  apply_all(*applier, *journal);
  CHECK(bench.store->find_device({"1", "D1"})->reports == 3);
  CHECK(bench.store->standing_mismatches({"1", "D1"})[0].count == 3);
}

TEST_CASE("the same report delivered twice leaves the same binding") {
  Bench bench;
  bench.store->add_card(Card{*Iccid::from_canonical("898604293620C0000970")});
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  for (int i = 0; i < 2; ++i) append(*journal, "D1", R"({"iccid":898604293620C0000970})");
  apply_all(*applier, *journal);
  CHECK(bench.store->count_open_bindings() == 1);
  const auto rows = bench.store->read_outbox(client, 0, 10);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].topic == "event/binding/created/1/D1");
  CHECK(rows[1].topic == "event/binding/confirmed/1/D1");
}

TEST_CASE("a report that the store refuses by itself is quarantined, and the others are applied") {
  Bench bench;
  bench.break_store(refuses_bad);
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  for (const char* number : {"D1", "D2", "BAD", "D3", "D4"}) {
    append(*journal, number, unknown_card(1));
  }
  apply_all(*applier, *journal);
  CHECK(bench.store->count_devices() == 4);
  const auto rejected = bench.store->list_rejected({}, "", 10).rows;
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].reason == RejectionReason::not_applied);
  CHECK(rejected[0].report.topic == "/1/BAD/info/post");
  CHECK(bench.store->read_outbox(client, 0, 10).size() == 5);
}

TEST_CASE("acknowledged events wait no more, and are kept as a history if they are to be") {
  Bench bench;
  const bool keep = GENERATE(true, false);
  CAPTURE(keep);
  if (!keep) bench.retention.events = 0;
  const auto journal = bench.open_journal();
  std::atomic<std::int64_t> acknowledged{0};
  const auto applier = bench.make_applier(
      *journal, {[] {}, [&] { return acknowledged.load(); }, [] { return true; }});
  for (int i = 0; i < 3; ++i) append(*journal, "D" + std::to_string(i), unknown_card(i));
  apply_all(*applier, *journal);
  const auto rows = bench.store->read_outbox(client, 0, 10);
  REQUIRE(rows.size() == 3);
  CHECK(bench.store->complete_after(client).has_value() == keep);
  acknowledged = rows[1].sequence;
  const auto again = bench.make_applier(
      *journal, {[] {}, [&] { return acknowledged.load(); }, [] { return true; }});
  append(*journal, "LAST", unknown_card(9));
  apply_all(*again, *journal);
  const auto left = bench.store->read_outbox(client, 0, 10);
  REQUIRE(left.size() == 2);
  CHECK(left[0].sequence == rows[2].sequence);
  const auto kept = bench.store->published_events(client, 0, 10);
  REQUIRE(kept.size() == (keep ? 2 : 0));
  if (keep) CHECK(kept[1].payload == rows[1].payload);
}

TEST_CASE("a history that is turned off and on again does not claim what was not kept") {
  Bench bench;
  const auto journal = bench.open_journal();
  std::int64_t acknowledged = 0;
  const auto report_and_acknowledge = [&](std::int64_t events, int number) {
    bench.retention.events = events;
    append(*journal, "D" + std::to_string(number), unknown_card(number));
    const auto hooks = Applier::Hooks{[] {}, [&] { return acknowledged; }, [] { return true; }};
    apply_all(*bench.make_applier(*journal, hooks), *journal);
    acknowledged = bench.store->last_sequence();
    append(*journal, "D", unknown_card(number));  // a batch that records it
    apply_all(*bench.make_applier(*journal, hooks), *journal);
  };
  report_and_acknowledge(1000, 1);
  report_and_acknowledge(1000, 2);
  CHECK(bench.store->complete_after(client) == 0);
  report_and_acknowledge(0, 3);
  CHECK_FALSE(bench.store->complete_after(client));
  const std::int64_t deleted_up_to = acknowledged;
  report_and_acknowledge(1000, 4);
  CHECK(bench.store->complete_after(client) == deleted_up_to);
  CHECK(bench.store->oldest_event(client) == deleted_up_to + 1);
}

namespace {

void fill_outbox(Store& store, int count) {
  for (int i = 0; i < count; ++i) {
    append_event(store, {EventKind::binding_confirmed, DeviceKey{"1", "D"}, {}, Instant{}, "{}"});
  }
}

}  // namespace

TEST_CASE("events are sent in order with a bounded number in flight") {
  Bench bench;
  fill_outbox(*bench.store, 1000);
  FakeBroker broker;
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  outbox.start();
  outbox.connected();
  std::size_t acknowledged = 0;
  while (acknowledged < 1000) {
    const auto sent = broker.wait_for(acknowledged + 1);
    REQUIRE(sent.size() > acknowledged);
    REQUIRE(sent.size() <= acknowledged + OutboxPublisher::window);
    REQUIRE(sent[acknowledged].first == static_cast<std::int64_t>(acknowledged) + 1);
    outbox.published(sent[acknowledged++].first, Delivery::acknowledged, "");
  }
  CHECK(outbox.acknowledged() == 1000);
  CHECK(broker.wait_for(0)[0].second == "iotcard/event/binding/confirmed/1/D");
}

TEST_CASE(
    "after a lost connection all events that were not acknowledged are sent again, in order") {
  Bench bench;
  fill_outbox(*bench.store, 40);
  FakeBroker broker;
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  outbox.start();
  outbox.connected();
  const auto first = broker.wait_for(OutboxPublisher::window);
  for (int i = 0; i < 5; ++i)
    outbox.published(first[static_cast<std::size_t>(i)].first, Delivery::acknowledged, "");
  const auto before = broker.wait_for(OutboxPublisher::window + 5).size();
  outbox.published(first[10].first, Delivery::acknowledged,
                   "");  // out of order: not counted until the others are
  CHECK(outbox.acknowledged() == 5);
  outbox.disconnected();
  outbox.connected();
  const auto sent = broker.wait_for(before + OutboxPublisher::window);
  REQUIRE(sent.size() >= before + OutboxPublisher::window);
  for (std::size_t i = 0; i < OutboxPublisher::window; ++i) {
    CHECK(sent[before + i].first == 6 + static_cast<std::int64_t>(i));
  }
}

TEST_CASE("events that another process adds are noticed") {
  Bench bench;
  FakeBroker broker;
  OutboxPublisher outbox{*bench.store, broker, bench.clock, client, "iotcard"};
  outbox.start();
  outbox.connected();
  wait_until([&] { return outbox.idle(); });
  const auto other = open_store("sqlite:" + (bench.folder / "cards.db").string());
  fill_outbox(*other, 1);
  CHECK(broker.wait_for(1).size() == 1);
}

namespace {

// With a letter, so that none looks like a rounded number.
std::string lettered_card(int i) {
  return R"({"iccid":"898604293620C0)" + std::to_string(100'001 + i) + "\"}";
}

std::string known_topic(const OutboxRow& row) {
  return row.topic.substr(row.topic.rfind('/') + 1);
}

// The position of the last event of an honest device among all events.
std::size_t last_honest(const std::vector<OutboxRow>& rows) {
  std::size_t last = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (known_topic(rows[i]) != "FLOOD") last = i;
  }
  return last;
}

}  // namespace

TEST_CASE("reports of a flooding device are deferred, and each has its outcome in order") {
  constexpr int flood = 8000;
  constexpr int honest = 40;
  Bench bench;
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  for (int i = 0; i < flood; ++i) {
    append(*journal, "FLOOD", lettered_card(i));
    if (i % (flood / honest) == 0) append(*journal, "D" + std::to_string(i), lettered_card(i));
  }
  applier->start();
  wait_until([&] { return applier->counts().applied == flood + honest; });
  applier->stop();
  CHECK(applier->counts().deferred > flood / 2);
  CHECK(bench.store->deferred_topics(client).empty());
  const auto rows = bench.store->read_outbox(client, 0, 4 * flood);
  // In arrival order the last honest one would come behind nearly all of the flood.
  CHECK(last_honest(rows) < rows.size() / 2);
  std::vector<std::string> cards;
  for (const OutboxRow& row : rows) {
    if (row.topic != "event/mismatch/card_unknown/1/FLOOD") continue;
    const std::size_t at = row.payload.find(R"("iccid":")");
    cards.push_back(row.payload.substr(at + 9, 20));
  }
  REQUIRE(cards.size() == flood);
  CHECK(std::is_sorted(cards.begin(), cards.end()));
  CHECK(bench.store->find_device({"1", "FLOOD"})->reports == flood);
}

TEST_CASE("deferred reports survive the end of the process, in their order") {
  constexpr int flood = 3000;
  Bench bench;
  std::uint64_t applied = 0;
  {
    const auto journal = bench.open_journal();
    const auto applier = bench.make_applier(*journal);
    for (int i = 0; i < flood; ++i) {
      append(*journal, "FLOOD", lettered_card(i));
      if (i % 10 == 0) append(*journal, "D" + std::to_string(i), lettered_card(i));
    }
    applier->start();
    wait_until([&] { return applier->counts().deferred > 0; });
    applier->stop();
    applied = applier->counts().applied;
    REQUIRE_FALSE(bench.store->deferred_topics(client).empty());
  }
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  applier->start();
  wait_until([&] { return applied + applier->counts().applied == flood + flood / 10; });
  applier->stop();
  CHECK(bench.store->find_device({"1", "FLOOD"})->reports == flood);
  CHECK(bench.store->find_device({"1", "FLOOD"})->reported_iccid ==
        "898604293620C0" + std::to_string(100'001 + flood - 1));
}

TEST_CASE("a deferred report that the store refuses is quarantined, and the others are applied") {
  Bench bench;
  // A batch adds all reports of a device at once, also the first ones.
  bench.break_store(
      "CREATE TRIGGER fault BEFORE UPDATE ON device WHEN NEW.reports >= 100 "
      "BEGIN SELECT RAISE(ABORT, 'fault'); END;"
      "CREATE TRIGGER first_fault BEFORE INSERT ON device WHEN NEW.reports >= 100 "
      "BEGIN SELECT RAISE(ABORT, 'fault'); END");
  for (int i = 0; i < 200; ++i) {
    bench.store->defer_report(client, {.topic = "/1/FLOOD/info/post",
                                       .payload = lettered_card(i),
                                       .size = static_cast<std::uint32_t>(lettered_card(i).size()),
                                       .arrival = bench.clock.now()});
  }
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(*journal);
  append(*journal, "D1", unknown_card(1));
  applier->start();
  // The device stays at 99 reports, so every later report fails as well.
  wait_until([&] { return applier->counts().applied == 201; });
  applier->stop();
  CHECK(bench.store->deferred_topics(client).empty());
  CHECK(bench.store->count_rejected() == 101);
  CHECK(bench.store->find_device({"1", "FLOOD"})->reports == 99);
  CHECK(bench.store->find_device({"1", "D1"})->reports == 1);
}

TEST_CASE("a deferred report takes no card from a device that has reported since") {
  Bench bench;
  bench.on_conflict = OnConflict::follow;
  const Iccid card = *Iccid::from_canonical("898604293620C0000970");
  bench.store->add_card(Card{card});
  const DeviceKey holder{"1", "B"};
  for (const std::chrono::hours age : {std::chrono::hours{1}, std::chrono::hours{-1}}) {
    apply(*bench.store, CreateBinding{holder, card, Match::exact, bench.clock.now(), "report"});
    const std::string payload = R"({"iccid":"898604293620C0000970"})";
    bench.store->defer_report(client, {.topic = "/1/A/info/post",
                                       .payload = payload,
                                       .size = static_cast<std::uint32_t>(payload.size()),
                                       .arrival = bench.clock.now() - age});
    const auto journal = bench.open_journal();
    const auto applier = bench.make_applier(*journal);
    applier->start();
    wait_until([&] { return applier->counts().applied == 1; });
    applier->stop();
    const bool outrun = age.count() > 0;
    CHECK(bench.store->binding_of(holder).has_value() == outrun);
    CHECK(bench.store->binding_of({"1", "A"}).has_value() == !outrun);
    CHECK(bench.store->find_device({"1", "A"})->outcome == "mismatch.card_in_use");
    if (outrun) apply(*bench.store, EndBinding{holder, {}, "test"});
  }
}

TEST_CASE(
    "while events wait for the broker, a flooding device adds few, and all are applied later") {
  constexpr int flood = 3000;
  Bench bench;
  fill_outbox(*bench.store, 1500);
  std::atomic<std::int64_t> acknowledged{0};
  const auto journal = bench.open_journal();
  const auto applier = bench.make_applier(
      *journal, {[] {}, [&] { return acknowledged.load(); }, [] { return true; }});
  for (int i = 0; i < flood; ++i) append(*journal, "FLOOD", lettered_card(i));
  append(*journal, "HONEST", lettered_card(flood));
  applier->start();
  wait_until([&] { return journal->backlog() == 0; });
  CHECK(bench.store->find_device({"1", "HONEST"}).has_value());
  CHECK(applier->counts().applied == 32 + 1);
  const auto outbox = open_store("sqlite:" + (bench.folder / "cards.db").string());
  wait_until([&] {  // and now the broker takes all that there is
    const auto rows = outbox->read_outbox(client, acknowledged, 10'000);
    if (!rows.empty()) acknowledged = rows.back().sequence;
    return applier->counts().applied == flood + 1;
  });
  applier->stop();
  CHECK(bench.store->deferred_topics(client).empty());
}
