// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "contract/store_under_test.h"
#include "support/list_pages.h"

namespace iotcard {
namespace {

std::vector<std::int64_t> ids(const std::vector<Mismatch>& mismatches) {
  std::vector<std::int64_t> result;
  for (const Mismatch& mismatch : mismatches) result.push_back(mismatch.id);
  return result;
}

std::vector<std::string> reported(std::vector<Mismatch> mismatches) {
  std::vector<std::string> result;
  for (const Mismatch& mismatch : mismatches) result.push_back(mismatch.reported);
  std::sort(result.begin(), result.end());
  return result;
}

// Of writing this mismatch as a new one, whatever stands.
StoreError::Kind kind_of_error(Store& store, const Mismatch& mismatch) {
  Changes changes;
  changes.new_mismatches.push_back(mismatch);
  return error_of([&] { store.write("", changes); }).kind();
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "a mismatch is read back as it was raised") {
  Mismatch raised = a_mismatch(device(1), Outcome::wrong_platform, card_one);
  raised.platform = 3;
  raised.count = 2;
  raised.first_seen = at(1);
  raised.last_seen = at(2);
  SECTION("standing") {}
  SECTION("resolved as it was raised") {
    raised.state = MismatchState::followed;
    raised.ended = at(2);
    raised.ended_by = "policy";
  }
  apply(*store, RaiseMismatch{raised});
  const auto all = store->list_mismatches({.standing_only = false}, "", 9).rows;
  REQUIRE(all.size() == 1);
  const Mismatch found = store->find_mismatch(all[0].id).value();
  CHECK(found.id > 0);
  CHECK(found.device == raised.device);
  CHECK(found.outcome == raised.outcome);
  CHECK(found.reported == raised.reported);
  CHECK(found.platform == raised.platform);
  CHECK(found.state == raised.state);
  CHECK(found.count == raised.count);
  CHECK(found.first_seen == raised.first_seen);
  CHECK(found.last_seen == raised.last_seen);
  CHECK(found.ended == raised.ended);
  CHECK(found.ended_by == raised.ended_by);
  CHECK(store->standing_mismatches(device(1)).size() == (raised.ended ? 0 : 1));
  CHECK_FALSE(store->find_mismatch(found.id + 1));
}

TEST_CASE_METHOD(StoreUnderTest, "each mismatch outcome is kept by its name") {
  const Outcome outcome =
      GENERATE(Outcome::iccid_invalid, Outcome::iccid_ambiguous, Outcome::card_unknown,
               Outcome::wrong_platform, Outcome::device_has_other_card, Outcome::card_in_use);
  apply(*store, RaiseMismatch{a_mismatch(device(1), outcome, card_one)});
  CHECK(store->standing_mismatches(device(1)).at(0).outcome == outcome);
  CHECK(store->list_mismatches({.outcome = outcome}, "", 9).rows.size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest, "a repeated mismatch keeps its first time") {
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_unknown, card_one)});
  const std::int64_t id = store->standing_mismatches(device(1)).at(0).id;
  apply(*store, RepeatMismatch{{device(1)}, at(50), 7, 3});
  const Mismatch found = store->find_mismatch(id).value();
  CHECK(found.count == 7);
  CHECK(found.first_seen == at(1));
  CHECK(found.last_seen == at(50));
}

