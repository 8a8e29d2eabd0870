// SPDX-License-Identifier: Apache-2.0

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string select_open(std::string_view where) {
  return "SELECT " + std::string{open_binding_columns} + " FROM device d WHERE " +
         std::string{where};
}

// Newest first.
template <typename... Values>
std::vector<Binding> read_history(Connection& connection, const Sql& open, const Sql& past,
                                  int limit, const Values&... values) {
  std::vector<Binding> history;
  if (auto binding = connection.first(read_open_binding, open, values...)) {
    history.push_back(*std::move(binding));
  }
  for (Binding& binding : connection.all(read_past_binding, past, values...,
                                         limit - static_cast<int>(history.size()))) {
    history.push_back(std::move(binding));
  }
  return history;
}

const Sql& open_of_device() {
  static const Sql sql{select_open("d.product = ? AND d.number = ?")};
  return sql;
}

}  // namespace

std::optional<Binding> SqliteBindingStore::binding_of(const DeviceKey& device) {
  return connection_.first(read_open_binding, open_of_device(), device.product, device.number);
}

std::vector<Binding> SqliteBindingStore::binding_history(const DeviceKey& device, int limit) {
  static const Sql past{select_past("b.device" + std::string{is_device})};
  return read_history(connection_, open_of_device(), past, limit, device.product, device.number);
}

std::vector<Binding> SqliteBindingStore::binding_history(const Iccid& iccid, int limit) {
  static const Sql open{select_open("d.bound_iccid = ?")};
  static const Sql past{select_past("b.iccid = ?")};
  return read_history(connection_, open, past, limit, iccid.text());
}

std::vector<Mismatch> SqliteBindingStore::standing_mismatches(const DeviceKey& device) {
  return read_standing(connection_, device);
}

std::optional<Mismatch> SqliteBindingStore::find_mismatch(std::int64_t id) {
  return connection_.first(read_mismatch, select_mismatch("WHERE m.id = ?"), id);
}

std::vector<Mismatch> SqliteBindingStore::mismatches_about(const Iccid& iccid) {
  static const Sql reported{
      select_mismatch("WHERE m.reported >= ? AND m.reported < ? AND m.ended IS NULL",
                      "INDEXED BY mismatch_standing_card ")};
  static const Sql of_its_device{
      select_mismatch("WHERE m.ended IS NULL AND m.device = (SELECT id FROM device "
                      "WHERE bound_iccid = ?)",
                      "INDEXED BY mismatch_standing_device ")};
  // Both spellings of an ICCID begin with the same 19 characters.
  const std::string common{iccid.text().substr(0, 19)};
  std::vector<Mismatch> mismatches =
      connection_.all(read_mismatch, reported, common, end_of(common));
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
  static const Sql sql{
      select_mismatch("WHERE m.ended IS NULL "
                      "AND m.outcome = 'mismatch.card_unknown' AND m.id > ? AND ("
                      "EXISTS (SELECT 1 FROM card WHERE iccid = m.reported) OR "
                      "(length(m.reported) = 20 AND "
                      "EXISTS (SELECT 1 FROM card WHERE iccid = substr(m.reported, 1, 19))) OR "
                      "(length(m.reported) = 19 AND "
                      "EXISTS (SELECT 1 FROM card WHERE iccid >= m.reported || '0' AND "
                      "iccid < m.reported || 'G' AND length(iccid) = 20))) ORDER BY m.id LIMIT ?",
                      "INDEXED BY mismatch_standing_unknown ")};
  return connection_.all(read_mismatch, sql, after_id, limit);
}

}  // namespace iotcard::sqlite
