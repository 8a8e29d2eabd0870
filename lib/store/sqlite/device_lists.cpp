// SPDX-License-Identifier: Apache-2.0
// Lists of devices. A filter is a range of the index that has the order of the list, or a test on
// each row. With a test the index is followed over a bounded number of rows, and only rows that
// pass are read as a whole.

#include <fmt/core.h>

#include "store/sqlite/list_terms.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string select_device(std::string_view rest, std::string_view index = "") {
  return "SELECT d.product, d.number, d.reports, d.first_seen, d.last_seen, d.last_topic, "
         "d.last_payload, d.reported_iccid, d.platform, d.rssi, d.status, d.firmware_version, "
         "d.user_id, d.imei, d.longitude, d.latitude, d.summary, d.leniencies, d.issues, "
         "d.outcome, d.silent_since, " +
         std::string{open_binding_columns} + " FROM device d " + std::string{index} +
         std::string{rest};
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
          .imei = query.text(),
          .longitude = query.optional_number(),
          .latitude = query.optional_number(),
          .summary = query.text(),
          .leniencies = split(query.view(), ' '),
          .issues = split(query.view(), '\n'),
          .outcome = query.text(),
          .silent_since = query.optional_time(),
          .binding = read_open_binding(query)};
}

// Where a list continues: behind this row. Its text: "PRODUCT/NUMBER", "DAY PRODUCT/NUMBER", or an
// ICCID.
struct DevicePosition {
  DeviceKey device{};
  std::int64_t day = 0;
  std::string iccid{};

  static std::optional<DevicePosition> of(const std::string& text, DeviceOrder order) {
    if (text.empty()) return std::nullopt;
    if (order == DeviceOrder::iccid) return DevicePosition{.iccid = text};
    const bool has_day = order == DeviceOrder::seen_day;
    const std::size_t key = has_day ? text.find(' ') + 1 : 0;
    const auto device = DeviceKey::parse(std::string_view{text}.substr(key));
    if (!device) return std::nullopt;
    return DevicePosition{*device, has_day ? number_in<std::int64_t>(text) : 0, {}};
  }
  std::string text(DeviceOrder order) const {
    if (order == DeviceOrder::iccid) return iccid;
    const std::string day_text = order == DeviceOrder::seen_day ? std::to_string(day) + ' ' : "";
    return day_text + device.text();
  }
};

struct DeviceQuery {
  const char* index = "";
  Terms range;
  Terms tests;  // empty: all rows of the range pass
  std::string order_by;
};

