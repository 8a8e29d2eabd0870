// SPDX-License-Identifier: Apache-2.0
// query_plans.h - What a store asks SQLite for, and how SQLite would find it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "contract/sqlite_place.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard {

// The statements that `use` makes, without those of opening the store.
inline std::vector<std::string> queries_of(const SqlitePlace& place,
                                           const std::function<void(Store&)>& use) {
  sqlite::SqliteStore store{place.path()};
  const auto before = store.queries();
  use(store);
  std::vector<std::string> queries;
  for (const std::string& sql : store.queries()) {
    if (std::ranges::find(before, sql) == before.end()) queries.push_back(sql);
  }
  return queries;
}

// Their steps, with "; " behind each.
inline std::string plans_of(const SqlitePlace& place, const std::function<void(Store&)>& use) {
  std::string plans;
  const std::vector<std::string> queries = queries_of(place, use);
  SQLite::Database database{place.path()};
  for (const std::string& sql : queries) {
    SQLite::Statement explain{database, "EXPLAIN QUERY PLAN " + sql};
    while (explain.executeStep()) plans += explain.getColumn(3).getString() + "; ";
  }
  return plans;
}

}  // namespace iotcard
