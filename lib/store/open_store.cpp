// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "store/sqlite/sqlite_store.h"
#include "store/store.h"

namespace iotcard {
namespace {

// A URL may have a password before its host.
std::string without_password(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return url;
  return url.substr(0, scheme + 3) + "…" + url.substr(at);
}

std::string sqlite_path(const std::string& url) {
  constexpr std::string_view sqlite_scheme = "sqlite:";
  const bool is_sqlite = url.starts_with(sqlite_scheme);
  if (!is_sqlite || url.size() == sqlite_scheme.size()) {
    throw StoreError(StoreError::Kind::not_a_store,
                     fmt::format("\"{}\" names no card store. Write sqlite:PATH, such as "
                                 "sqlite:/var/lib/iotcardd/cards.db",
                                 without_password(url)));
  }
  return url.substr(sqlite_scheme.size());
}

}  // namespace

std::unique_ptr<Store> open_store(const std::string& url) {
  return std::make_unique<sqlite::SqliteStore>(sqlite_path(url));
}

std::unique_ptr<Store> open_existing_store(const std::string& url) {
  return std::make_unique<sqlite::SqliteStore>(sqlite_path(url), sqlite::OpenMode::existing);
}

std::unique_ptr<Store> open_store_to_read(const std::string& url) {
  return std::make_unique<sqlite::SqliteStore>(sqlite_path(url), sqlite::OpenMode::read_only);
}

}  // namespace iotcard
