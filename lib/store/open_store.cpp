// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "store/sqlite/sqlite_store.h"
#include "store/store.h"

namespace iotcard {

namespace {

std::string sqlite_path(const std::string& url) {
  constexpr std::string_view sqlite_scheme = "sqlite:";
  const bool is_sqlite = url.starts_with(sqlite_scheme);
  if (!is_sqlite || url.size() == sqlite_scheme.size()) {
    throw StoreError(StoreError::Kind::not_a_store,
                     fmt::format("\"{}\" names no card store. Write sqlite:PATH, such as "
                                 "sqlite:/var/lib/iotcardd/cards.db",
                                 url));
  }
  return url.substr(sqlite_scheme.size());
}

}  // namespace

std::unique_ptr<Store> open_store(const std::string& url) {
  return std::make_unique<sqlite::SqliteStore>(sqlite_path(url));
}

std::unique_ptr<Store> open_store_to_read(const std::string& url) {
  return std::make_unique<sqlite::SqliteStore>(sqlite_path(url), sqlite::ReadOnly{});
}

}  // namespace iotcard