std::int64_t day_of(Instant time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

// Within one product a range of numbers: with a range of products, too, SQLite would read every
// number from the first product on.
void add_device_range(Terms& terms, const DeviceFilter& filter,
                      const std::optional<DevicePosition>& behind) {
  const std::string beyond = filter.descending ? " < ?" : " > ?";
  if (!filter.product.empty()) {
    terms.add("d.product = ?", filter.product);
    if (behind) terms.add("d.number" + beyond, behind->device.number);
  } else if (behind) {
    terms.add("(d.product, d.number)" + beyond.substr(0, 3) + "(?, ?)", behind->device.product,
              behind->device.number);
  }
  if (filter.number_prefix.empty() || filter.product.empty()) return;
  if (!behind || filter.descending) terms.add("d.number >= ?", filter.number_prefix);
  if (!behind || !filter.descending) terms.add("d.number < ?", end_of_text(filter.number_prefix));
}

// Of two bounds on the same side of a key SQLite uses one for the index and tests the other on
// every row, so a bound that the position has passed is left out.
void add_day_range(Terms& terms, const DeviceFilter& filter,
                   const std::optional<DevicePosition>& behind) {
  const bool from = filter.seen_after || filter.seen_before;  // leaves out -1, no report
  if (from && !(behind && !filter.descending)) {
    terms.add("d.seen_day >= ?", filter.seen_after ? day_of(*filter.seen_after) : 0);
  }
  if (filter.seen_before && !(behind && filter.descending)) {
    terms.add("d.seen_day <= ?", day_of(*filter.seen_before));
  }
  if (behind) {
    terms.add(std::string{"(d.seen_day, d.product, d.number)"} +
                  (filter.descending ? " < " : " > ") + "(?, ?, ?)",
              behind->day, behind->device.product, behind->device.number);
  }
}

void add_iccid_range(Terms& terms, const DeviceFilter& filter,
                     const std::optional<DevicePosition>& behind) {
  terms.add("d.bound_iccid IS NOT NULL");
  if (!(behind && !filter.descending) && !filter.iccid_prefix.empty()) {
    terms.add("d.bound_iccid >= ?", filter.iccid_prefix);
  }
  if (!(behind && filter.descending) && !filter.iccid_prefix.empty()) {
    terms.add("d.bound_iccid < ?", end_of(filter.iccid_prefix));
  }
  if (behind) {
    terms.add(std::string{"d.bound_iccid"} + (filter.descending ? " < ?" : " > ?"), behind->iccid);
  }
}

void add_text_test(Terms& terms, const std::string& text) {
  const std::string pattern = like(text);
  std::string one_of;
  for (const char* column : {"d.product || '/' || d.number", "d.bound_iccid", "d.reported_iccid",
                             "d.imei", "d.firmware_version", "d.user_id"}) {
    one_of += (one_of.empty() ? "(" : " OR ") + std::string{column} + " LIKE ? ESCAPE '\\'";
  }
  terms.add(one_of + ")", pattern, pattern, pattern, pattern, pattern, pattern);
}

void add_report_tests(Terms& terms, const DeviceFilter& filter) {
  if (filter.seen_before) terms.add("d.last_seen < ?", *filter.seen_before);
  if (filter.seen_after) terms.add("d.last_seen >= ?", *filter.seen_after);
  if (filter.outcome) terms.add("d.outcome = ?", std::string{outcome_name(*filter.outcome)});
  if (filter.leniency) {
    terms.add("instr(' ' || d.leniencies || ' ', ?) > 0",
              ' ' + std::string{leniency_names[*filter.leniency]} + ' ');
  }
  if (!filter.issue.empty()) terms.add("d.issues LIKE ? ESCAPE '\\'", like(filter.issue));
  if (!filter.firmware.empty()) terms.add("d.firmware_version = ?", filter.firmware);
  if (filter.rssi_below) terms.add("d.rssi < ?", *filter.rssi_below);
  if (!filter.text.empty()) add_text_test(terms, filter.text);
}

// What the range of the order's index leaves open of the keys.
void add_key_tests(Terms& terms, const DeviceFilter& filter) {
  const bool in_range = filter.order == DeviceOrder::device && !filter.product.empty();
  if (!in_range && !filter.product.empty()) terms.add("d.product = ?", filter.product);
  if (!in_range && !filter.number_prefix.empty()) {
    terms.add("substr(d.number, 1, length(?)) = ?", filter.number_prefix, filter.number_prefix);
  }
  if (filter.order != DeviceOrder::iccid && !filter.iccid_prefix.empty()) {
    terms.add("substr(d.bound_iccid, 1, length(?)) = ?", filter.iccid_prefix, filter.iccid_prefix);
  }
}

// Of the order by device there are indexes of the silent and of the unbound devices alone.
void add_marks(DeviceQuery& query, const DeviceFilter& filter) {
  const bool by_device = filter.order == DeviceOrder::device;
  const bool by_silence = by_device && filter.silent == true;
  const bool by_unbound = by_device && !by_silence && filter.bound == false;
  if (by_silence) query.index = "INDEXED BY device_silent ";
  if (by_unbound) query.index = "INDEXED BY device_unbound ";
  if (filter.silent) {
    (by_silence ? query.range : query.tests)
        .add(*filter.silent ? "d.silent_since IS NOT NULL" : "d.silent_since IS NULL");
  }
  if (filter.bound) {
    (by_unbound ? query.range : query.tests)
        .add(*filter.bound ? "d.bound_iccid IS NOT NULL" : "d.bound_iccid IS NULL");
  }
}

std::string order_of_devices(const DeviceFilter& filter) {
  const std::string direction = filter.descending ? " DESC" : "";
  if (filter.order == DeviceOrder::iccid) return " ORDER BY d.bound_iccid" + direction;
  const std::string day =
      filter.order == DeviceOrder::seen_day ? "d.seen_day" + direction + ", " : "";
  return " ORDER BY " + day + "d.product" + direction + ", d.number" + direction;
}

DeviceQuery query_of(const DeviceFilter& filter,
                     const std::optional<DevicePosition>& behind = std::nullopt) {
  DeviceQuery query;
  query.order_by = order_of_devices(filter);
  switch (filter.order) {
    case DeviceOrder::device:
      add_device_range(query.range, filter, behind);
      break;
    case DeviceOrder::seen_day:
      query.index = "INDEXED BY device_seen ";
      add_day_range(query.range, filter, behind);
      break;
    case DeviceOrder::iccid:
      query.index = "INDEXED BY device_bound ";
      add_iccid_range(query.range, filter, behind);
      break;
  }
  add_key_tests(query.tests, filter);
  add_marks(query, filter);
  add_report_tests(query.tests, filter);
  return query;
}

constexpr std::string_view where_word = "WHERE ";

// The keys of the rows of the range, and whether each passes; of so many rows.
std::string select_tested(const DeviceQuery& query) {
  return "SELECT d.id, d.product, d.number, d.seen_day, coalesce(d.bound_iccid, ''), coalesce(" +
         query.tests.sql().substr(where_word.size()) + ", 0) AS passes FROM device d " +
         query.index + query.range.sql() + query.order_by + " LIMIT ?";
}

bool is_whole_list(const DeviceFilter& filter) {
  return filter.order != DeviceOrder::iccid &&
         filter == DeviceFilter{.order = filter.order, .descending = filter.descending};
}

// The bound devices alone are counted in their own index.
DeviceQuery count_of(DeviceFilter filter) {
  const DeviceFilter bound{.bound = true, .order = filter.order, .descending = filter.descending};
  if (filter == bound) filter = {.order = DeviceOrder::iccid};
  return query_of(filter);
}

struct ScannedKeys {
  std::vector<std::pair<std::int64_t, std::string>> found;  // ids and cursors
  std::string next_cursor;
  bool is_partial = false;
};

ScannedKeys scan(Connection& connection, const DeviceQuery& query, DeviceOrder order,
                 std::int64_t skip, int limit) {
  Query rows = connection.query(select_tested(query));
  query.tests.bind(rows);
  query.range.bind(rows);
  rows.bind(max_scanned_rows + 1);
  ScannedKeys keys;
  std::string last;
  for (std::int64_t scanned = 0; rows.next(); ++scanned) {
    keys.is_partial = scanned == max_scanned_rows;
    if (keys.is_partial) keys.next_cursor = last;
    if (keys.is_partial) break;
    const std::int64_t id = rows.integer();
    DevicePosition position{{rows.text(), rows.text()}, rows.integer(), rows.text()};
    const bool passes = rows.integer() != 0;
    if (passes && skip == 0 && std::ssize(keys.found) == limit) {
      keys.next_cursor = last;
      break;
    }
    last = position.text(order);
    if (passes && skip == 0) keys.found.emplace_back(id, last);
    if (passes && skip > 0) --skip;
  }
  return keys;
}

}  // namespace

