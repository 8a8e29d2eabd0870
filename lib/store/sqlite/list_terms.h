// SPDX-License-Identifier: Apache-2.0
// list_terms.h - What the lists of cards, devices, mismatches and rejected reports share: the terms
// of a WHERE with their values, and one page of rows. One thread at a time; throws StoreError.
#pragma once

#include <charconv>
#include <functional>
#include <string>
#include <vector>

#include "store/list_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

// The number at the beginning of a part of a cursor; 0: there is none.
template <typename Number>
Number number_in(const std::string& text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The terms of a WHERE and the values of their parameters, in order.
class Terms {
 public:
  template <typename... Values>
  void add(const std::string& term, const Values&... values) {
    sql_ += (sql_.empty() ? "WHERE " : " AND ") + term;
    (bound_.push_back([values](Query& query) { query.bind(values); }), ...);
  }
  const std::string& sql() const { return sql_; }
  void bind(Query& query) const {
    for (const auto& bind_one : bound_) bind_one(query);
  }

 private:
  std::string sql_;
  std::vector<std::function<void(Query&)>> bound_;
};

// The rows of a query without its LIMIT; `cursor_of` makes the cursor of the last one.
template <typename Read, typename CursorOf>
auto read_page(Connection& connection, const std::string& sql, const Terms& terms, int limit,
               const Read& read, const CursorOf& cursor_of) {
  Query query = connection.query(sql + " LIMIT ?");
  terms.bind(query);
  query.bind(limit);
  StorePage<decltype(read(query))> page{read_all(read, query), ""};
  const bool full = !page.rows.empty() && page.rows.size() == static_cast<std::size_t>(limit);
  if (full) page.next_cursor = cursor_of(page.rows.back());
  return page;
}

// Calls `take`, which may read the row, at each `stride`-th row, counting on from `before`. Returns
// how many rows there are.
template <typename Take>
std::int64_t scan(Connection& connection, const std::string& sql, const Terms& terms,
                  std::int64_t stride, std::int64_t before, const Take& take) {
  Query query = connection.query(sql);
  terms.bind(query);
  std::int64_t rows = 0;
  while (query.next()) {
    if ((before + ++rows) % stride == 0) take(query);
  }
  return rows;
}

}  // namespace iotcard::sqlite
