// SPDX-License-Identifier: Apache-2.0
// list_terms.h - What the lists of cards, devices, mismatches and rejected reports share: the terms
// of a WHERE with their values, one page of rows, and a count. One thread at a time; throws
// StoreError.
#pragma once

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
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
    bind_next(values...);
  }
  // Values of parameters of the last term that add() did not have.
  template <typename... Values>
  void bind_next(const Values&... values) {
    (bound_.push_back([values](Query& query) { query.bind(values); }), ...);
  }
  // A term with as many parameters as there are values.
  template <typename Values>
  void add_all(const std::string& term, const Values& values) {
    add(term);
    for (const auto& value : values) {
      bound_.push_back([value](Query& query) { query.bind(value); });
    }
  }
  bool empty() const { return sql_.empty(); }
  const std::string& sql() const { return sql_; }
  void bind(Query& query) const {
    for (const auto& bind_one : bound_) bind_one(query);
  }

 private:
  std::string sql_;
  std::vector<std::function<void(Query&)>> bound_;
};

// "= ?" keeps the order of an index behind the column, "IN" does not. The names are this program's.
inline void add_one_of(Terms& terms, const std::string& column,
                       const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (names.size() == 1) return terms.add(column + " = ?", names[0]);
  std::string term = column + " IN (";
  for (std::size_t i = 0; i < names.size(); ++i) {
    term.append(i == 0 ? "'" : ", '").append(names[i]).append(1, '\'');
  }
  terms.add(term + ")");
}

// For LIKE with ESCAPE '\\': what has this text in it.
inline std::string like(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

// What is behind the cursor in a list by id. It has a bound in any case, so that SQLite reads the
// list by the ids.
inline void add_id(Terms& terms, const std::string& column, const std::string& after,
                   bool newest_first) {
  const auto id = number_in<std::int64_t>(after);
  const std::int64_t first = newest_first ? std::numeric_limits<std::int64_t>::max() : 0;
  terms.add(column + (newest_first ? " < ?" : " > ?"), id > 0 ? id : first);
}

// The rows of a query without its LIMIT, in reverse order if the page is at the end of its list;
// `cursor_of` makes the cursor of the last one.
template <typename Read, typename CursorOf>
auto read_page(Connection& connection, const std::string& sql, const Terms& terms,
               const PageStart& start, int limit, const Read& read, const CursorOf& cursor_of) {
  Query query = connection.query(sql + " LIMIT ? OFFSET ?");
  terms.bind(query);
  // One row more tells whether there is a next page.
  query.bind(std::int64_t{limit} + (start.at_end ? 0 : 1), start.skip);
  StorePage<decltype(read(query))> page{read_all(read, query), ""};
  bool more = start.skip > 0;
  if (start.at_end) {
    std::ranges::reverse(page.rows);
  } else {
    more = std::ssize(page.rows) > limit;
    if (more) page.rows.pop_back();
  }
  if (more && !page.rows.empty()) page.next_cursor = cursor_of(page.rows.back());
  return page;
}

// How many rows `from`, a query from its FROM on, has. Without a bound, SQLite counts the entries
// of an index without reading them.
inline std::int64_t count_rows(Connection& connection, const std::string& from, const Terms& terms,
                               std::int64_t at_most) {
  const bool all = at_most == count_all;
  Query query = connection.query(all ? "SELECT count(*) " + from
                                     : "SELECT count(*) FROM (SELECT 1 " + from + " LIMIT ?)");
  terms.bind(query);
  if (!all) query.bind(at_most);
  return query.next() ? query.integer() : 0;
}

}  // namespace iotcard::sqlite