std::optional<DeviceRow> SqliteListStore::find_device(const DeviceKey& device) {
  return connection_.first(read_device, select_device("WHERE d.product = ? AND d.number = ?"),
                           device.product, device.number);
}

StorePage<DeviceRow> SqliteListStore::list_devices(const DeviceFilter& filter,
                                                   const PageStart& start, int limit) {
  DeviceFilter read = filter;
  read.descending = filter.descending != start.at_end;
  auto behind = DevicePosition::of(start.after, filter.order);
  // A position in another product: all of this one lies before it, or all behind it.
  const std::string& product = filter.product;
  if (behind && filter.order == DeviceOrder::device && !product.empty() &&
      behind->device.product != product) {
    if ((behind->device.product > product) != read.descending) return {};
    behind.reset();
  }
  const DeviceQuery query = query_of(read, behind);
  if (query.tests.empty()) {
    return read_page(connection_, select_device(query.range.sql() + query.order_by, query.index),
                     query.range, start, limit, read_device, [&](const DeviceRow& last) {
                       const std::int64_t day = last.last_seen ? day_of(*last.last_seen) : -1;
                       const std::string iccid =
                           last.binding ? std::string{last.binding->iccid.text()} : "";
                       return DevicePosition{last.device, day, iccid}.text(filter.order);
                     });
  }
  ScannedKeys keys = scan(connection_, query, filter.order, start.skip, limit);
  if (start.at_end) {
    std::ranges::reverse(keys.found);
    const bool more = start.skip > 0 && !keys.found.empty();
    keys.next_cursor = more ? keys.found.back().second : "";
  }
  StorePage<DeviceRow> page{{}, std::move(keys.next_cursor), keys.is_partial};
  for (const auto& [id, cursor] : keys.found) {
    auto row = connection_.first(read_device, select_device("WHERE d.id = ?"), id);
    if (row) page.rows.push_back(*std::move(row));
  }
  return page;
}

