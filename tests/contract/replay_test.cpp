// SPDX-License-Identifier: Apache-2.0
// What deciding anew, and a look at the store's health, ask of a store.
#include "contract/store_under_test.h"

namespace iotcard {
namespace {

const Rejection truncated{RejectionReason::truncated, 1};

ReceivedReport a_rejected(const std::string& topic) {
  return {.topic = topic, .payload = "{", .size = 1, .arrival = at(3)};
}

LastReport a_last_report(std::string_view iccid, Instant time, Outcome outcome) {
  return {"/1/D001/info/post", "{}", time, a_report(iccid), outcome};
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "rejected reports are read oldest first, page by page") {
  for (const char* topic : {"a", "b", "c"}) add_rejected(*store, a_rejected(topic), truncated);
  const auto page = store->list_rejected({.oldest_first = true}, "", 2);
  const auto& first = page.rows;
  REQUIRE(first.size() == 2);
  CHECK(first[0].report.topic == "a");
  CHECK(first[0].report.payload == "{");
  CHECK(first[1].report.topic == "b");
  const auto rest = store->list_rejected({.oldest_first = true}, page.next_cursor, 2).rows;
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].report.topic == "c");
  const std::string last = std::to_string(rest[0].id);
  CHECK(store->list_rejected({.oldest_first = true}, last, 2).rows.empty());
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a rejected report is removed once, and only with its transaction") {
  add_rejected(*store, a_rejected("a"), truncated);
  const std::int64_t id = store->list_rejected({}, "", 1).rows.at(0).id;
  {
    Transaction transaction{*store};
    CHECK(store->remove_rejected(id));
  }
  CHECK(store->count_rejected() == 1);
  CHECK(store->remove_rejected(id));
  CHECK_FALSE(store->remove_rejected(id));
  CHECK(store->count_rejected() == 0);
}

TEST_CASE_METHOD(StoreUnderTest, "revising the last report does not count it again") {
  save_report(*store, device(1), a_last_report("", at(1), Outcome::no_card));
  store->revise_report(device(1), a_last_report(card_one, at(1), Outcome::card_unknown));
  const DeviceRow row = store->find_device(device(1)).value();
  CHECK(row.reports == 1);
  CHECK(row.last_seen == at(1));
  CHECK(row.reported_iccid == card_one);
  CHECK(row.outcome == "mismatch.card_unknown");
}

TEST_CASE_METHOD(StoreUnderTest, "a report is not revised once the device has reported again") {
  save_report(*store, device(1), a_last_report("", at(1), Outcome::no_card));
  save_report(*store, device(1), a_last_report(card_two, at(2), Outcome::card_unknown));
  store->revise_report(device(1), a_last_report(card_one, at(1), Outcome::card_unknown));
  CHECK(store->find_device(device(1))->reported_iccid == card_two);
  store->revise_report(device(2), a_last_report(card_one, at(1), Outcome::card_unknown));
  CHECK_FALSE(store->find_device(device(2)));
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a scratch copy has everything, and its changes do not reach the store") {
  store->add_card(a_card(card_one));
  append(*store, "here", an_event(device(1)));
  const auto copy = store->scratch_copy();
  CHECK(copy->id() == store->id());
  CHECK(copy->find_card(iccid(card_one)));
  CHECK(copy->count_outbox("here") == 1);
  copy->remove_card(iccid(card_one));
  append(*copy, "here", an_event(device(1)));
  CHECK(store->find_card(iccid(card_one)));
  CHECK(store->count_outbox("here") == 1);
  store->add_card(a_card(card_two));
  CHECK_FALSE(copy->find_card(iccid(card_two)));
}

TEST_CASE_METHOD(StoreUnderTest, "a scratch copy is made while another connection writes") {
  const auto writer = connect();
  Transaction transaction{*writer};
  writer->add_card(a_card(card_one));
  CHECK_FALSE(store->scratch_copy()->find_card(iccid(card_one)));
}

TEST_CASE_METHOD(StoreUnderTest, "a store that is opened to read is not changed") {
  save_report(*store, device(1), a_last_report(card_one, at(7), Outcome::card_unknown));
  save_report(*store, device(2), a_last_report(card_two, at(5), Outcome::card_unknown));
  const auto reader = open_store_to_read(place->url());
  CHECK(reader->id() == store->id());
  CHECK(reader->schema_version() == store->schema_version());
  CHECK_FALSE(reader->outdated());
  CHECK(reader->find_damage(false).empty());
  CHECK(reader->find_damage(true).empty());
  CHECK(reader->newest_report() == at(7));
  for (const auto& table : reader->growing_tables()) {
    CHECK(table.rows == (table.name == "device" ? 2 : 0));
  }
  error_of([&] { reader->add_card(a_card(card_one)); });
  CHECK_FALSE(store->find_card(iccid(card_one)));
  // It sees what is written later, and holds no writer up.
  save_report(*store, device(1), a_last_report(card_one, at(9), Outcome::card_unknown));
  CHECK(reader->newest_report() == at(9));
}

TEST_CASE_METHOD(StoreUnderTest, "a store of an older schema is opened to read and not migrated") {
  place->set_schema_version(store->schema_version() - 1);
  if (store->schema_version() > 0) {
    const int before = store->schema_version();
    const auto reader = open_store_to_read(place->url());
    CHECK(reader->outdated());
    CHECK(reader->schema_version() == before);
    CHECK(store->schema_version() == before);
  }
}

}  // namespace iotcard
