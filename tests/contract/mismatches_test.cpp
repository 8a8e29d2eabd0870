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
  raised.against = {iccid(card_two), device(9), 4, Suspect::moved};
  raised.reported_text = "+CCID: \"8986\", 1";
  raised.leniencies = {Leniency::at_response, Leniency::filler};
  raised.candidates = {iccid(card_one), iccid(card_three)};
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
  CHECK(found.against == raised.against);
  CHECK(found.reported_text == raised.reported_text);
  CHECK(found.leniencies == raised.leniencies);
  CHECK(found.candidates == raised.candidates);
  CHECK(store->standing_mismatches(device(1)).size() == (raised.ended ? 0 : 1));
  CHECK_FALSE(store->find_mismatch(found.id + 1));
}

TEST_CASE_METHOD(StoreUnderTest, "each mismatch outcome is kept by its name") {
  const Outcome outcome =
      GENERATE(Outcome::iccid_invalid, Outcome::iccid_ambiguous, Outcome::card_unknown,
               Outcome::wrong_platform, Outcome::device_has_other_card, Outcome::card_in_use);
  apply(*store, RaiseMismatch{a_mismatch(device(1), outcome, card_one)});
  CHECK(store->standing_mismatches(device(1)).at(0).outcome == outcome);
  CHECK(store->list_mismatches({.kinds = {outcome}}, "", 9).rows.size() == 1);
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

TEST_CASE_METHOD(StoreUnderTest, "a dismissal keeps its reason until the mismatch is open again") {
  apply(*store, RaiseMismatch{a_mismatch(device(1), Outcome::device_has_other_card, card_one)});
  const std::int64_t id = store->standing_mismatches(device(1)).at(0).id;
  apply(*store, EndMismatch{{device(1)}, MismatchState::dismissed, at(20), "anna", "a spare SIM"});
  CHECK(store->find_mismatch(id).value().reason == "a spare SIM");
  const Against other{iccid(card_two), {}, {}, {}};
  apply(*store, RepeatMismatch{{device(1)}, at(30), 2, {}, other, true});
  const Mismatch open = store->find_mismatch(id).value();
  CHECK(open.state == MismatchState::open);
  CHECK(open.against == other);
  CHECK(open.reason.empty());
  CHECK(open.dismissed_by.empty());
  CHECK_FALSE(open.dismissed);
  apply(*store, EndMismatch{{device(1)}, MismatchState::dismissed, at(40), "anna", "still"});
  apply(*store, EndMismatch{{device(1)}, MismatchState::cleared, at(50), "report"});
  CHECK(store->find_mismatch(id).value().reason == "still");
  CHECK(store->find_mismatch(id).value().dismissed_by == "anna");
}

TEST_CASE_METHOD(StoreUnderTest, "who holds a contested card is known with those who contest it") {
  const auto contested = [&](int number) {
    return store->read({{device(number)}, {}}).devices.at(0).contested_by;
  };
  save_report(*store, device(1), {"t", "{}", at(1), a_report(card_one), Outcome::card_unknown});
  CHECK(contested(1).empty());
  Mismatch moved = a_mismatch(device(2), Outcome::card_in_use, card_one);
  moved.against.holder = device(1);
  moved.against.suspect = Suspect::moved;
  apply(*store, RaiseMismatch{moved});
  REQUIRE(contested(1).size() == 1);
  CHECK(contested(1)[0].device == device(2));
  CHECK(contested(2).empty());
  Against cloned = moved.against;
  cloned.suspect = Suspect::cloned;
  apply(*store, RepeatMismatch{{device(2)}, at(3), 1, {}, cloned});
  CHECK(contested(1).empty());
  CHECK(store->standing_mismatches(device(2)).at(0).against == cloned);
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
  CHECK(ids(store->list_mismatches({.kinds = {Outcome::card_unknown}}, "", 9).rows) == Ids{all[0]});
  CHECK(
      ids(store->list_mismatches({.standing_only = false, .kinds = {Outcome::card_unknown}}, "", 9)
              .rows) == Ids{all[0], all[3]});
  CHECK(ids(store->list_mismatches({.device = device(1)}, "", 9).rows) == Ids{all[1], all[2]});
  CHECK(ids(store->list_mismatches({.device = device(1)}, std::to_string(all[1]), 9).rows) ==
        Ids{all[2]});
  CHECK(ids(store->list_mismatches({.standing_only = false, .device = device(3)}, "", 9).rows) ==
        Ids{all[3]});
  CHECK(ids(store->list_mismatches({.kinds = {Outcome::card_in_use}, .device = device(1)}, "", 9)
                .rows) == Ids{all[1]});
  for (const bool newest_first : {false, true}) {
    for (const EnumSet<Outcome> kinds : {EnumSet<Outcome>{}, {Outcome::card_unknown}}) {
      const MismatchFilter filter{
          .standing_only = false, .kinds = kinds, .newest_first = newest_first};
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

namespace {

// Six mismatches that differ in what a filter or an order looks at; the last two have ended.
void raise_six(Store& store) {
  const auto raise = [&](int number, Outcome outcome, const std::string& text, int first) {
    Mismatch one = a_mismatch(device(number), outcome, text);
    one.first_seen = at(first);
    one.last_seen = at(100 - number);
    one.count = 1 + number % 3;
    if (outcome == Outcome::card_in_use) {
      one.against.suspect = number % 2 == 0 ? Suspect::cloned : Suspect::moved;
    }
    one.platform = number;
    apply(store, RaiseMismatch{one});
  };
  raise(1, Outcome::card_unknown, card_one, 60);
  raise(2, Outcome::card_in_use, card_two, 50);
  raise(3, Outcome::card_in_use, card_three, 40);
  raise(4, Outcome::iccid_invalid, "bad-length", 30);
  raise(5, Outcome::card_unknown, card_three, 20);
  raise(6, Outcome::card_in_use, card_one, 10);
  apply(store, EndMismatch{{device(5)}, MismatchState::cleared, at(200), "report"});
  apply(store, EndMismatch{{device(6)}, MismatchState::accepted, at(201), "anna"});
}

std::vector<std::string> numbers(const std::vector<Mismatch>& mismatches) {
  std::vector<std::string> found;
  for (const Mismatch& one : mismatches) found.push_back(one.device.number);
  return found;
}

}  // namespace

TEST_CASE_METHOD(StoreUnderTest, "each filter of mismatches leaves what fits it") {
  raise_six(*store);
  const auto listed = [&](const MismatchFilter& filter) {
    const auto rows = store->list_mismatches(filter, "", 9).rows;
    CHECK(store->count_mismatches(filter) == std::ssize(rows));
    return numbers(rows);
  };
  using Kinds = EnumSet<Outcome>;
  using States = EnumSet<MismatchState>;
  CHECK(listed({.kinds = Kinds{Outcome::card_unknown, Outcome::card_in_use}}) ==
        Texts{"D001", "D002", "D003"});
  CHECK(listed({.standing_only = false, .kinds = Kinds{Outcome::card_unknown}}) ==
        Texts{"D001", "D005"});
  CHECK(listed({.standing_only = false,
                .states = States{MismatchState::cleared, MismatchState::accepted}}) ==
        Texts{"D005", "D006"});
  CHECK(listed({.standing_only = false, .states = States{MismatchState::open}}).size() == 4);
  CHECK(listed({.suspect = Suspect::cloned}) == Texts{"D002"});
  CHECK(listed({.standing_only = false, .suspect = Suspect::cloned}) == Texts{"D002", "D006"});
  CHECK(listed({.product = "1"}).size() == 4);
  CHECK(listed({.product = "2"}).empty());
  CHECK(listed({.platform = 3}) == Texts{"D003"});
  CHECK(listed({.iccid_prefix = card_one}) == Texts{"D001"});
  CHECK(listed({.standing_only = false, .iccid_prefix = card_one}) == Texts{"D001", "D006"});
  CHECK(listed({.text = "D00"}).size() == 4);
  CHECK(listed({.standing_only = false, .text = "D006"}) == Texts{"D006"});
  CHECK(listed({.standing_only = false, .text = card_three}) == Texts{"D003", "D005"});
  CHECK(listed({.since = at(40)}) == Texts{"D001", "D002", "D003"});
  CHECK(listed({.standing_only = false, .since = at(20), .until = at(40)}) ==
        Texts{"D004", "D005"});
}

TEST_CASE_METHOD(StoreUnderTest,
                 "each order of mismatches is read page by page, in both directions") {
  raise_six(*store);
  const auto check = [&](MismatchFilter filter, const Texts& expected) {
    CAPTURE(static_cast<int>(filter.order));
    CHECK(numbers(store->list_mismatches(filter, "", 9).rows) == expected);
    Texts walked;
    std::string cursor;
    do {
      const auto page = store->list_mismatches(filter, cursor, 1);
      REQUIRE(page.rows.size() == 1);
      walked.push_back(page.rows[0].device.number);
      cursor = page.next_cursor;
    } while (!cursor.empty());
    CHECK(walked == expected);
    filter.newest_first = true;
    CHECK(numbers(store->list_mismatches(filter, "", 9).rows) ==
          Texts(expected.rbegin(), expected.rend()));
  };
  check({.order = MismatchOrder::first_seen}, {"D004", "D003", "D002", "D001"});
  check({.order = MismatchOrder::last_seen}, {"D004", "D003", "D002", "D001"});
  check({.order = MismatchOrder::count}, {"D003", "D001", "D004", "D002"});
  const EnumSet ended{MismatchState::cleared, MismatchState::accepted, MismatchState::followed};
  check({.standing_only = false, .states = ended, .order = MismatchOrder::last_seen},
        {"D006", "D005"});
  check({.standing_only = false, .states = ended, .order = MismatchOrder::count}, {"D006", "D005"});
  check({.standing_only = false, .order = MismatchOrder::first_seen},
        {"D006", "D005", "D004", "D003", "D002", "D001"});
}

TEST_CASE_METHOD(StoreUnderTest, "mismatches are counted by state, kind and suspect, to a bound") {
  raise_six(*store);
  const auto count = [&](const MismatchGroup& group) { return store->count_mismatch_group(group); };
  CHECK(count({MismatchState::open, Outcome::card_in_use, Suspect::cloned}) == 1);
  CHECK(count({MismatchState::open, Outcome::card_in_use, Suspect::moved}) == 1);
  CHECK(count({MismatchState::accepted, Outcome::card_in_use, Suspect::cloned}) == 1);
  CHECK(count({MismatchState::open, Outcome::card_unknown}) == 1);
  CHECK(count({MismatchState::dismissed, Outcome::card_unknown}) == 0);
  CHECK(store->count_mismatch_group({MismatchState::open, Outcome::card_unknown}, 0) == 0);
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
