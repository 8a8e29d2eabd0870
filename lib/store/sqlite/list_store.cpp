// SPDX-License-Identifier: Apache-2.0
// Lists of devices, mismatches and rejected reports; card_lists.cpp has those of cards.
#include "store/sqlite/list_store.h"

#include <charconv>
#include <limits>
#include <utility>

#include "store/sqlite/rows.h"

namespace iotcard::sqlite {
namespace {

constexpr std::string_view open_binding =
    "LEFT JOIN binding b ON b.product = d.product AND b.number = d.number AND b.until IS NULL ";

std::string select_device(std::string_view where) {
  return "SELECT d.product, d.number, d.reports, d.first_seen, d.last_seen, d.last_topic, "
         "d.last_payload, d.reported_iccid, d.platform, d.rssi, d.status, d.firmware_version, "
         "d.user_id, d.longitude, d.latitude, d.summary, d.leniencies, d.issues, d.outcome, " +
         std::string{binding_columns} + " FROM device d " + std::string{open_binding} +
         std::string{where};
}

DeviceRow read_device(Query& query) {
  // Members are initialised in their order, which is the order of the columns.
  return {.device = {query.text(), query.text()},
          .reports = query.integer(),
          .first_seen = query.optional_time(),
          .last_seen = query.optional_time(),
          .last_topic = query.text(),
          .last_payload = query.text(),
          .reported_iccid = query.text(),
          .platform = query.optional_integer(),
          .rssi = query.optional_integer(),
          .status = query.optional_integer(),
          .firmware_version = query.text(),
          .user_id = query.text(),
          .longitude = query.optional_number(),
          .latitude = query.optional_number(),
          .summary = query.text(),
          .leniencies = split(query.view(), ' '),
          .issues = split(query.view(), '\n'),
          .outcome = query.text(),
          .binding = read_optional_binding(query)};
}

// Within one product a range of numbers: with a range of products, too, SQLite would read every
// number from the first product on.
std::string listed(const DeviceFilter& filter) {
  std::string where = filter.product.empty() ? "WHERE (d.product, d.number) > (?, ?)"
                                             : "WHERE d.product = ? AND d.number > ?";
  if (!filter.number_prefix.empty()) where += " AND d.number >= ? AND d.number < ?";
  if (filter.bound) where += *filter.bound ? " AND b.id IS NOT NULL" : " AND b.id IS NULL";
  return where + " ORDER BY d.product, d.number";
}

void bind_terms(Query& query, const DeviceFilter& filter, const DeviceKey& behind) {
  if (filter.product.empty()) {
    query.bind(behind.product, behind.number);
  } else {
    query.bind(filter.product, behind.product == filter.product ? behind.number : std::string{});
  }
  // No byte of UTF-8 is above this one.
  if (!filter.number_prefix.empty()) {
    query.bind(filter.number_prefix, filter.number_prefix + "\xf4\x8f\xbf\xbf");
  }
}

// Follows FROM mismatch m.
std::string listed(const MismatchFilter& filter) {
  std::string rest;
  if (filter.standing_only) {
    rest = filter.device ? "INDEXED BY mismatch_standing_device " : "INDEXED BY mismatch_standing ";
  }
  rest += filter.newest_first ? "WHERE m.id < ?" : "WHERE m.id > ?";
  if (filter.standing_only) rest += " AND m.ended IS NULL";
  if (filter.outcome) rest += " AND m.outcome = ?";
  if (filter.device) rest += " AND m.product = ? AND m.number = ?";
  if (filter.state) rest += " AND m.state = ?";
  return rest + (filter.newest_first ? " ORDER BY m.id DESC" : " ORDER BY m.id");
}

// Ids begin at 1.
std::int64_t id_in(const std::string& cursor) {
  std::int64_t id = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), id);
  return id;
}

// Where a list by descending ids continues.
std::int64_t below(const std::string& cursor) {
  const std::int64_t id = id_in(cursor);
  return id > 0 ? id : std::numeric_limits<std::int64_t>::max();
}

template <typename Row, typename CursorOf>
StorePage<Row> page_of(std::vector<Row> rows, int limit, const CursorOf& cursor_of) {
  StorePage<Row> page{std::move(rows), ""};
  const bool full = !page.rows.empty() && page.rows.size() == static_cast<std::size_t>(limit);
  if (full) page.next_cursor = cursor_of(page.rows.back());
  return page;
}

void bind_terms(Query& query, const MismatchFilter& filter, const std::string& after) {
  query.bind(filter.newest_first ? below(after) : id_in(after));
  if (filter.outcome) query.bind(outcome_name(*filter.outcome));
  if (filter.device) query.bind(filter.device->product, filter.device->number);
  if (filter.state) query.bind(mismatch_state_names[*filter.state]);
}

