// SPDX-License-Identifier: Apache-2.0
// migrations.h - The numbered SQL files of schemas/sql/sqlite, compiled in; runs those that a store
// does not have yet. Several processes may do so at once: one of them runs them.
// Throws StoreError: newer_schema, not_a_store.
#pragma once

#include <span>
#include <string_view>

namespace iotcard::sqlite {

class Connection;

// In order; the first makes version 1 of an empty file.
std::span<const std::string_view> migrations();
// Throws unless the file is empty or a store of a schema that this program knows. Changes nothing;
// reads one snapshot, since another process may be making the store.
void check_snapshot(Connection& connection);
// Brings the schema of such a file up to date.
void migrate(Connection& connection);
// The version that the file has now; 0 if it is empty.
int schema_version(Connection& connection);

}  // namespace iotcard::sqlite
