// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/binding_store.h"

#include <algorithm>

#include "store/sqlite/rows.h"

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

// The open binding is the newest: while it is open there can be no other.
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

std::optional<Binding> SqliteBindingStore::binding_of(const DeviceKey& device) {
  Query query = connection_.query(open_of_device());
  query.bind(device.product, device.number);
  if (!query.next()) return std::nullopt;
  return read_binding(query);
}

std::vector<Binding> SqliteBindingStore::binding_history(const DeviceKey& device, int limit) {
  static const std::string past_of_device = select_binding(
      "b.product = ? AND b.number = ? AND b.until IS NOT NULL ORDER BY b.id DESC LIMIT ?");
  Query open = connection_.query(open_of_device());
  Query past = connection_.query(past_of_device);
  open.bind(device.product, device.number);
  past.bind(device.product, device.number);
  return read_history(open, past, limit);
}

std::vector<Binding> SqliteBindingStore::binding_history(const Iccid& iccid, int limit) {
  static const std::string open_of_card = select_binding("b.iccid = ? AND b.until IS NULL");
  static const std::string past_of_card =
      select_binding("b.iccid = ? AND b.until IS NOT NULL ORDER BY b.id DESC LIMIT ?");
  Query open = connection_.query(open_of_card);
  Query past = connection_.query(past_of_card);
  open.bind(iccid.text());
  past.bind(iccid.text());
  return read_history(open, past, limit);
}

std::optional<Mismatch> SqliteBindingStore::find_mismatch(std::int64_t id) {
  static const std::string sql = select_mismatch("WHERE m.id = ?");
  Query query = connection_.query(sql);
  query.bind(id);
  if (!query.next()) return std::nullopt;
  return read_mismatch(query);
}

std::vector<Mismatch> SqliteBindingStore::mismatches_about(const Iccid& iccid) {
  static const std::string reported = select_mismatch(
      "INDEXED BY mismatch_standing_card WHERE m.reported >= ? AND m.reported < ? "
      "AND m.ended IS NULL");
  static const std::string of_its_device = select_mismatch(
      "INDEXED BY mismatch_standing_device WHERE m.ended IS NULL AND (m.product, m.number) = "
      "(SELECT product, number FROM binding WHERE iccid = ? AND until IS NULL)");
  // Both spellings of an ICCID begin with the same 19 characters.
  const std::string common{iccid.text().substr(0, 19)};
  Query by_card = connection_.query(reported);
  by_card.bind(common, common + 'G');
  std::vector<Mismatch> mismatches = read_mismatches(by_card);
  std::erase_if(mismatches, [&](const Mismatch& mismatch) {
    const auto named = Iccid::from_canonical(mismatch.reported);
    return !named || !match(*named, iccid);
  });
  Query by_device = connection_.query(of_its_device);
  by_device.bind(iccid.text());
  for (Mismatch& mismatch : read_mismatches(by_device)) {
    const bool seen = std::any_of(mismatches.begin(), mismatches.end(),
                                  [&](const Mismatch& one) { return one.id == mismatch.id; });
    if (!seen) mismatches.push_back(std::move(mismatch));
  }
  return mismatches;
}

std::vector<Mismatch> SqliteBindingStore::unknown_cards_now_known(std::int64_t after_id,
                                                                  int limit) {
  // The same card may be stored with 19 or 20 characters: see match().
  static const std::string sql = select_mismatch(
      "INDEXED BY mismatch_standing_unknown WHERE m.ended IS NULL "
      "AND m.outcome = 'mismatch.card_unknown' AND m.id > ? AND ("
      "EXISTS (SELECT 1 FROM card WHERE iccid = m.reported) OR "
      "(length(m.reported) = 20 AND "
      "EXISTS (SELECT 1 FROM card WHERE iccid = substr(m.reported, 1, 19))) OR "
      "(length(m.reported) = 19 AND "
      "EXISTS (SELECT 1 FROM card WHERE iccid >= m.reported || '0' AND "
      "iccid < m.reported || 'G' AND length(iccid) = 20))) ORDER BY m.id LIMIT ?");
  Query query = connection_.query(sql);
  query.bind(after_id, limit);
  return read_mismatches(query);
}

}  // namespace iotcard::sqlite
