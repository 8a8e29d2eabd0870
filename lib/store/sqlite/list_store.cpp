// SPDX-License-Identifier: Apache-2.0
// Lists of devices, mismatches and rejected reports; card_lists.cpp has those of cards.
#include <limits>

#include "store/sqlite/list_terms.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string select_device(std::string_view where) {
  return "SELECT d.product, d.number, d.reports, d.first_seen, d.last_seen, d.last_topic, "
         "d.last_payload, d.reported_iccid, d.platform, d.rssi, d.status, d.firmware_version, "
         "d.user_id, d.imei, d.longitude, d.latitude, d.summary, d.leniencies, d.issues, "
         "d.outcome, " +
         std::string{open_binding_columns} + " FROM device d " + std::string{where};
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
          .binding = read_open_binding(query)};
}

// What is behind the cursor in a list by id.
void add_id(Terms& terms, const std::string& column, const std::string& after, bool newest_first) {
  const auto id = number_in<std::int64_t>(after);
  const std::int64_t first = newest_first ? std::numeric_limits<std::int64_t>::max() : 0;
  terms.add(column + (newest_first ? " < ?" : " > ?"), id > 0 ? id : first);
}

// Within one product a range of numbers: with a range of products, too, SQLite would read every
// number from the first product on.
Terms terms_of(const DeviceFilter& filter, const DeviceKey& behind = {}) {
  Terms terms;
  if (filter.product.empty()) {
    terms.add("(d.product, d.number) > (?, ?)", behind.product, behind.number);
  } else {
    terms.add("d.product = ? AND d.number > ?", filter.product,
              behind.product == filter.product ? behind.number : std::string{});
  }
  if (!filter.number_prefix.empty()) {
    // No byte of UTF-8 is above this one.
    terms.add("d.number >= ? AND d.number < ?", filter.number_prefix,
              filter.number_prefix + "\xf4\x8f\xbf\xbf");
  }
  if (filter.bound)
    terms.add(*filter.bound ? "d.bound_iccid IS NOT NULL" : "d.bound_iccid IS NULL");
  return terms;
}

Terms terms_of(const MismatchFilter& filter) {
  Terms terms;
  if (filter.standing_only) terms.add("m.ended IS NULL");
  if (filter.outcome) terms.add("m.outcome = ?", outcome_name(*filter.outcome));
  if (filter.device) {
    terms.add("m.device" + std::string{is_device}, filter.device->product, filter.device->number);
  }
  if (filter.state) terms.add("m.state = ?", mismatch_state_names[*filter.state]);
  return terms;
}

const char* index_of(const MismatchFilter& filter) {
  if (!filter.standing_only) return "";
  if (filter.device) return "INDEXED BY mismatch_standing_device ";
  return filter.outcome ? "INDEXED BY mismatch_standing_outcome " : "INDEXED BY mismatch_standing ";
}

Terms terms_of(const RejectedFilter& filter) {
  Terms terms;
  if (filter.reason) terms.add("reason = ?", rejection_reason_names[*filter.reason]);
  if (filter.before) terms.add("at < ?", to_unix_millis(*filter.before));
  return terms;
}

const std::string select_quarantined =
    "SELECT id, topic, payload, reason, at FROM quarantined_event ";

QuarantinedEvent read_quarantined(Query& query) {
  return {.id = query.integer(),
          .topic = query.text(),
          .payload = query.text(),
          .reason = query.text(),
          .at = query.time()};
}

// The cursor of a list by id.
const auto id_of = [](const auto& row) { return std::to_string(row.id); };

}  // namespace

std::optional<DeviceRow> SqliteListStore::find_device(const DeviceKey& device) {
  return connection_.first(read_device, select_device("WHERE d.product = ? AND d.number = ?"),
                           device.product, device.number);
}

StorePage<DeviceRow> SqliteListStore::list_devices(const DeviceFilter& filter,
                                                   const PageStart& start, int limit) {
  const DeviceKey behind = DeviceKey::parse(start.after).value_or(DeviceKey{});
  if (!filter.product.empty() && behind.product > filter.product) return {};
  const Terms terms = terms_of(filter, behind);
  const char* order =
      start.at_end ? " ORDER BY d.product DESC, d.number DESC" : " ORDER BY d.product, d.number";
  return read_page(connection_, select_device(terms.sql() + order), terms, start, limit,
                   read_device, [](const DeviceRow& last) { return last.device.text(); });
}