TEST_CASE_METHOD(StoreUnderTest, "a dismissed mismatch stands until it ends") {
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_unknown, card_one)});
  const std::int64_t id = store->standing_mismatches(device(1)).at(0).id;
  CHECK(store->count_open_mismatches() == 1);
  apply(*store, EndMismatch{{device(1)}, MismatchState::dismissed, at(20), "anna"});
  CHECK(store->count_open_mismatches() == 0);
  const auto standing = store->standing_mismatches(device(1));
  REQUIRE(standing.size() == 1);
  CHECK(standing[0].state == MismatchState::dismissed);
  CHECK(standing[0].dismissed == at(20));
  CHECK(standing[0].dismissed_by == "anna");
  CHECK(standing[0].ended_by == "");
  CHECK_FALSE(standing[0].ended);
  CHECK(kind_of_error(*store, a_mismatch(device(1), Outcome::card_unknown, card_one)) ==
        StoreError::Kind::conflict);

  apply(*store, EndMismatch{{device(1)}, MismatchState::cleared, at(30), "report"});
  CHECK(store->standing_mismatches(device(1)).empty());
  CHECK(store->find_mismatch(id).value().ended == at(30));
  CHECK(store->find_mismatch(id).value().state == MismatchState::cleared);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a device has one standing mismatch about a card and one about an ICCID") {
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_unknown, card_one)});
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::iccid_invalid, "bad-length")});
  const auto raise = [&](Outcome outcome) {
    return kind_of_error(*store, a_mismatch(device(1), outcome, card_two));
  };
  CHECK(raise(Outcome::card_in_use) == StoreError::Kind::conflict);
  CHECK(raise(Outcome::iccid_invalid) == StoreError::Kind::conflict);
  const auto standing = store->standing_mismatches(device(1));
  REQUIRE(standing.size() == 2);
  for (const Mismatch& mismatch : standing) {
    apply(*store, EndMismatch{mismatch.key(), MismatchState::accepted, at(9), "anna"});
  }
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_in_use, card_two)});
  CHECK(store->standing_mismatches(device(1)).size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "mismatches are listed in the order they came, page by page, by every filter") {
  apply(*store, RaiseMismatch{a_mismatch(device(2), Outcome::card_unknown, card_one)});
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_in_use, card_two)});
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::iccid_invalid, "bad-length")});
  apply(*store, RaiseMismatch{a_mismatch(device(3), Outcome::card_unknown, card_two)});
  const auto all = ids(store->list_mismatches({}, "", 9).rows);
  REQUIRE(all.size() == 4);
  CHECK(std::is_sorted(all.begin(), all.end()));
  apply(*store, EndMismatch{{device(3)}, MismatchState::cleared, at(9), "report"});

  using Ids = std::vector<std::int64_t>;
  CHECK(ids(store->list_mismatches({}, "", 9).rows) == Ids{all[0], all[1], all[2]});
  CHECK(ids(store->list_mismatches({}, "", 2).rows) == Ids{all[0], all[1]});
  CHECK(ids(store->list_mismatches({}, std::to_string(all[1]), 2).rows) == Ids{all[2]});
  CHECK(ids(store->list_mismatches({.newest_first = true}, "", 2).rows) == Ids{all[2], all[1]});
  CHECK(ids(store->list_mismatches({.newest_first = true}, std::to_string(all[1]), 2).rows) ==
        Ids{all[0]});
  CHECK(ids(store->list_mismatches({.standing_only = false}, std::to_string(all[1]), 9).rows) ==
        Ids{all[2], all[3]});
  CHECK(ids(store->list_mismatches({.outcome = Outcome::card_unknown}, "", 9).rows) == Ids{all[0]});
  CHECK(
      ids(store->list_mismatches({.standing_only = false, .outcome = Outcome::card_unknown}, "", 9)
              .rows) == Ids{all[0], all[3]});
  CHECK(ids(store->list_mismatches({.device = device(1)}, "", 9).rows) == Ids{all[1], all[2]});
  CHECK(ids(store->list_mismatches({.device = device(1)}, std::to_string(all[1]), 9).rows) ==
        Ids{all[2]});
  CHECK(ids(store->list_mismatches({.standing_only = false, .device = device(3)}, "", 9).rows) ==
        Ids{all[3]});
  CHECK(ids(store->list_mismatches({.outcome = Outcome::card_in_use, .device = device(1)}, "", 9)
                .rows) == Ids{all[1]});
  for (const bool newest_first : {false, true}) {
    for (const std::optional<Outcome> outcome :
         {std::optional<Outcome>{}, {Outcome::card_unknown}}) {
      const MismatchFilter filter{
          .standing_only = false, .outcome = outcome, .newest_first = newest_first};
      const auto rows = store->count_mismatches(filter);
      check_pages(
          [&](const PageStart& start, int limit) {
            const auto page = store->list_mismatches(filter, start, limit);
            return std::pair{ids(page.rows), page.next_cursor};
          },
          static_cast<int>(rows));
    }
  }
  CHECK(store->count_mismatches({}) == 3);
  CHECK(store->count_mismatches({}, 2) == 2);
  CHECK(store->count_mismatches({.device = device(1)}) == 2);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a card_unknown mismatch is listed once a card matches, in either spelling") {
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_unknown, card_one)});
  apply(*store,
        RaiseMismatch{a_mismatch(device(2), Outcome::card_unknown, "89860012345678901271")});
  apply(*store, RaiseMismatch{a_mismatch(device(3), Outcome::card_unknown, "8986009999999999999")});
  apply(*store, RaiseMismatch{a_mismatch(device(4), Outcome::card_unknown, card_two)});
  apply(*store, RaiseMismatch{a_mismatch(device(5), Outcome::wrong_platform, card_one)});
  CHECK(store->unknown_cards_now_known(0, 9).empty());

  store->add_card(a_card(card_one));
  store->add_card(a_card("8986001234567890127"));
  store->add_card(a_card("8986009999999999999F"));
  const auto known = store->unknown_cards_now_known(0, 9);
  REQUIRE(known.size() == 3);
  CHECK(known[0].device == device(1));
  CHECK(known[1].device == device(2));
  CHECK(known[2].device == device(3));
  CHECK(store->unknown_cards_now_known(0, 1).size() == 1);
  CHECK(ids(store->unknown_cards_now_known(known[1].id, 9)) == std::vector{known[2].id});
  apply(*store, EndMismatch{known[0].key(), MismatchState::cleared, at(9), "report"});
  CHECK(store->unknown_cards_now_known(0, 9).size() == 2);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "mismatches about a card name it, or a device that is bound to it") {
  apply(*store, a_binding(device(1), card_two));
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::card_in_use, card_one)});
  apply(*store, RaiseMismatch{a_mismatch(device(2), Outcome::card_in_use, card_two)});
  apply(*store, RaiseMismatch{a_mismatch(device(3), Outcome::card_unknown, card_three)});
  CHECK(reported(store->mismatches_about(iccid(card_one))) == Texts{card_one});
  CHECK(reported(store->mismatches_about(iccid(card_two))) == Texts{card_one, card_two});
  CHECK(reported(store->mismatches_about(iccid(card_three))) == Texts{card_three});
  CHECK(reported(store->mismatches_about(iccid(card_three + "7"))) == Texts{card_three});
  CHECK(store->mismatches_about(iccid("898600000000000000")).empty());

  apply(*store, a_binding(device(2), card_one));
  CHECK(store->mismatches_about(iccid(card_one)).size() == 2);
  for (const Mismatch& mismatch : store->standing_mismatches(device(2))) {
    apply(*store, EndMismatch{mismatch.key(), MismatchState::cleared, at(9), "report"});
  }
  CHECK(store->mismatches_about(iccid(card_one)).size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "a mismatch that names a card and stands with its device is listed once") {
  apply(*store, a_binding(device(1), card_one));
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::wrong_platform, card_one)});
  CHECK(store->mismatches_about(iccid(card_one)).size() == 1);
}

}  // namespace iotcard
