// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/meta.h"

#include <fmt/format.h>

namespace iotcard::sqlite {

std::optional<std::string> read_meta(Connection& connection, const std::string& name) {
  static const Sql sql{"SELECT value FROM meta WHERE name = ?"};
  Query query = connection.query(sql);
  query.bind(name);
  return query.next() ? std::optional{query.text()} : std::nullopt;
}

void write_meta(Connection& connection, const std::string& name, const std::string& value) {
  static const Sql sql{
      "INSERT INTO meta (name, value) VALUES (?, ?) "
      "ON CONFLICT (name) DO UPDATE SET value = excluded.value"};
  connection.query(sql).run(name, value);
}

void unreadable_meta(const Connection& connection, const std::string& name,
                     const std::string& value) {
  throw StoreError(StoreError::Kind::not_a_store,
                   fmt::format("the card store {} has \"{}\" as {} in table meta, which this "
                               "program never writes. Restore a backup",
                               connection.path(), value, name));
}

}  // namespace iotcard::sqlite
