// SPDX-License-Identifier: Apache-2.0
// Events that were published and are kept, and the cursors of those who send them elsewhere.
#include "contract/store_under_test.h"

namespace iotcard {
namespace {

const EventMatcher all_events{EventFilter{}};

// Appends this many events of device 1, 2, … and returns their sequences.
std::vector<std::int64_t> append_many(Store& store, const std::string& client, int count) {
  const auto before = store.read_outbox(client, 0, 10'000).size();
  for (int i = 1; i <= count; ++i) append(store, client, an_event(device(i)));
  std::vector<std::int64_t> sequences;
  for (const OutboxRow& row : store.read_outbox(client, 0, 10'000)) {
    sequences.push_back(row.sequence);
  }
  sequences.erase(sequences.begin(), sequences.begin() + static_cast<std::ptrdiff_t>(before));
  return sequences;
}

std::vector<std::int64_t> sequences_of(const std::vector<OutboxRow>& rows) {
  std::vector<std::int64_t> sequences;
  for (const OutboxRow& row : rows) sequences.push_back(row.sequence);
  return sequences;
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "a published event waits no more and is kept as it was sent") {
  const auto s = append_many(*store, "here", 3);
  const auto waiting = store->read_outbox("here", 0, 9);
  CHECK(store->published_events("here", 0, 9).empty());
  CHECK(store->published_position("here") == 0);
  store->mark_published("here", s[1]);

  CHECK(store->published_position("here") == s[1]);
  CHECK(sequences_of(store->read_outbox("here", 0, 9)) == std::vector{s[2]});
  CHECK(store->count_outbox("here") == 1);
  CHECK(store->outbox_span("here") == 1);
  const auto kept = store->published_events("here", 0, 9);
  REQUIRE(sequences_of(kept) == std::vector{s[0], s[1]});
  CHECK(kept[0].topic == waiting[0].topic);
  CHECK(kept[0].payload == waiting[0].payload);
  CHECK(sequences_of(store->published_events("here", 0, 1)) == std::vector{s[0]});
  CHECK(sequences_of(store->published_events("here", s[0], 9)) == std::vector{s[1]});
  const auto wanted = store->published_events(
      "here", 0, 9, [&](std::string_view topic) { return topic == kept[1].topic; });
  REQUIRE(sequences_of(wanted) == std::vector{s[0], s[1]});
  CHECK(wanted[0].payload.empty());
  CHECK(wanted[1].payload == kept[1].payload);
  CHECK(store->oldest_event("here") == s[0]);
  CHECK(store->published_before("here", INT64_MAX)->sequence == s[1]);
  CHECK(store->published_before("here", s[1])->sequence == s[0]);
  CHECK_FALSE(store->published_before("here", s[0]));
}

TEST_CASE_METHOD(StoreUnderTest, "the published position never moves back, and is each client's") {
  const auto s = append_many(*store, "here", 3);
  const auto t = append_many(*store, "there", 2);
  store->mark_published("here", s[1]);
  store->mark_published("here", s[0]);
  CHECK(store->published_position("here") == s[1]);
  CHECK(connect()->published_position("here") == s[1]);
  CHECK(store->published_position("there") == 0);
  CHECK(store->count_outbox("there") == 2);
  CHECK(store->event_clients() == std::vector<std::string>{"here"});
  store->mark_published("there", t[0]);
  CHECK(store->event_clients() == std::vector<std::string>{"here", "there"});
  CHECK(store->published_position("nowhere") == 0);
  CHECK(store->published_events("nowhere", 0, 9).empty());
  CHECK_FALSE(store->oldest_event("nowhere"));
}

TEST_CASE_METHOD(StoreUnderTest, "a position that is not committed leaves the events waiting") {
  const auto s = append_many(*store, "here", 2);
  {
    Transaction transaction{*store};
    store->mark_published("here", s[1]);
  }
  CHECK(store->count_outbox("here") == 2);
  CHECK(store->published_events("here", 0, 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a published event is neither quarantined nor removed as waiting") {
  const auto s = append_many(*store, "here", 3);
  store->mark_published("here", s[0]);
  CHECK_FALSE(store->quarantine_event("here", s[0], "too large", at(1)));
  CHECK(store->quarantine_event("here", s[1], "too large", at(1)));
  store->remove_published("here", s[2]);  // the history is off by now
  CHECK(store->count_outbox("here") == 0);
  CHECK(sequences_of(store->published_events("here", 0, 9)) == std::vector{s[0]});
}

TEST_CASE_METHOD(StoreUnderTest, "retention removes published events, and never a waiting one") {
  const auto s = append_many(*store, "here", 5);
  const auto t = append_many(*store, "there", 1);
  store->mark_published("here", s[3]);
  store->mark_published("there", t[0]);
  CHECK(store->remove_events("here", s[1]) == 2);
  CHECK(store->oldest_event("here") == s[2]);
  CHECK(store->remove_events("here", INT64_MAX) == 2);
  CHECK_FALSE(store->oldest_event("here"));
  CHECK(sequences_of(store->read_outbox("here", 0, 9)) == std::vector{s[4]});
  CHECK(store->oldest_event("there") == t[0]);
  CHECK(store->remove_events("nowhere", INT64_MAX) == 0);
  // A sequence is never used again.
  append(*store, "here", an_event(device(1)));
  CHECK(store->read_outbox("here", s[4], 9).at(0).sequence > t[0]);
  CHECK(store->last_sequence() == store->read_outbox("here", s[4], 9).at(0).sequence);
}

TEST_CASE_METHOD(StoreUnderTest, "the history says from where on it is complete") {
  CHECK_FALSE(store->complete_after("here"));
  const auto s = append_many(*store, "here", 4);
  store->remove_published("here", s[0]);  // published before the history was kept
  store->keep_history("here", true);
  CHECK(store->complete_after("here") == s[0]);
  store->mark_published("here", s[2]);
  store->keep_history("here", true);
  CHECK(store->complete_after("here") == s[0]);
  store->remove_events("here", s[1]);
  CHECK(store->complete_after("here") == s[1]);

  SECTION("while it is off, nothing can be said; what was published meanwhile is missing") {
    store->keep_history("here", false);
    CHECK_FALSE(store->complete_after("here"));
    store->remove_published("here", s[3]);
    store->keep_history("here", true);
    CHECK(store->complete_after("here") == s[3]);
  }
  SECTION("and of each client by itself") {
    append_many(*store, "there", 1);
    CHECK_FALSE(store->complete_after("there"));
  }
  SECTION("also if nothing waits") {
    store->mark_published("here", s[3]);
    store->keep_history("here", false);
    store->keep_history("here", true);
    CHECK(store->complete_after("here") == s[3]);
  }
}

TEST_CASE_METHOD(StoreUnderTest, "published events are found backwards, page by page") {
  const auto s = append_many(*store, "here", 6);
  append_many(*store, "there", 2);
  store->mark_published("here", s[4]);
  const EventSearchLimits two{.rows = 2, .scanned = 100};
  auto found = store->find_events("here", all_events, {}, two);
  CHECK(sequences_of(found.rows) == std::vector{s[4], s[3]});
  found = store->find_events("here", all_events, {.before = found.next}, two);
  CHECK(sequences_of(found.rows) == std::vector{s[2], s[1]});
  found = store->find_events("here", all_events, {.before = found.next}, two);
  CHECK(sequences_of(found.rows) == std::vector{s[0]});
  CHECK(found.next == 0);
  found = store->find_events("here", all_events, {.after = s[1], .before = s[4]}, two);
  CHECK(sequences_of(found.rows) == std::vector{s[3], s[2]});
  CHECK(found.next == 0);

  const EventMatcher one_device{EventFilter{.device = device(2)}};
  found = store->find_events("here", one_device, {}, two);
  CHECK(sequences_of(found.rows) == std::vector{s[1]});
  CHECK(found.next == 0);
  CHECK(store->find_events("nowhere", all_events, {}, two).rows.empty());
}

TEST_CASE_METHOD(StoreUnderTest, "a search reads a bounded number of events and continues") {
  const auto s = append_many(*store, "here", 20);
  store->mark_published("here", s.back());
  const EventMatcher first{EventFilter{.device = device(1)}};
  EventRange range;
  int searches = 0;
  std::vector<std::int64_t> found;
  do {
    const FoundEvents page = store->find_events("here", first, range, {.rows = 5, .scanned = 6});
    for (const OutboxRow& row : page.rows) found.push_back(row.sequence);
    range.before = page.next;
    ++searches;
    REQUIRE(searches < 10);
  } while (range.before != 0);
  CHECK(found == std::vector{s[0]});
  CHECK(searches == 4);
}

TEST_CASE_METHOD(StoreUnderTest, "a consumer's cursor is kept for each client, and counts losses") {
  const auto s = append_many(*store, "here", 5);
  store->mark_published("here", s[4]);
  CHECK_FALSE(store->event_cursor("alarm", "here"));
  store->set_event_cursor("alarm", "here", s[1]);
  store->set_event_cursor("alarm", "here", s[0]);  // never back
  store->set_event_cursor("alarm", "new", 0);
  store->set_event_cursor("archive", "here", s[4]);
  CHECK(store->event_cursor("alarm", "here")->sequence == s[1]);
  CHECK(connect()->event_cursor("alarm", "new")->sequence == 0);
  CHECK_FALSE(store->event_cursor("alarm", "there"));

  store->remove_events("here", s[0]);
  CHECK(store->event_cursor("alarm", "here")->lost == 0);
  store->remove_events("here", s[3]);
  CHECK(store->event_cursor("alarm", "here")->lost == 2);
  CHECK(store->event_cursor("alarm", "here")->sequence == s[3]);
  CHECK(store->event_cursor("archive", "here")->lost == 0);
  CHECK(store->event_cursor("archive", "here")->sequence == s[4]);
  store->set_event_cursor("alarm", "here", s[4]);
  store->remove_events("here", s[4]);

  const auto cursors = store->event_cursors();
  REQUIRE(cursors.size() == 3);
  CHECK((cursors[0].client_id == "here" && cursors[0].consumer == "alarm"));
  CHECK(cursors[0].lost == 2);
  CHECK((cursors[1].client_id == "here" && cursors[1].consumer == "archive"));
  CHECK((cursors[2].client_id == "new" && cursors[2].consumer == "alarm"));
  store->remove_event_consumer("alarm");
  CHECK(store->event_cursors().size() == 1);
}

}  // namespace iotcard
