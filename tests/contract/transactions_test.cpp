// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "contract/store_under_test.h"

namespace iotcard {

TEST_CASE_METHOD(StoreUnderTest, "a transaction that is not committed is rolled back") {
  store->add_card(a_card(card_one));
  {
    Transaction transaction{*store};
    store->add_card(a_card(card_two));
    store->remove_card(iccid(card_one));
    apply(*store, a_binding(device(1), card_two));
    append(*store, "here", an_event(device(1)));
    store->set_journal_position("here", {1, 1});
    CHECK(store->find_card(iccid(card_two)));
  }
  CHECK(store->find_card(iccid(card_one)));
  CHECK_FALSE(store->find_card(iccid(card_two)));
  CHECK(store->count_open_bindings() == 0);
  CHECK(store->count_outbox("here") == 0);
  CHECK(store->journal_position("here") == JournalPosition{});
}

TEST_CASE_METHOD(StoreUnderTest, "a transaction can be committed after a conflict") {
  {
    Transaction transaction{*store};
    apply(*store, a_binding(device(1), card_one));
    error_of([&] { apply(*store, a_binding(device(2), card_one)); });
    transaction.commit();
  }
  CHECK(store->count_open_bindings() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "one transaction follows another") {
  for (int i = 0; i < 3; ++i) {
    Transaction transaction{*store};
    append(*store, "here", an_event(device(i)));
    if (i != 1) transaction.commit();
  }
  CHECK(store->count_outbox("here") == 2);
}

TEST_CASE_METHOD(StoreUnderTest, "another connection sees a transaction once it is committed") {
  const auto other = connect();
  {
    Transaction transaction{*store};
    store->add_card(a_card(card_one));
    CHECK_FALSE(other->find_card(iccid(card_one)));
    transaction.commit();
  }
  CHECK(other->find_card(iccid(card_one)));
}

TEST_CASE_METHOD(StoreUnderTest, "the data version changes when another connection has committed") {
  const auto other = connect();
  const std::int64_t before = store->data_version();
  CHECK(store->data_version() == before);
  other->add_card(a_card(card_one));
  const std::int64_t after = store->data_version();
  CHECK(after != before);
  CHECK(store->data_version() == after);
}

TEST_CASE_METHOD(StoreUnderTest, "two writers wait for each other, and no write is lost") {
  constexpr int each = 50;
  const auto write = [](Store& into, int first) {
    for (int i = first; i < first + each; ++i) {
      Transaction transaction{into};
      const JournalPosition position = into.journal_position("shared");
      append(into, "here", an_event(device(i)));
      into.set_journal_position("shared", {position.segment + 1, 0});
      transaction.commit();
    }
  };
  const auto other = connect();
  std::thread thread{[&] { write(*other, each); }};
  write(*store, 0);
  thread.join();
  CHECK(store->count_outbox("here") == 2 * each);
  CHECK(store->journal_position("shared").segment == 2 * each);
}

TEST_CASE_METHOD(StoreUnderTest, "a store keeps everything when it is closed and opened again") {
  store->add_card(a_card(card_one));
  apply(*store, SetAbnormal{iccid(card_one), {Abnormal::suspended}});
  save_report(*store, device(1), {"t", "{}", at(1), {}, Outcome::no_card});
  apply(*store, a_binding(device(1), card_one));
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_in_use, card_two)});
  append(*store, "here", an_event(device(1)));
  store->set_journal_position("here", {2, 17});
  const std::string id = store->id();
  const int version = store->schema_version();

  store.reset();
  store = connect();
  CHECK(store->id() == id);
  CHECK(store->schema_version() == version);
  const StoredCard known = store->find_card(iccid(card_one)).value();
  CHECK(known.announced == AbnormalReasons{Abnormal::suspended});
  CHECK(known.binding);
  CHECK(store->find_device(device(1)).value().reports == 1);
  CHECK(store->count_open_mismatches() == 1);
  CHECK(store->count_outbox("here") == 1);
  CHECK(store->journal_position("here") == JournalPosition{2, 17});
}

TEST_CASE_METHOD(StoreUnderTest, "each store has its own id") {
  CHECK(store->id().size() == 16);
  CHECK(store->id().find_first_not_of("0123456789abcdef") == std::string::npos);
  const StoreUnderTest another;
  CHECK(another.store->id() != store->id());
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a store of a newer schema is refused, and both versions are named") {
  const int version = store->schema_version();
  CHECK(version >= 1);
  store.reset();
  place->set_schema_version(version + 41);
  const StoreError error = error_of([&] { connect(); });
  CHECK(error.kind() == StoreError::Kind::newer_schema);
  CHECK_THAT(error.what(), Catch::Contains("version " + std::to_string(version + 41)));
  CHECK_THAT(error.what(), Catch::Contains("up to " + std::to_string(version)));
}

TEST_CASE("a URL of no known kind is refused with an example") {
  for (const char* url : {"", "sqlite", "sqlite:", "mysql://x", "/var/lib/cards.db"}) {
    CAPTURE(url);
    CHECK_THAT(error_of([&] { open_store(url); }).what(), Catch::Contains("sqlite:/var/lib"));
  }
}

}  // namespace iotcard
