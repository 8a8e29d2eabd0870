// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/query.h"

#include <SQLiteCpp/Column.h>
#include <fmt/format.h>

#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

template <typename Action>
auto Query::guarded(Action action) const {
  try {
    return action();
  } catch (const SQLite::Exception& error) {
    throw connection_.error(error, statement_.getQuery());
  }
}

bool Query::next() {
  column_ = 0;
  return guarded([&] { return statement_.executeStep(); });
}

std::int64_t Query::run() {
  return guarded([&] { return std::int64_t{statement_.exec()}; });
}

std::string Query::text() {
  return guarded([&] { return statement_.getColumn(column_++).getString(); });
}

std::int64_t Query::integer() {
  return guarded([&] { return std::int64_t{statement_.getColumn(column_++).getInt64()}; });
}

Instant Query::time() {
  const std::string value = text();
  const auto time = parse_time(value);
  if (!time) unreadable(value);
  return *time;
}

bool Query::null_ahead() const {
  return guarded([&] { return statement_.isColumnNull(column_); });
}

std::optional<std::int64_t> Query::optional_integer() {
  if (!null_ahead()) return integer();
  ++column_;
  return std::nullopt;
}

std::optional<double> Query::optional_number() {
  if (!null_ahead()) return guarded([&] { return statement_.getColumn(column_++).getDouble(); });
  ++column_;
  return std::nullopt;
}

std::optional<Instant> Query::optional_time() {
  if (!null_ahead()) return time();
  ++column_;
  return std::nullopt;
}

void Query::unreadable(std::string_view value) const {
  throw StoreError(StoreError::Kind::not_a_store,
                   fmt::format("the card store {} holds \"{}\" as {}, which this program never "
                               "writes. Mend that row, or restore a backup",
                               connection_.path(), value,
                               guarded([&] { return statement_.getColumnName(column_ - 1); })));
}

void Query::bind_at(int index, std::string_view value) {
  guarded([&] { statement_.bind(index, std::string{value}); });
}

void Query::bind_at(int index, std::int64_t value) {
  guarded([&] { statement_.bind(index, value); });
}

void Query::bind_at(int index, double value) {
  guarded([&] { statement_.bind(index, value); });
}

void Query::bind_at(int index, Instant value) {
  guarded([&] { statement_.bind(index, to_rfc3339(value)); });
}

void Query::bind_at(int index, Blob value) {
  guarded([&] {
    statement_.bind(index, static_cast<const void*>(value.bytes.data()),
                    static_cast<int>(value.bytes.size()));
  });
}

void Query::bind_at(int index, std::nullopt_t) {
  guarded([&] { statement_.bind(index); });
}

}  // namespace iotcard::sqlite
