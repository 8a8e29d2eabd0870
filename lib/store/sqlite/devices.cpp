// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

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
  // Members are initialised in the order in which they stand, which is the order of the columns.
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

// Within one product a range of numbers: two ranges at once would read all from the first on.
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

}  // namespace

// The report of a device that has reported before changes its row; only the first goes the dearer
// way that may make one. A report that binds is nearly always a device's first.
bool SqliteStore::save_report(const DeviceKey& device, const LastReport& report) {
  static const std::string set =
      "last_seen = ?3, last_topic = ?4, last_payload = ?5, reported_iccid = ?6, platform = ?7, "
      "rssi = ?8, status = ?9, firmware_version = ?10, user_id = ?11, longitude = ?12, "
      "latitude = ?13, summary = ?14, leniencies = ?15, issues = ?16, outcome = ?17 ";
  static const Sql again{"UPDATE device SET reports = reports + 1, " + set +
                         "WHERE product = ?1 AND number = ?2 AND reports > 0"};
  static const Sql first{
      "INSERT INTO device (product, number, reports, first_seen, last_seen, last_topic, "
      "last_payload, reported_iccid, platform, rssi, status, firmware_version, user_id, longitude, "
      "latitude, summary, leniencies, issues, outcome) "
      "VALUES (?1, ?2, 1, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) "
      "ON CONFLICT (product, number) DO UPDATE SET reports = 1, first_seen = ?3, " +
      set + "WHERE reports = 0"};
  const DeviceReport& reading = report.reading;
  const auto& iccid = reading.iccid.iccid;
  const auto save = [&](const Sql& sql) {
    return connection_.query(sql).run(
        device.product, device.number, report.at, report.topic, Blob{report.payload},
        iccid ? iccid->text() : std::string_view{}, reading.platform, reading.rssi, reading.status,
        or_empty(reading.firmware_version), or_empty(reading.user_id), reading.longitude,
        reading.latitude, or_empty(reading.summary),
        join(reading.leniencies.names(leniency_names), ' '), join(reading.issues, '\n'),
        outcome_name(report.outcome));
  };
  bool is_new = false;
  in_transaction(*this, connection_, [&] {
    is_new = report.outcome == Outcome::binding_created && save(first) > 0;
    if (!is_new && save(again) == 0) is_new = save(first) > 0;
  });
  return is_new;
}

std::optional<DeviceRow> SqliteStore::find_device(const DeviceKey& device) {
  static const std::string sql = select_device("WHERE d.product = ? AND d.number = ?");
  Query query = connection_.query(sql);
  query.bind(device.product, device.number);
  if (!query.next()) return std::nullopt;
  return read_device(query);
}

std::vector<DeviceRow> SqliteStore::list_devices(const DeviceFilter& filter,
                                                 const std::optional<DeviceKey>& after, int limit) {
  const DeviceKey behind = after.value_or(DeviceKey{});
  if (!filter.product.empty() && behind.product > filter.product) return {};
  Query query = connection_.query(select_device(listed(filter) + " LIMIT ?"));
  bind_terms(query, filter, behind);
  query.bind(limit);
  std::vector<DeviceRow> devices;
  while (query.next()) devices.push_back(read_device(query));
  return devices;
}

std::int64_t SqliteStore::scan_devices(const DeviceFilter& filter, std::int64_t stride,
                                       const std::function<void(const DeviceKey&)>& take) {
  std::string sql = "SELECT d.product, d.number FROM device d ";
  if (filter.bound) sql += open_binding;
  Query query = connection_.query(sql + listed(filter));
  bind_terms(query, filter, {});
  return walk(query, stride, 0, [&] { take({query.text(), query.text()}); });
}

std::int64_t SqliteStore::count_devices() {
  return count("SELECT count(*) FROM device");
}

}  // namespace iotcard::sqlite