std::vector<DeviceTraits> SqliteListStore::device_traits(const DeviceFilter& filter, int limit) {
  const DeviceQuery list = query_of(filter);
  constexpr std::string_view columns =
      "d.product, d.outcome, d.firmware_version, d.leniencies, d.issues, d.since IS NOT NULL";
  const std::string rows = "FROM device d " + std::string{list.index} + list.range.sql();
  const std::string page = list.order_by + " LIMIT ?";
  Query query = connection_.query(
      list.tests.empty()
          ? fmt::format("SELECT {} {}{}", columns, rows, page)
          : fmt::format("SELECT {} FROM (SELECT d.id AS id, coalesce({}, 0) AS passes {}{}) k "
                        "CROSS JOIN device d ON d.id = k.id WHERE k.passes LIMIT ?",
                        columns, list.tests.sql().substr(where_word.size()), rows, page));
  list.tests.bind(query);
  list.range.bind(query);
  if (!list.tests.empty()) query.bind(max_scanned_rows);
  query.bind(limit);
  return read_all(
      [](Query& row) {
        return DeviceTraits{.product = row.text(),
                            .outcome = row.text(),
                            .firmware_version = row.text(),
                            .leniencies = split(row.view(), ' '),
                            .issues = split(row.view(), '\n'),
                            .bound = row.integer() != 0};
      },
      query);
}

std::vector<DeviceRow> SqliteListStore::devices_numbered(const std::string& prefix, int limit) {
  // From one product to the next, on the index that names devices; of so many products.
  constexpr std::string_view products =
      "(WITH RECURSIVE walk (product) AS (SELECT min(product) FROM device UNION ALL "
      "SELECT (SELECT min(f.product) FROM device f WHERE f.product > walk.product) FROM walk "
      "WHERE walk.product IS NOT NULL LIMIT 1000) SELECT product FROM walk) k CROSS JOIN ";
  std::string sql =
      select_device("WHERE d.product = k.product AND d.number >= ? AND d.number < ? LIMIT ?");
  sql.insert(sql.rfind("device d "), products);
  return connection_.all(read_device, sql, prefix, end_of_text(prefix), limit);
}

std::int64_t SqliteListStore::count_devices(const DeviceFilter& filter, std::int64_t at_most) {
  if (is_whole_list(filter)) return count_rows(connection_, "FROM device d ", Terms{}, at_most);
  if (const auto scanned = count_scanned_devices(filter)) return std::min(scanned->rows, at_most);
  const DeviceQuery query = count_of(filter);
  return count_rows(connection_, std::string{"FROM device d "} + query.index + query.range.sql(),
                    query.range, at_most);
}

std::optional<ScannedCount> SqliteListStore::count_scanned_devices(const DeviceFilter& filter) {
  const DeviceQuery query = count_of(filter);
  if (query.tests.empty()) return std::nullopt;
  Query rows = connection_.query("SELECT count(*), coalesce(sum(passes), 0) FROM (" +
                                 select_tested(query) + ")");
  query.tests.bind(rows);
  query.range.bind(rows);
  rows.bind(max_scanned_rows + 1);
  rows.next();
  const std::int64_t scanned = rows.integer();
  return ScannedCount{rows.integer(), scanned > max_scanned_rows};
}

}  // namespace iotcard::sqlite
