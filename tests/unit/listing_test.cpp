// SPDX-License-Identifier: Apache-2.0
#include "operations/listing.h"

#include <catch2/catch.hpp>
#include <set>

#include "support/list_pages.h"
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
          page_of(card_rows(desk.store(), desk.context, query), {.number = number, .size = size});
      for (const StoredCard& card : page.rows) iccids.emplace_back(card.card.iccid.text());
      if (page.rows.size() < static_cast<std::size_t>(size)) {
        CHECK(page.total.rows == static_cast<std::int64_t>(iccids.size()));
        return iccids;
      }
    }
  }
  OperationsBench desk;
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

TEST_CASE("a page of abnormal cards is found from either end of their list") {
  Fleet fleet{60};
  const auto list = card_rows(fleet.desk.store(), fleet.desk.context, {.abnormal = true});
  const auto rows = static_cast<int>(list.count(count_all));
  CHECK(rows > 15);
  CHECK(list.count(7) == 7);
  check_pages(
      [&](const PageStart& start, int limit) {
        const auto page = list.read(start, limit);
        Texts iccids;
        for (const StoredCard& card : page.rows) iccids.emplace_back(card.card.iccid.text());
        return std::pair{iccids, page.next_cursor};
      },
      rows);
}

TEST_CASE("a page after the end has no rows, but the total") {
  Fleet fleet{5};
  const auto page =
      page_of(card_rows(fleet.desk.store(), fleet.desk.context, {}), {.number = 3, .size = 5});
  CHECK(page.total.rows == 5);
  CHECK(page.rows.empty());
}

}  // namespace iotcard