std::int64_t SqliteListStore::count_devices(const DeviceFilter& filter, std::int64_t at_most) {
  const Terms terms = filter == DeviceFilter{} ? Terms{} : terms_of(filter);
  return count_rows(connection_, "FROM device d " + terms.sql(), terms, at_most);
}

std::int64_t SqliteListStore::count_open_bindings() {
  return connection_.integer("SELECT count(*) FROM device WHERE bound_iccid IS NOT NULL");
}

StorePage<Mismatch> SqliteListStore::list_mismatches(const MismatchFilter& filter,
                                                     const PageStart& start, int limit) {
  const bool descending = filter.newest_first != start.at_end;
  Terms terms = terms_of(filter);
  add_id(terms, "m.id", start.after, descending);
  const std::string order = descending ? " ORDER BY m.id DESC" : " ORDER BY m.id";
  return read_page(connection_, select_mismatch(terms.sql() + order, index_of(filter)), terms,
                   start, limit, read_mismatch, id_of);
}

std::int64_t SqliteListStore::count_mismatches(const MismatchFilter& filter, std::int64_t at_most) {
  const Terms terms = terms_of(filter);
  return count_rows(connection_, std::string{"FROM mismatch m "} + index_of(filter) + terms.sql(),
                    terms, at_most);
}

std::int64_t SqliteListStore::count_open_mismatches() {
  return connection_.integer(
      "SELECT count(*) FROM mismatch INDEXED BY mismatch_standing "
      "WHERE ended IS NULL AND state = 'open'");
}

std::optional<RejectedReport> SqliteListStore::find_rejected(std::int64_t id) {
  return connection_.first(read_rejected, select_rejected("WHERE id = ?"), id);
}

StorePage<RejectedReport> SqliteListStore::list_rejected(const RejectedFilter& filter,
                                                         const PageStart& start, int limit) {
  const bool descending = filter.oldest_first == start.at_end;
  Terms terms = terms_of(filter);
  add_id(terms, "id", start.after, descending);
  const std::string order = descending ? " ORDER BY id DESC" : " ORDER BY id";
  return read_page(connection_, select_rejected(terms.sql() + order), terms, start, limit,
                   read_rejected, id_of);
}

std::int64_t SqliteListStore::count_rejected(const RejectedFilter& filter, std::int64_t at_most) {
  const Terms terms = terms_of(filter);
  return count_rows(connection_, "FROM rejected_report " + terms.sql(), terms, at_most);
}

// Reports are stored in the order in which they came, so that a search for the first one is enough;
// `at` is behind the payload of its row.
std::vector<std::pair<RejectionReason, std::int64_t>> SqliteListStore::count_rejected_by_reason(
    Instant since) {
  std::int64_t first = connection_.integer("SELECT min(id) FROM rejected_report");
  std::int64_t behind = connection_.integer("SELECT max(id) + 1 FROM rejected_report");
  while (first < behind) {
    const std::int64_t middle = first + (behind - first) / 2;
    Query row =
        connection_.query("SELECT id, at FROM rejected_report WHERE id >= ? ORDER BY id LIMIT 1");
    row.bind(middle);
    if (!row.next()) break;
    const std::int64_t id = row.integer();
    if (row.time() >= since) {
      behind = middle;
    } else {
      first = id + 1;
    }
  }
  return connection_.all(
      [](Query& row) {
        const auto reason = rejection_reason_names.find(row.text());
        return std::pair{reason.value_or(RejectionReason{}), row.integer()};
      },
      "SELECT reason, count(*) FROM rejected_report INDEXED BY rejected_report_reason "
      "WHERE id >= ? GROUP BY reason",
      first);
}

std::optional<QuarantinedEvent> SqliteListStore::find_quarantined(std::int64_t id) {
  return connection_.first(read_quarantined, select_quarantined + "WHERE id = ?", id);
}

StorePage<QuarantinedEvent> SqliteListStore::list_quarantined(const PageStart& start, int limit) {
  Terms terms;
  add_id(terms, "id", start.after, start.at_end);
  const std::string order = start.at_end ? " ORDER BY id DESC" : " ORDER BY id";
  return read_page(connection_, select_quarantined + terms.sql() + order, terms, start, limit,
                   read_quarantined, id_of);
}

std::int64_t SqliteListStore::count_quarantined(std::int64_t at_most) {
  return count_rows(connection_, "FROM quarantined_event ", Terms{}, at_most);
}

}  // namespace iotcard::sqlite
