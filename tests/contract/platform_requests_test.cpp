// SPDX-License-Identifier: Apache-2.0
// What operators want of platforms: it waits, is taken once, and is a record afterwards.
#include "contract/store_under_test.h"

namespace iotcard {
namespace {

PlatformRequest a_request(const std::string& text, PlatformRequestKind kind, int seconds = 1,
                          std::int64_t platform = 1) {
  return {.id = 0,
          .iccid = iccid(text),
          .platform = platform,
          .kind = kind,
          .requested_by = "anna",
          .requested_at = at(seconds)};
}

}  // namespace

using Kind = PlatformRequestKind;

TEST_CASE_METHOD(StoreUnderTest, "a request is taken once, the oldest first, by its platform") {
  PlatformRequest first = a_request(card_one, Kind::suspend);
  first.id = store->add_platform_request(first);
  const std::int64_t second = store->add_platform_request(a_request(card_two, Kind::refresh));
  const std::int64_t other = store->add_platform_request(a_request(card_two, Kind::resume, 1, 2));
  CHECK(store->find_platform_request(first.id) == first);
  const auto taken = store->take_platform_requests(1, at(5), 1);
  first.taken_at = at(5);
  CHECK(taken == std::vector{first});
  CHECK(store->take_platform_requests(1, at(6), 9).at(0).id == second);
  CHECK(store->take_platform_requests(1, at(7), 9).empty());
  CHECK(store->take_platform_requests(2, at(7), 9).at(0).id == other);
}

TEST_CASE_METHOD(StoreUnderTest, "the result of a request is kept and does not change") {
  const std::int64_t id = store->add_platform_request(a_request(card_one, Kind::suspend));
  store->take_platform_requests(1, at(2), 9);
  store->finish_platform_request(id, at(3), "", "suspended");
  store->finish_platform_request(id, at(4), "it is late", "active");
  PlatformRequest done = a_request(card_one, Kind::suspend);
  done.id = id;
  done.taken_at = at(2);
  done.done_at = at(3);
  done.status = "suspended";
  CHECK(store->find_platform_request(id) == done);
  CHECK_FALSE(store->find_platform_request(id + 1));
  const std::int64_t next = store->add_platform_request(a_request(card_one, Kind::resume));
  const auto all = store->platform_requests(iccid(card_one), 9);
  REQUIRE(all.size() == 2);
  CHECK(all[0].id == next);
  CHECK(all[1] == done);
  CHECK(store->platform_requests(iccid(card_one), 1).size() == 1);
  CHECK(store->platform_requests(iccid(card_two), 9).empty());
}

TEST_CASE_METHOD(StoreUnderTest,
                 "an abandoned refresh waits again, an abandoned action has failed") {
  const std::int64_t refresh = store->add_platform_request(a_request(card_one, Kind::refresh));
  const std::int64_t suspend = store->add_platform_request(a_request(card_one, Kind::suspend));
  store->take_platform_requests(1, at(5), 9);
  const std::int64_t done = store->add_platform_request(a_request(card_two, Kind::suspend));
  const std::int64_t young = store->add_platform_request(a_request(card_three, Kind::refresh));
  store->take_platform_requests(1, at(6), 9);
  store->finish_platform_request(done, at(7), "", "suspended");
  CHECK(store->recover_platform_requests(2, at(6), at(9)) == 0);
  CHECK(store->recover_platform_requests(1, at(6), at(9)) == 2);
  CHECK(store->recover_platform_requests(1, at(6), at(9)) == 0);
  const PlatformRequest failed = store->find_platform_request(suspend).value();
  CHECK(failed.done_at == at(9));
  CHECK_THAT(failed.failure, Catch::Contains("ended before"));
  CHECK(store->find_platform_request(done).value().status == "suspended");
  CHECK(store->find_platform_request(young).value().taken_at == at(6));
  const auto again = store->take_platform_requests(1, at(10), 9);
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == refresh);
}

TEST_CASE_METHOD(StoreUnderTest, "a request that is given back waits again unless it is done") {
  const std::int64_t suspend = store->add_platform_request(a_request(card_one, Kind::suspend));
  const std::int64_t done = store->add_platform_request(a_request(card_two, Kind::suspend));
  store->take_platform_requests(1, at(5), 9);
  store->finish_platform_request(done, at(6), "", "suspended");
  store->give_back_platform_request(suspend);
  store->give_back_platform_request(done);
  CHECK(store->recover_platform_requests(1, at(9), at(9)) == 0);
  const auto again = store->take_platform_requests(1, at(10), 9);
  REQUIRE(again.size() == 1);
  CHECK(again[0].id == suspend);
}

TEST_CASE_METHOD(StoreUnderTest, "a waiting request is deleted with its card, a taken one stays") {
  for (const std::string& text : {card_one, card_two}) {
    Card card = a_card(text);
    card.platform = 1;
    store->add_card(card);
    store->add_platform_request(a_request(text, Kind::suspend));
  }
  store->take_platform_requests(1, at(5), 9);
  const std::int64_t moved = store->add_platform_request(a_request(card_one, Kind::refresh));
  const std::int64_t removed = store->add_platform_request(a_request(card_two, Kind::refresh));
  Card card = store->find_card(iccid(card_one)).value().card;
  card.platform = 2;
  store->update_card(card);
  store->remove_card(iccid(card_two));
  CHECK_FALSE(store->find_platform_request(moved));
  CHECK_FALSE(store->find_platform_request(removed));
  CHECK(store->platform_requests(iccid(card_one), 9).size() == 1);
  CHECK(store->platform_requests(iccid(card_two), 9).size() == 1);
}

TEST_CASE_METHOD(StoreUnderTest,
                 "the newest requests of a card are kept, more actions than refreshes") {
  const auto ask = [&](Kind kind) {
    store->add_platform_request(a_request(card_one, kind));
    for (const PlatformRequest& request : store->take_platform_requests(1, at(5), 9)) {
      store->finish_platform_request(request.id, at(6), "", "active");
    }
  };
  ask(Kind::suspend);
  for (int i = 0; i < 30; ++i) ask(Kind::refresh);
  auto kept = store->platform_requests(iccid(card_one), 99);
  CHECK(kept.size() == 21);
  CHECK(kept.back().kind == Kind::suspend);
  for (int i = 0; i < 110; ++i) ask(Kind::resume);
  kept = store->platform_requests(iccid(card_one), 999);
  CHECK(kept.size() == 120);
}

}  // namespace iotcard
