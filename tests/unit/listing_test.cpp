// SPDX-License-Identifier: Apache-2.0
#include "operations/listing.h"

#include <catch2/catch.hpp>
#include <set>

#include "unit/operations_bench.h"

namespace iotcard {
namespace {

using Texts = std::vector<std::string>;

struct Fleet {
  explicit Fleet(int size) {
    Transaction transaction{desk.store()};
    for (int i = 0; i < size; ++i) {
      Card card{Iccid::from_canonical("8986000000000" + std::to_string(100000 + i)).value()};
      card.created_at = card.updated_at = desk.context.now;
      if (i % 7 == 0) card.status = CardStatus::suspended;
      if (i % 11 == 0) card.expires_at = desk.context.now - std::chrono::hours{i + 1};
      if (i % 13 == 0) card.expires_at = desk.context.now + std::chrono::minutes{i + 1};
      desk.store().add_card(card);
      apply_change(
          desk.store(), desk.context,
          judge_card({card, Match::exact, {}, {}}, desk.context.policy.alerts, desk.context.now));
    }
    transaction.commit();
  }
  Texts listed(const CardQuery& query) {
    Texts iccids;
    each_row(card_rows(desk.store(), desk.context, query), no_limit,
             [&](const StoredCard& card) { iccids.emplace_back(card.card.iccid.text()); });
    return iccids;
  }
  Texts paged(const CardQuery& query, int size) {
    Texts iccids;
    for (std::int64_t number = 1;; ++number) {
      const auto page =
          page_of(card_rows(desk.store(), desk.context, query), {number, size}, cursors);
      for (const StoredCard& card : page.rows) iccids.emplace_back(card.card.iccid.text());
      if (page.rows.size() < static_cast<std::size_t>(size)) {
        CHECK(page.total == static_cast<std::int64_t>(iccids.size()));
        return iccids;
      }
    }
  }
  OperationsBench desk;
  PageCursorCache cursors;
};

}  // namespace

TEST_CASE("pages by number are the list, whatever their size, filter and order") {
  Fleet fleet{730};
  for (const CardQuery& query :
       {CardQuery{}, CardQuery{.filter = {.order = CardOrder::expires_at, .descending = true}},
        CardQuery{.filter = {.status = CardStatus::suspended}}, CardQuery{.abnormal = true},
        CardQuery{.filter = {.reason = Abnormal::expired}}}) {
    for (const int size : {1, 33, 100, 500}) {
      const Texts all = fleet.listed(query);
      REQUIRE(all.size() > 60);
      CHECK(std::set<std::string>{all.begin(), all.end()}.size() == all.size());
      CHECK(fleet.paged(query, size) == all);
    }
  }
}

TEST_CASE("abnormal cards are listed with the worst first, each once") {
  Fleet fleet{200};
  std::vector<std::size_t> worst;
  each_row(card_rows(fleet.desk.store(), fleet.desk.context, {.abnormal = true}), no_limit,
           [&](const StoredCard& card) {
             const auto reasons = abnormal_reasons(card.card, fleet.desk.context.policy.alerts,
                                                   fleet.desk.context.now);
             REQUIRE_FALSE(reasons.empty());
             std::size_t first = 0;
             while (!reasons.has(static_cast<Abnormal>(first))) ++first;
             worst.push_back(first);
           });
  CHECK(std::is_sorted(worst.begin(), worst.end()));
  const auto abnormal = [](int i) { return i % 7 == 0 || i % 11 == 0 || i % 13 == 0; };
  std::size_t expected = 0;
  for (int i = 0; i < 200; ++i) expected += abnormal(i) ? 1 : 0;
  CHECK(worst.size() == expected);
}

TEST_CASE("a limit holds over all parts of a list of abnormal cards") {
  Fleet fleet{200};
  const Texts all = fleet.listed({.abnormal = true});
  for (const std::int64_t limit : {1, 20, 30, 40, 1000}) {
    Texts some;
    each_row(card_rows(fleet.desk.store(), fleet.desk.context, {.abnormal = true}), limit,
             [&](const StoredCard& card) { some.emplace_back(card.card.iccid.text()); });
    const auto size = std::min<std::size_t>(all.size(), static_cast<std::size_t>(limit));
    CHECK(some == Texts{all.begin(), all.begin() + static_cast<long>(size)});
  }
}

TEST_CASE("a page after the end has no rows, but the total") {
  Fleet fleet{5};
  const auto page =
      page_of(card_rows(fleet.desk.store(), fleet.desk.context, {}), {3, 5}, fleet.cursors);
  CHECK(page.total == 5);
  CHECK(page.rows.empty());
}

TEST_CASE("cursors are used for twenty times as long as their scan took") {
  PageCursorCache::TimePoint now{};
  PageCursorCache cursors{[&] { return now; }};
  int scans = 0;
  const auto scan = [&](std::int64_t stride, const PageCursorCache::TakeCursor& take) {
    ++scans;
    now += std::chrono::milliseconds{100};
    for (std::int64_t row = stride; row <= 1000; row += stride) take(std::to_string(row));
    return std::int64_t{1000};
  };
  CHECK(cursors.find("a", 0, scan).total == 1000);
  const PagePosition position = cursors.find("a", 455, scan);
  CHECK(position.cursor == "400");
  CHECK(position.skip == 55);
  now += std::chrono::milliseconds{1999};
  cursors.find("a", 999, scan);
  CHECK(scans == 1);
  now += std::chrono::milliseconds{1};
  cursors.find("a", 0, scan);
  CHECK(scans == 2);
  cursors.find("b", 0, scan);
  CHECK(scans == 3);
  cursors.clear();
  cursors.find("a", 0, scan);
  CHECK(scans == 4);
}

TEST_CASE("the number of cursors of a list is bounded, and every page is near one") {
  PageCursorCache cursors;
  const std::int64_t rows = 10'000'000;
  const auto scan = [&](std::int64_t stride, const PageCursorCache::TakeCursor& take) {
    for (std::int64_t row = stride; row <= rows; row += stride) take(std::to_string(row));
    return rows;
  };
  for (const std::int64_t row : {0L, 99L, 100L, 5'000'123L, rows - 1}) {
    const PagePosition position = cursors.find("a", row, scan);
    const std::int64_t cursor = position.cursor.empty() ? 0 : std::stoll(position.cursor);
    CHECK(cursor + position.skip == row);
    CHECK(position.skip < 1000);
  }
}

}  // namespace iotcard
