// SPDX-License-Identifier: Apache-2.0
// What is past can be counted, read in stretches of ids, and removed; what stands cannot.
#include "contract/store_under_test.h"

namespace iotcard {
namespace {

constexpr RetentionRange everything{.after_id = 0, .ids = 1000, .max_rows = 100};

const Rejection empty_payload{RejectionReason::empty, 0};

ReceivedReport a_rejected(int number) {
  return {.topic = "t",
          .payload = std::string(static_cast<std::size_t>(number), 'x'),
          .size = static_cast<std::uint32_t>(number),
          .arrival = at(number)};
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "rejected reports are counted with their bytes and removed") {
  for (int i = 1; i <= 5; ++i) add_rejected(*store, a_rejected(i), empty_payload);
  Volume volume = store->expired_volume(RetentionKind::rejected_reports);
  CHECK(volume.rows == 5);
  CHECK(volume.bytes == 20);
  const ExpiredRows first = store->expired_rows(RetentionKind::rejected_reports,
                                                {.after_id = 0, .ids = 1000, .max_rows = 2});
  REQUIRE(first.rows.size() == 2);
  CHECK(first.rows[0].at == at(1));
  CHECK(first.rows[1].bytes == 3);
  CHECK(first.next_cursor == first.rows[1].id);
  store->remove_expired(RetentionKind::rejected_reports, first.rows[0].id);
  CHECK_FALSE(store->find_rejected(first.rows[0].id));
  const ExpiredRows rest =
      store->expired_rows(RetentionKind::rejected_reports,
                          {.after_id = first.next_cursor, .ids = 1000, .max_rows = 100});
  CHECK(rest.rows.size() == 3);
  CHECK(rest.next_cursor == 0);
  volume = store->expired_volume(RetentionKind::rejected_reports);
  CHECK(volume.rows == 4);
  CHECK(volume.bytes == 18);
}

TEST_CASE_METHOD(StoreUnderTest, "only ended bindings expire") {
  apply(*store, a_binding(device(1), card_one));
  apply(*store, a_binding(device(2), card_two));
  apply(*store, EndBinding{device(2), at(300), "anna"});
  CHECK(store->expired_volume(RetentionKind::bindings).rows == 1);
  const ExpiredRows past = store->expired_rows(RetentionKind::bindings, everything);
  REQUIRE(past.rows.size() == 1);
  CHECK(past.rows[0].at == at(300));
  store->remove_expired(RetentionKind::bindings, past.rows[0].id);
  CHECK(store->binding_of(device(1)));
  CHECK(store->binding_history(device(2), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "only ended mismatches expire, not dismissed ones") {
  for (int i = 1; i <= 3; ++i) {
    apply(*store, CreateBinding{device(i), iccid(card_one), Match::exact, at(1), "x"});
    apply(*store, EndBinding{device(i), at(2), "x"});
    apply(*store, RaiseMismatch{a_mismatch(device(i), Outcome::card_unknown, card_two)});
  }
  const auto id_of = [&](int number) { return store->standing_mismatches(device(number))[0].id; };
  const std::int64_t open = id_of(1);
  const std::int64_t dismissed = id_of(2);
  const std::int64_t cleared = id_of(3);
  apply(*store, EndMismatch{{device(2)}, MismatchState::dismissed, at(5), "anna"});
  apply(*store, EndMismatch{{device(3)}, MismatchState::cleared, at(6), "report"});
  CHECK(store->expired_volume(RetentionKind::mismatches).rows == 1);
  const ExpiredRows past = store->expired_rows(RetentionKind::mismatches, everything);
  REQUIRE(past.rows.size() == 1);
  CHECK(past.rows[0].id == cleared);
  CHECK(past.rows[0].at == at(6));
  for (const std::int64_t id : {open, dismissed, cleared}) {
    store->remove_expired(RetentionKind::mismatches, id);
  }
  CHECK(store->find_mismatch(open));
  CHECK(store->find_mismatch(dismissed));
  CHECK_FALSE(store->find_mismatch(cleared));
}

TEST_CASE_METHOD(StoreUnderTest, "a device without a binding is removed with its history") {
  for (int i = 1; i <= 2; ++i) {
    save_report(*store, device(i), {"t", "{}", at(i), a_report(card_one), Outcome::card_unknown});
  }
  apply(*store, a_binding(device(1), card_one));
  apply(*store, a_binding(device(2), card_two));
  apply(*store, EndBinding{device(2), at(300), "anna"});
  apply(*store, RaiseMismatch{a_mismatch(device(2), Outcome::card_unknown, card_three)});
  CHECK(store->expired_volume(RetentionKind::devices).rows == 1);
  const ExpiredRows past = store->expired_rows(RetentionKind::devices, everything);
  REQUIRE(past.rows.size() == 1);
  CHECK(past.rows[0].device == device(2));
  CHECK(past.rows[0].at == at(300));
  CHECK(past.rows[0].keep_longest == false);

  store->remove_device(device(2));
  CHECK_FALSE(store->find_device(device(2)));
  CHECK(store->standing_mismatches(device(2)).empty());
  CHECK(store->binding_history(iccid(card_two), 9).empty());
  CHECK(error_of([&] { store->remove_device(device(1)); }).kind() == StoreError::Kind::conflict);
  CHECK(store->binding_of(device(1)));
}

TEST_CASE_METHOD(StoreUnderTest, "a range of ids without expired rows costs one step") {
  for (int i = 1; i <= 20; ++i) {
    apply(*store, RaiseMismatch{a_mismatch(device(i), Outcome::card_unknown, card_one)});
  }
  const ExpiredRows past =
      store->expired_rows(RetentionKind::mismatches, {.after_id = 0, .ids = 7, .max_rows = 100});
  CHECK(past.rows.empty());
  CHECK(past.next_cursor == 7);
  CHECK(store->expired_rows(RetentionKind::mismatches, everything).next_cursor == 0);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "deferred reports of a client are read in the order they were deferred") {
  for (int i = 1; i <= 3; ++i) {
    store->defer_report("here", {.topic = "t" + std::to_string(i % 2),
                                 .payload = std::string("\0\xff", 2),
                                 .size = 70'000,
                                 .arrival = at(i)});
  }
  store->defer_report("there", {.topic = "t", .payload = "", .size = 0, .arrival = at(9)});
  auto waiting = store->deferred_reports("here", 2);
  REQUIRE(waiting.size() == 2);
  CHECK(waiting[0].sequence < waiting[1].sequence);
  CHECK(waiting[0].report.topic == "t1");
  CHECK(waiting[0].report.payload == std::string("\0\xff", 2));
  CHECK(waiting[0].report.size == 70'000);
  CHECK(waiting[0].report.arrival == at(1));
  auto topics = store->deferred_topics("here");
  REQUIRE(topics.size() == 2);
  CHECK(topics[0].reports + topics[1].reports == 3);
  CHECK(topics[0].bytes + topics[1].bytes == 12);
  store->remove_deferred("here", waiting[1].sequence);
  CHECK(store->deferred_reports("here", 9).size() == 1);
  store->remove_deferred("here", waiting[1].sequence + 1);
  CHECK(store->deferred_topics("here").empty());
  CHECK(store->deferred_reports("there", 9).size() == 1);
  // A sequence is never used again, so what is deferred later is behind.
  store->defer_report("here", {.topic = "t", .payload = "", .size = 0, .arrival = at(9)});
  CHECK(store->deferred_reports("here", 9)[0].sequence > waiting[1].sequence + 1);
}

}  // namespace iotcard