std::string listed(const RejectedFilter& filter) {
  std::string rest = " FROM rejected_report WHERE id < ?";
  if (filter.reason) rest += " AND reason = ?";
  return rest + " ORDER BY id DESC";
}

void bind_terms(Query& query, const RejectedFilter& filter, const std::string& after) {
  query.bind(below(after));
  if (filter.reason) query.bind(rejection_reason_names[*filter.reason]);
}

}  // namespace

std::optional<DeviceRow> SqliteListStore::find_device(const DeviceKey& device) {
  static const std::string sql = select_device("WHERE d.product = ? AND d.number = ?");
  Query query = connection_.query(sql);
  query.bind(device.product, device.number);
  if (!query.next()) return std::nullopt;
  return read_device(query);
}

StorePage<DeviceRow> SqliteListStore::list_devices(const DeviceFilter& filter,
                                                   const std::string& after, int limit) {
  const DeviceKey behind = DeviceKey::parse(after).value_or(DeviceKey{});
  if (!filter.product.empty() && behind.product > filter.product) return {};
  Query query = connection_.query(select_device(listed(filter) + " LIMIT ?"));
  bind_terms(query, filter, behind);
  query.bind(limit);
  std::vector<DeviceRow> devices;
  while (query.next()) devices.push_back(read_device(query));
  return page_of(std::move(devices), limit,
                 [](const DeviceRow& last) { return last.device.text(); });
}

std::int64_t SqliteListStore::scan_devices(const DeviceFilter& filter, std::int64_t stride,
                                           const TakeCursor& take) {
  std::string sql = "SELECT d.product, d.number FROM device d ";
  if (filter.bound) sql += open_binding;
  Query query = connection_.query(sql + listed(filter));
  bind_terms(query, filter, {});
  return scan(query, stride, 0, [&] { take(DeviceKey{query.text(), query.text()}.text()); });
}

std::int64_t SqliteListStore::count_devices() {
  return connection_.integer("SELECT count(*) FROM device");
}

std::int64_t SqliteListStore::count_open_bindings() {
  return connection_.integer("SELECT count(*) FROM binding WHERE until IS NULL");
}

StorePage<Mismatch> SqliteListStore::list_mismatches(const MismatchFilter& filter,
                                                     const std::string& after, int limit) {
  Query query = connection_.query(select_mismatch(listed(filter) + " LIMIT ?"));
  bind_terms(query, filter, after);
  query.bind(limit);
  return page_of(read_mismatches(query), limit,
                 [](const Mismatch& last) { return std::to_string(last.id); });
}

std::int64_t SqliteListStore::scan_mismatches(const MismatchFilter& filter, std::int64_t stride,
                                              const TakeCursor& take) {
  Query query = connection_.query("SELECT m.id FROM mismatch m " + listed(filter));
  bind_terms(query, filter, "");
  return scan(query, stride, 0, [&] { take(std::to_string(query.integer())); });
}

std::int64_t SqliteListStore::count_open_mismatches() {
  return connection_.integer(
      "SELECT count(*) FROM mismatch INDEXED BY mismatch_standing "
      "WHERE ended IS NULL AND state = 'open'");
}

std::optional<RejectedReport> SqliteListStore::find_rejected(std::int64_t id) {
  static const std::string sql =
      "SELECT " + std::string{rejected_columns} + " FROM rejected_report WHERE id = ?";
  Query query = connection_.query(sql);
  query.bind(id);
  if (!query.next()) return std::nullopt;
  return read_rejected(query);
}

StorePage<RejectedReport> SqliteListStore::list_rejected(const RejectedFilter& filter,
                                                         const std::string& after, int limit) {
  Query query =
      connection_.query("SELECT " + std::string{rejected_columns} + listed(filter) + " LIMIT ?");
  bind_terms(query, filter, after);
  query.bind(limit);
  std::vector<RejectedReport> rejected;
  while (query.next()) rejected.push_back(read_rejected(query));
  return page_of(std::move(rejected), limit,
                 [](const RejectedReport& last) { return std::to_string(last.id); });
}

std::int64_t SqliteListStore::scan_rejected(const RejectedFilter& filter, std::int64_t stride,
                                            const TakeCursor& take) {
  Query query = connection_.query("SELECT id" + listed(filter));
  bind_terms(query, filter, "");
  return scan(query, stride, 0, [&] { take(std::to_string(query.integer())); });
}

std::int64_t SqliteListStore::count_rejected() {
  return connection_.integer("SELECT count(*) FROM rejected_report");
}

}  // namespace iotcard::sqlite
