// SPDX-License-Identifier: Apache-2.0
// query.h - One use of a prepared statement: binds parameters in order, reads rows and their
// columns in order, and resets the statement at its end. Converts times and absent values.
// Uses SQLite's C interface: a report binds and reads some hundred columns, and SQLiteCpp's object
// for each column and copy of each text cost a tenth of applying it. One thread at a time; throws
// StoreError.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace iotcard::sqlite {

class Connection;

struct Blob {
  const std::string& bytes;
};

class Query {
 public:
  Query(const Connection& connection, sqlite3_stmt* statement)
      : connection_(connection), statement_(statement) {}
  ~Query() { sqlite3_reset(statement_); }  // an error of the last step was thrown
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // From here on values are not copied: they outlive the use of the statement. A report binds a
  // kilobyte of text.
  void keep() { keeping_ = SQLITE_STATIC; }
  // The next parameters, in their order; each needs a value.
  template <typename... Values>
  Query& bind(const Values&... values) {
    (bind_at(++parameter_, values), ...);
    return *this;
  }

  bool next();         // to the first row, then to the following; false behind the last
  std::int64_t run();  // of a statement without rows: how many it changed
  // The same with the next parameters, which are not copied.
  template <typename... Values>
  std::int64_t run(const Values&... values) {
    keep();
    return bind(values...).run();
  }

  // The next column of the row.
  std::string text() { return std::string{view()}; }
  std::string_view view();  // the same until the next row
  std::int64_t integer();
  Instant time();
  double number();
  std::optional<std::int64_t> optional_integer() { return optional(&Query::integer); }
  std::optional<double> optional_number() { return optional(&Query::number); }
  std::optional<Instant> optional_time() { return optional(&Query::time); }
  bool null_ahead() const {  // the next column holds nothing
    return sqlite3_column_type(statement_, column_) == SQLITE_NULL;
  }
  // Throws: the column just read holds what this program never writes.
  [[noreturn]] void unreadable(std::string_view value) const;

 private:
  void bind_at(int index, std::string_view value);
  void bind_at(int index, std::int64_t value);
  void bind_at(int index, int value) { bind_at(index, std::int64_t{value}); }
  void bind_at(int index, double value);
  void bind_at(int index, Instant value);
  void bind_at(int index, Blob value);
  void bind_at(int index, std::nullopt_t);
  template <typename Value>
  void bind_at(int index, const std::optional<Value>& value) {
    value ? bind_at(index, *value) : bind_at(index, std::nullopt);
  }
  template <typename Value>
  std::optional<Value> optional(Value (Query::*read)()) {
    if (!null_ahead()) return (this->*read)();
    ++column_;
    return std::nullopt;
  }
  void check(int code) const;

  const Connection& connection_;
  sqlite3_stmt* const statement_;
  sqlite3_destructor_type keeping_ = SQLITE_TRANSIENT;
  int parameter_ = 0;
  int column_ = 0;
};

// What `read` makes of each row.
template <typename Read>
auto read_all(const Read& read, Query& query) {
  std::vector<decltype(read(query))> rows;
  while (query.next()) rows.push_back(read(query));
  return rows;
}

}  // namespace iotcard::sqlite
