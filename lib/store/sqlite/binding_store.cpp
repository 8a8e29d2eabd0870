// SPDX-License-Identifier: Apache-2.0

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string select_binding(std::string_view where) {
  return "SELECT " + std::string{binding_columns} + " FROM binding b WHERE " + std::string{where};
}

// Newest first: the open binding is the newest, since there can be no other while it is open.
template <typename... Values>
std::vector<Binding> read_history(Connection& connection, std::string_view of, int limit,
                                  const Values&... values) {
  const std::string whose{of};
  std::vector<Binding> history =
      connection.all(read_binding, select_binding(whose + " AND b.until IS NULL"), values...);
  for (Binding& binding :
       connection.all(read_binding,
                      select_binding(whose + " AND b.until IS NOT NULL ORDER BY b.id DESC LIMIT ?"),
                      values..., limit - static_cast<int>(history.size()))) {
    history.push_back(std::move(binding));
  }
  return history;
}

}  // namespace

std::optional<Binding> SqliteBindingStore::binding_of(const DeviceKey& device) {
  static const Sql sql{select_binding("b.product = ? AND b.number = ? AND b.until IS NULL")};
  return connection_.first(read_binding, sql, device.product, device.number);
}

std::vector<Binding> SqliteBindingStore::binding_history(const DeviceKey& device, int limit) {
  return read_history(connection_, "b.product = ? AND b.number = ?", limit, device.product,
                      device.number);
}

std::vector<Binding> SqliteBindingStore::binding_history(const Iccid& iccid, int limit) {
  return read_history(connection_, "b.iccid = ?", limit, iccid.text());
}

std::vector<Mismatch> SqliteBindingStore::standing_mismatches(const DeviceKey& device) {
  return read_standing(connection_, device);
}

std::optional<Mismatch> SqliteBindingStore::find_mismatch(std::int64_t id) {
  return connection_.first(read_mismatch, select_mismatch("WHERE m.id = ?"), id);
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
  std::vector<Mismatch> mismatches = connection_.all(read_mismatch, reported, common, common + 'G');
  std::erase_if(mismatches, [&](const Mismatch& mismatch) {
    const auto named = Iccid::from_canonical(mismatch.reported);
    return !named || !match(*named, iccid);
  });
  for (Mismatch& mismatch : connection_.all(read_mismatch, of_its_device, iccid.text())) {
    if (contains(mismatches, mismatch.id, &Mismatch::id)) continue;
    mismatches.push_back(std::move(mismatch));
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
  return connection_.all(read_mismatch, sql, after_id, limit);
}

}  // namespace iotcard::sqlite
