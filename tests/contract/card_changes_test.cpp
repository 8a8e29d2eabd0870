// SPDX-License-Identifier: Apache-2.0
// The change log of cards, and the store's own log.
#include "contract/store_under_test.h"

namespace iotcard {
namespace {

using ChangeKind = LoggedChange::Kind;

LoggedChange a_change(int seconds, const std::string& after) {
  return {.at = at(seconds), .by = "anna", .field = "plan", .before = "", .after = after};
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "the changes of a card are read newest first, as they were") {
  const LoggedChange added{.at = at(1), .by = "api:ben", .kind = ChangeKind::added};
  const LoggedChange changed = a_change(2, "it's \"30 MB\"\nand 套餐");
  const LoggedChange later = a_change(1, "of a clock that was set back");
  for (const LoggedChange& change : {added, changed, later}) {
    store->log_change(iccid(card_one), change);
  }
  store->log_change(iccid(card_two), a_change(9, "of another card"));
  CHECK(store->logged_changes(iccid(card_one), 9) ==
        std::vector<LoggedChange>{later, changed, added});
  CHECK(store->logged_changes(iccid(card_one), 1) == std::vector<LoggedChange>{later});
  CHECK(store->logged_changes(iccid(card_three), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "the change log of a card outlives the card") {
  store->add_card(a_card(card_one));
  store->log_change(iccid(card_one), {.at = at(1), .by = "anna", .kind = ChangeKind::added});
  store->remove_card(iccid(card_one));
  store->log_change(iccid(card_one), {.at = at(2), .by = "ben", .kind = ChangeKind::removed});
  const auto changes = store->logged_changes(iccid(card_one), 9);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == ChangeKind::removed);
  CHECK(changes[0].by == "ben");
}

TEST_CASE_METHOD(StoreUnderTest, "a change that is rolled back leaves no entry") {
  {
    Transaction transaction{*store};
    store->log_change(iccid(card_one), a_change(1, "x"));
  }
  CHECK(store->logged_changes(iccid(card_one), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest, "changes of cards are counted and removed one by one") {
  for (int i = 1; i <= 5; ++i) store->log_change(iccid(card_one), a_change(i, "x"));
  CHECK(store->expired_volume(RetentionKind::card_changes).rows == 5);
  const ExpiredRows first =
      store->expired_rows(RetentionKind::card_changes, {.after_id = 0, .ids = 1000, .max_rows = 2});
  REQUIRE(first.rows.size() == 2);
  CHECK(first.rows[0].at == at(1));
  CHECK_FALSE(first.rows[0].keep_longest);
  store->remove_expired(RetentionKind::card_changes, first.rows[0].id);
  CHECK(store->expired_volume(RetentionKind::card_changes).rows == 4);
  CHECK(store->logged_changes(iccid(card_one), 9).back().at == at(2));
}

TEST_CASE_METHOD(StoreUnderTest, "the log of a store that nobody else reads is not blocked") {
  store->add_card(a_card(card_one));
  store->checkpoint_if_idle();
  CHECK_FALSE(store->log_state().blocked_since);
  CHECK(store->log_readers().empty());
  const auto reader = open_store_to_read(place->url());
  CHECK_FALSE(reader->log_state().blocked_since);
  CHECK(reader->log_state().bytes == store->log_state().bytes);
}

}  // namespace iotcard
