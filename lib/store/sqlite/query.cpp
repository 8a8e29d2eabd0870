// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/query.h"

#include <fmt/format.h>

#include <cassert>

#include "store/sqlite/connection.h"

namespace iotcard::sqlite {
namespace {

// The end of the year 9999, in milliseconds.
constexpr std::int64_t latest = 253'402'300'799'999;

}  // namespace

void Query::check(int code) const {
  if (code != SQLITE_OK) throw connection_.error(code, sqlite3_sql(statement_));
}

bool Query::next() {
  column_ = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  check(code == SQLITE_DONE ? SQLITE_OK : code);
  return false;
}

std::int64_t Query::run() {
  // An unbound parameter would keep the value of an earlier use, which may be freed.
  assert(parameter_ == sqlite3_bind_parameter_count(statement_));
  const bool has_row = next();
  assert(!has_row);
  static_cast<void>(has_row);
  return sqlite3_changes64(sqlite3_db_handle(statement_));
}

// Text and blobs; "" for NULL.
std::string_view Query::view() {
  const void* const bytes = sqlite3_column_blob(statement_, column_);
  const int size = sqlite3_column_bytes(statement_, column_++);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

std::int64_t Query::integer() {
  return sqlite3_column_int64(statement_, column_++);
}

Instant Query::time() {
  const std::int64_t milliseconds = integer();
  if (milliseconds < 0 || milliseconds > latest) unreadable(std::to_string(milliseconds));
  return Instant{std::chrono::milliseconds{milliseconds}};
}

double Query::number() {
  return sqlite3_column_double(statement_, column_++);
}

void Query::unreadable(std::string_view value) const {
  throw StoreError(
      StoreError::Kind::not_a_store,
      fmt::format("the card store {} holds \"{}\" as {}, which this program never "
                  "writes. Mend that row, or restore a backup",
                  connection_.path(), value, sqlite3_column_name(statement_, column_ - 1)));
}

void Query::bind_at(int index, std::string_view value) {
  const char* const text = value.data() != nullptr ? value.data() : "";  // nullptr would be NULL
  check(sqlite3_bind_text64(statement_, index, text, value.size(), keeping_, SQLITE_UTF8));
}

void Query::bind_at(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value));
}

void Query::bind_at(int index, double value) {
  check(sqlite3_bind_double(statement_, index, value));
}

void Query::bind_at(int index, Instant value) {
  bind_at(index, to_unix_millis(value));
}

void Query::bind_at(int index, Blob value) {
  check(sqlite3_bind_blob64(statement_, index, value.bytes.data(), value.bytes.size(), keeping_));
}

void Query::bind_at(int index, std::nullopt_t) {
  check(sqlite3_bind_null(statement_, index));
}

}  // namespace iotcard::sqlite
