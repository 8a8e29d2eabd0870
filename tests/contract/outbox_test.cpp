// SPDX-License-Identifier: Apache-2.0
#include "contract/store_under_test.h"
#include "support/list_pages.h"

namespace iotcard {

TEST_CASE_METHOD(StoreUnderTest, "an event is read with its topic and with its id in the payload") {
  const Event event = an_event(device(1));
  append(*store, "here", event);
  const auto rows = store->read_outbox("here", 0, 9);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].sequence > 0);
  CHECK(rows[0].topic == event_topic(event));
  CHECK(rows[0].payload ==
        with_event_id(event_json(event), store->id() + ":" + std::to_string(rows[0].sequence)));
}

TEST_CASE_METHOD(StoreUnderTest,
                 "events are read in the order they were decided in, page by page") {
  for (int i = 0; i < 5; ++i) append(*store, "here", an_event(device(i)));
  std::int64_t after = 0;
  for (int i = 0; i < 5; ++i) {
    const auto rows = store->read_outbox("here", after, 1);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].topic == event_topic(an_event(device(i))));
    CHECK(rows[0].sequence > after);
    after = rows[0].sequence;
  }
  CHECK(store->read_outbox("here", after, 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "each client has an outbox of its own") {
  append(*store, "here", an_event(device(1)));
  append(*store, "there", an_event(device(2)));
  append(*store, "here", an_event(device(3)));
  CHECK(store->count_outbox("here") == 2);
  CHECK(store->count_outbox("there") == 1);
  CHECK(store->count_outbox("nowhere") == 0);
  const auto here = store->read_outbox("here", 0, 9);
  store->remove_published("there", here.back().sequence);
  CHECK(store->count_outbox("here") == 2);
  CHECK(store->count_outbox("there") == 0);
  store->remove_published("here", here[0].sequence);
  const auto left = store->read_outbox("here", 0, 9);
  REQUIRE(left.size() == 1);
  CHECK(left[0].sequence == here[1].sequence);
}

TEST_CASE_METHOD(StoreUnderTest, "a sequence is never used again, even after its row is deleted") {
  append(*store, "here", an_event(device(1)));
  const std::int64_t first = store->read_outbox("here", 0, 9).at(0).sequence;
  store->remove_published("here", first);
  SECTION("by this connection") {}
  SECTION("by another") {
    store = connect();
  }
  SECTION("after a transaction that came to nothing") {
    Transaction transaction{*store};
    append(*store, "here", an_event(device(1)));
  }
  append(*store, "here", an_event(device(1)));
  CHECK(store->read_outbox("here", 0, 9).at(0).sequence > first);
}

TEST_CASE_METHOD(StoreUnderTest, "two connections never use the same sequence") {
  const auto other = connect();
  for (int i = 0; i < 5; ++i) {
    {
      Transaction transaction{*store};
      append(*store, "here", an_event(device(1)));
      append(*store, "here", an_event(device(2)));
      transaction.commit();
    }
    append(*other, "here", an_event(device(3)));
  }
  CHECK(store->count_outbox("here") == 15);
}

TEST_CASE_METHOD(StoreUnderTest, "an event is moved to the quarantine, once, as it was appended") {
  for (int i = 1; i <= 3; ++i) append(*store, "here", an_event(device(i)));
  const auto waiting = store->read_outbox("here", 0, 9);
  const std::int64_t sequence = waiting.at(1).sequence;
  CHECK_FALSE(store->quarantine_event("there", sequence, "too large", at(7)));
  CHECK(store->quarantine_event("here", sequence, "too large", at(7)));
  CHECK_FALSE(store->quarantine_event("here", sequence, "too large", at(8)));
  const auto left = store->read_outbox("here", 0, 9);
  REQUIRE(left.size() == 2);
  CHECK(left[0].sequence == waiting[0].sequence);
  CHECK(left[1].sequence == waiting[2].sequence);

  CHECK(store->count_quarantined() == 1);
  const auto listed = store->list_quarantined("", 9).rows;
  REQUIRE(listed.size() == 1);
  const QuarantinedEvent event = store->find_quarantined(listed[0].id).value();
  CHECK(event.topic == event_topic(an_event(device(2))));
  CHECK(event.payload == event_json(an_event(device(2))));
  CHECK(event.reason == "too large");
  CHECK(event.at == at(7));
  CHECK(store->remove_quarantined(event.id));
  CHECK_FALSE(store->remove_quarantined(event.id));
  CHECK_FALSE(store->find_quarantined(event.id));
}

TEST_CASE_METHOD(StoreUnderTest, "quarantined events are listed oldest first, page by page") {
  for (int i = 1; i <= 3; ++i) append(*store, "here", an_event(device(i)));
  for (const OutboxRow& row : store->read_outbox("here", 0, 9)) {
    store->quarantine_event("here", row.sequence, "r", at(1));
  }
  check_pages(
      [&](const PageStart& start, int limit) {
        const auto listed = store->list_quarantined(start, limit);
        std::vector<std::int64_t> ids;
        for (const QuarantinedEvent& event : listed.rows) ids.push_back(event.id);
        return std::pair{ids, listed.next_cursor};
      },
      3);
  CHECK(store->count_quarantined(2) == 2);
  CHECK(store->list_quarantined("", 9).rows[0].topic == event_topic(an_event(device(1))));
}

TEST_CASE_METHOD(StoreUnderTest, "the quarantine has an upper limit, and the oldest go first") {
  Transaction transaction{*store};
  for (std::int64_t i = 0; i < max_quarantined_events + 2; ++i) {
    append(*store, "here", an_event(device(1)));
  }
  for (std::int64_t after = 0;;) {
    const auto rows = store->read_outbox("here", after, 1000);
    if (rows.empty()) break;
    for (const OutboxRow& row : rows) store->quarantine_event("here", row.sequence, "r", at(1));
    after = rows.back().sequence;
  }
  transaction.commit();
  CHECK(store->count_quarantined() == max_quarantined_events);
  CHECK(store->list_quarantined("", 1).rows.at(0).id == 3);
}

TEST_CASE_METHOD(StoreUnderTest, "the journal position of each client is kept") {
  CHECK(store->journal_position("here") == JournalPosition{});
  store->set_journal_position("here", {3, 4096});
  store->set_journal_position("there", {UINT64_MAX, UINT64_MAX});
  CHECK(store->journal_position("here") == JournalPosition{3, 4096});
  store->set_journal_position("here", {4, 0});
  CHECK(store->journal_position("here") == JournalPosition{4, 0});
  CHECK(connect()->journal_position("there") == JournalPosition{UINT64_MAX, UINT64_MAX});
}

TEST_CASE_METHOD(StoreUnderTest, "a rejected report is kept byte for byte") {
  const std::string payload("\x00\xFF{", 3);
  add_rejected(*store,
               {.topic = "/1/D1/info/post", .payload = payload, .size = 70'000, .arrival = at(3)},
               {RejectionReason::too_large, 65'536});
  const auto listed = store->list_rejected({}, "", 9).rows;
  REQUIRE(listed.size() == 1);
  const RejectedReport rejected = store->find_rejected(listed[0].id).value();
  CHECK(rejected.report.topic == "/1/D1/info/post");
  CHECK(rejected.report.payload == payload);
  CHECK(rejected.report.size == 70'000);
  CHECK(rejected.reason == RejectionReason::too_large);
  CHECK(rejected.offset == 65'536);
  CHECK(rejected.report.arrival == at(3));
  CHECK_FALSE(store->find_rejected(rejected.id + 1));
}

TEST_CASE_METHOD(StoreUnderTest, "rejected reports are counted by reason from a time on") {
  using Counts = std::vector<std::pair<RejectionReason, std::int64_t>>;
  CHECK(store->count_rejected_by_reason(at(0)).empty());
  for (int i = 1; i <= 9; ++i) {
    add_rejected(*store, {.topic = {}, .payload = {}, .arrival = at(i)},
                 {i % 3 == 0 ? RejectionReason::too_large : RejectionReason::empty, 0});
  }
  const std::int64_t third = store->list_rejected({.oldest_first = true}, "", 9).rows[2].id;
  store->remove_rejected(third);  // a gap in the ids
  CHECK(store->count_rejected_by_reason(at(0)) ==
        Counts{{RejectionReason::empty, 6}, {RejectionReason::too_large, 2}});
  CHECK(store->count_rejected_by_reason(at(3)) ==
        Counts{{RejectionReason::empty, 4}, {RejectionReason::too_large, 2}});
  CHECK(store->count_rejected_by_reason(at(9)) == Counts{{RejectionReason::too_large, 1}});
  CHECK(store->count_rejected_by_reason(at(10)).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "rejected reports are listed newest first, page by page") {
  for (int i = 0; i < 3; ++i) {
    add_rejected(*store, {.topic = {}, .payload = {}, .arrival = at(i)},
                 {RejectionReason::empty, 0});
  }
  CHECK(store->count_rejected() == 3);
  const auto first = store->list_rejected({}, "", 2);
  const auto& page = first.rows;
  REQUIRE(page.size() == 2);
  CHECK(page[0].report.arrival == at(2));
  CHECK(page[1].report.arrival == at(1));
  const auto rest = store->list_rejected({}, first.next_cursor, 2).rows;
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].report.arrival == at(0));
  for (const bool oldest_first : {false, true}) {
    check_pages(
        [&](const PageStart& start, int limit) {
          const auto listed = store->list_rejected({.oldest_first = oldest_first}, start, limit);
          std::vector<std::int64_t> ids;
          for (const RejectedReport& rejected : listed.rows) ids.push_back(rejected.id);
          return std::pair{ids, listed.next_cursor};
        },
        3);
  }
  CHECK(store->count_rejected({.reasons = {RejectionReason::empty}}) == 3);
  CHECK(store->count_rejected({.reasons = {RejectionReason::empty}}, 2) == 2);
  CHECK(store->count_rejected({.reasons = {RejectionReason::truncated}}) == 0);
}

TEST_CASE_METHOD(StoreUnderTest, "rejected reports are found by reasons, topics and time") {
  int second = 0;
  for (const char* topic : {"/1/D1/info/post", "a/x/D1", "a/x/y/D1", "a/*/D2", "/1/D2/info/post"}) {
    add_rejected(*store, {.topic = topic, .payload = {}, .arrival = at(second)},
                 {second % 2 == 0 ? RejectionReason::empty : RejectionReason::truncated, 0});
    ++second;
  }
  const auto topics = [&](const RejectedFilter& filter) {
    std::vector<std::string> found;
    for (const auto& row : store->list_rejected(filter, "", 9).rows) {
      found.push_back(row.report.topic);
    }
    CHECK(store->count_rejected(filter) == static_cast<std::int64_t>(found.size()));
    return found;
  };
  using Topics = std::vector<std::string>;
  CHECK(topics({.topics = {"/1/D1/info/post", "a/+/D1"}}) == Topics{"a/x/D1", "/1/D1/info/post"});
  CHECK(topics({.topics = {"a/*/D2"}}) == Topics{"a/*/D2"});
  CHECK(topics({.topics = {"a/*/D1"}}).empty());
  CHECK(topics({.topic_part = "/D2"}) == Topics{"/1/D2/info/post", "a/*/D2"});
  CHECK(topics({.topic_part = "%"}).empty());
  CHECK(topics({.before = at(3), .since = at(1)}) == Topics{"a/x/y/D1", "a/x/D1"});
  CHECK(topics({.reasons = {RejectionReason::truncated, RejectionReason::too_deep}}) ==
        Topics{"a/*/D2", "a/x/D1"});
}

TEST_CASE_METHOD(StoreUnderTest, "the daemons of a store are known by their journal positions") {
  CHECK(store->clients().empty());
  store->set_journal_position("one", {1, 2});
  store->set_journal_position("two", {3, 4});
  CHECK(store->clients() == std::vector<std::string>{"one", "two"});
}

TEST_CASE_METHOD(StoreUnderTest, "each client's topic filters are remembered") {
  CHECK(store->known_filters("one").empty());
  store->set_known_filters("one", {"/+/+/info/post", "$share/g/x/+/+"});
  CHECK(store->known_filters("one") ==
        std::vector<std::string>{"/+/+/info/post", "$share/g/x/+/+"});
  CHECK(store->known_filters("two").empty());
}

TEST_CASE_METHOD(StoreUnderTest, "the folder of a client's journal is remembered") {
  CHECK(store->intake_dir("here").empty());
  store->set_intake_dir("here", "/var/a");
  store->set_intake_dir("here", "/var/b");
  CHECK(store->intake_dir("here") == "/var/b");
  CHECK(store->intake_dir("there").empty());
  CHECK(store->clients().empty());
}

TEST_CASE_METHOD(StoreUnderTest, "the span of the outbox is the number of waiting events") {
  CHECK(store->outbox_span("here") == 0);
  for (int i = 0; i < 5; ++i) append(*store, "here", an_event(device(i)));
  CHECK(store->outbox_span("here") == 5);
  store->remove_published("here", store->read_outbox("here", 0, 2)[1].sequence);
  CHECK(store->outbox_span("here") == 3);
  CHECK(store->outbox_span("there") == 0);
}

}  // namespace iotcard
