// SPDX-License-Identifier: Apache-2.0
// Lists of rejected reports and quarantined events; card_lists.cpp, device_lists.cpp and
// mismatch_lists.cpp have the others.
#include "store/sqlite/list_terms.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

// The text itself, and + for any one level. GLOB's * also fits a /, so their number is compared.
std::string glob_of(std::string_view topic_filter) {
  std::string glob;
  for (const char c : topic_filter) {
    if (c == '+') {
      glob += '*';
    } else if (c == '*' || c == '?' || c == '[') {
      glob.append(1, '[').append(1, c).append(1, ']');
    } else {
      glob += c;
    }
  }
  return glob;
}

void add_topics(Terms& terms, const std::vector<std::string>& topic_filters) {
  if (topic_filters.empty()) return;
  std::string term;
  for (std::size_t i = 0; i < topic_filters.size(); ++i) {
    term.append(term.empty() ? "(" : " OR ")
        .append("(topic GLOB ? AND length(topic) - length(replace(topic, '/', '')) = ?)");
  }
  terms.add(term + ")");
  for (const std::string& filter : topic_filters) {
    terms.bind_next(glob_of(filter), std::int64_t{std::ranges::count(filter, '/')});
  }
}

Terms terms_of(const RejectedFilter& filter) {
  Terms terms;
  const auto names = filter.reasons.names(rejection_reason_names);
  add_one_of(terms, "reason", {names.begin(), names.end()});
  if (filter.before) terms.add("at < ?", *filter.before);
  if (filter.since) terms.add("at >= ?", *filter.since);
  add_topics(terms, filter.topics);
  if (!filter.topic_part.empty()) terms.add("instr(topic, ?) > 0", filter.topic_part);
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

std::int64_t SqliteListStore::count_open_bindings() {
  return connection_.integer("SELECT count(*) FROM device WHERE bound_iccid IS NOT NULL");
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
        return std::pair{read_name(row, rejection_reason_names), row.integer()};
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
