// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/card_rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string select_binding(std::string_view where) {
  return "SELECT " + std::string{binding_columns} + " FROM binding b WHERE " + std::string{where};
}

std::vector<Binding> read_bindings(Query& query) {
  std::vector<Binding> bindings;
  while (query.next()) bindings.push_back(read_binding(query));
  return bindings;
}

// The open binding is the newest one: while it is open there can be no other.
std::vector<Binding> read_history(Query& open, Query& past, int limit) {
  std::vector<Binding> history = read_bindings(open);
  past.bind(limit - static_cast<int>(history.size()));
  for (Binding& binding : read_bindings(past)) history.push_back(std::move(binding));
  return history;
}

const Sql& open_of_device() {
  static const Sql sql{select_binding("b.product = ? AND b.number = ? AND b.until IS NULL")};
  return sql;
}

}  // namespace

std::optional<Binding> SqliteStore::binding_of(const DeviceKey& device) {
  Query query = connection_.query(open_of_device());
  query.bind(device.product, device.number);
  if (!query.next()) return std::nullopt;
  return read_binding(query);
}

// In one: most reports confirm a binding, and need nothing else of card and binding.
std::optional<BoundCard> SqliteStore::bound_card(const DeviceKey& device) {
  static const Sql sql{"SELECT " + std::string{binding_columns} + ", " +
                       std::string{fitting_card_columns} +
                       " FROM binding b LEFT JOIN card c ON c.iccid = b.iccid "
                       "WHERE b.product = ? AND b.number = ? AND b.until IS NULL"};
  Query query = connection_.query(sql);
  query.bind(device.product, device.number);
  if (!query.next()) return std::nullopt;
  BoundCard bound{read_binding(query), std::nullopt};
  if (query.null_ahead()) return bound;
  bound.card = read_fitting_card(query);
  bound.card->binding = bound.binding;
  return bound;
}

std::optional<Instant> SqliteStore::first_bound(const DeviceKey& device, const Iccid& iccid) {
  static const Sql sql{
      "SELECT min(since) FROM (SELECT min(since) AS since FROM binding WHERE product = ?1 AND "
      "number = ?2 AND iccid = ?3 AND until IS NOT NULL UNION ALL SELECT since FROM binding WHERE "
      "product = ?1 AND number = ?2 AND iccid = ?3 AND until IS NULL)"};
  Query query = connection_.query(sql);
  query.bind(device.product, device.number, iccid.text());
  return query.next() ? query.optional_time() : std::nullopt;
}

std::vector<Binding> SqliteStore::binding_history(const DeviceKey& device, int limit) {
  static const std::string past_of_device = select_binding(
      "b.product = ? AND b.number = ? AND b.until IS NOT NULL ORDER BY b.id DESC LIMIT ?");
  Query open = connection_.query(open_of_device());
  Query past = connection_.query(past_of_device);
  open.bind(device.product, device.number);
  past.bind(device.product, device.number);
  return read_history(open, past, limit);
}

std::vector<Binding> SqliteStore::binding_history(const Iccid& iccid, int limit) {
  static const std::string open_of_card = select_binding("b.iccid = ? AND b.until IS NULL");
  static const std::string past_of_card =
      select_binding("b.iccid = ? AND b.until IS NOT NULL ORDER BY b.id DESC LIMIT ?");
  Query open = connection_.query(open_of_card);
  Query past = connection_.query(past_of_card);
  open.bind(iccid.text());
  past.bind(iccid.text());
  return read_history(open, past, limit);
}

std::int64_t SqliteStore::count_open_bindings() {
  return count("SELECT count(*) FROM binding WHERE until IS NULL");
}

void SqliteStore::write(const CreateBinding& create) {
  in_transaction(*this, connection_, [&] {
    // A device may be bound before it reports.
    static const Sql device{
        "INSERT INTO device (product, number) VALUES (?, ?) ON CONFLICT DO NOTHING"};
    connection_.query(device).run(create.device.product, create.device.number);
    static const Sql binding{
        "INSERT INTO binding (product, number, iccid, match, since, last_seen, created_by) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)"};
    connection_.query(binding).run(create.device.product, create.device.number, create.iccid.text(),
                                   match_names[create.match], create.at, create.by);
  });
}

void SqliteStore::write(const ConfirmBinding& confirm) {
  static const Sql sql{"UPDATE binding SET last_seen = ? WHERE id = ?"};
  connection_.query(sql).run(confirm.at, confirm.id);
}

void SqliteStore::write(const EndBinding& end) {
  connection_.query("UPDATE binding SET until = ?, ended_by = ? WHERE id = ? AND until IS NULL")
      .run(end.at, end.by, end.id);
}

}  // namespace iotcard::sqlite
