// SPDX-License-Identifier: Apache-2.0
// Lists of mismatches. Few of them stand and many have ended, which SQLite cannot know: the index
// of a list is named. It is that of the narrowest filter, or else that of the order; what a filter
// leaves is sorted if the list has another order.
#include "store/sqlite/list_terms.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

using Stands = MismatchFilter::Stands;

constexpr const char* order_columns[] = {"m.id", "m.first_seen", "m.last_seen", "m.count"};
const char* order_column(const MismatchFilter& filter) {
  return order_columns[static_cast<std::size_t>(filter.order)];
}

std::int64_t order_key(const Mismatch& mismatch, MismatchOrder order) {
  switch (order) {
    case MismatchOrder::id:
      return mismatch.id;
    case MismatchOrder::first_seen:
      return to_unix_millis(mismatch.first_seen);
    case MismatchOrder::last_seen:
      return to_unix_millis(mismatch.last_seen);
    case MismatchOrder::count:
      return mismatch.count;
  }
  return 0;  // not reached
}

// "id", or "key:id".
std::string page_cursor(const Mismatch& last, MismatchOrder order) {
  const std::string id = std::to_string(last.id);
  return order == MismatchOrder::id ? id : std::to_string(order_key(last, order)) + ':' + id;
}

void add_position(Terms& terms, const MismatchFilter& filter, const std::string& after,
                  bool descending) {
  if (filter.order == MismatchOrder::id) return add_id(terms, "m.id", after, descending);
  const std::size_t colon = after.find(':');
  if (colon == std::string::npos) return;
  terms.add(
      std::string{"("} + order_column(filter) + ", m.id)" + (descending ? " < " : " > ") + "(?, ?)",
      number_in<std::int64_t>(after), number_in<std::int64_t>(after.substr(colon + 1)));
}

std::vector<std::string> names_of(EnumSet<Outcome> kinds) {
  std::vector<std::string> names;
  kinds.each([&](Outcome kind) { names.emplace_back(outcome_name(kind)); });
  return names;
}
std::vector<std::string> names_of(EnumSet<MismatchState> states) {
  const auto names = states.names(mismatch_state_names);
  return {names.begin(), names.end()};
}

// An index by product and number finds the beginning of a number within each product; the walk goes
// from one product that has mismatches to the next.
void add_prefix(Terms& terms, const std::string& text) {
  terms.add(
      "m.id IN (SELECT r.id FROM mismatch r WHERE r.reported >= ? AND r.reported < ? UNION SELECT "
      "x.id FROM (WITH RECURSIVE walk (product) AS (SELECT min(product) FROM mismatch UNION ALL "
      "SELECT (SELECT min(f.product) FROM mismatch f WHERE f.product > walk.product) FROM walk "
      "WHERE walk.product IS NOT NULL) SELECT product FROM walk WHERE product IS NOT NULL) p "
      "CROSS JOIN device n ON n.product = p.product AND n.number >= ? AND n.number < ? "
      "CROSS JOIN mismatch x INDEXED BY mismatch_device ON x.device = n.id)",
      to_upper(text), end_of_text(to_upper(text)), text, end_of_text(text));
}

Terms terms_of(const MismatchFilter& filter) {
  Terms terms;
  const Stands stands = filter.stands();
  if (stands != Stands::any) {
    terms.add(stands == Stands::yes ? "m.ended IS NULL" : "m.ended IS NOT NULL");
  }
  // A standing one is open or dismissed.
  const EnumSet standing{MismatchState::open, MismatchState::dismissed};
  if (!(stands == Stands::yes && filter.states == standing)) {
    add_one_of(terms, "m.state", names_of(filter.states));
  }
  EnumSet<Outcome> kinds = filter.kinds;
  if (filter.suspect) {
    terms.add("m.suspect = ? AND m.suspect <> ''", suspect_names[*filter.suspect]);
    if (kinds.empty()) kinds.add(Outcome::card_in_use);
  }
  add_one_of(terms, "m.outcome", names_of(kinds));
  if (filter.device) {
    terms.add("m.device" + std::string{is_device}, filter.device->product, filter.device->number);
  }
  if (!filter.product.empty()) terms.add("m.product = ?", filter.product);
  if (filter.platform) terms.add("m.platform = ?", *filter.platform);
  if (!filter.iccid_prefix.empty()) {
    terms.add("m.reported >= ? AND m.reported < ?", filter.iccid_prefix,
              end_of(filter.iccid_prefix));
  }
  if (filter.since) terms.add("m.first_seen >= ?", *filter.since);
  if (filter.until) terms.add("m.first_seen < ?", *filter.until);
  if (!filter.text.empty()) add_prefix(terms, filter.text);
  return terms;
}

const char* standing_index(const MismatchFilter& filter) {
  if (filter.device) return "mismatch_standing_device";
  if (!filter.iccid_prefix.empty()) return "mismatch_standing_card";
  if (filter.suspect) return "mismatch_standing_suspect";
  switch (filter.order) {
    case MismatchOrder::first_seen:
      if (filter.kinds.size() == 1) return "mismatch_standing_outcome_first";
      if (filter.states.size() == 1) return "mismatch_standing_state_first";
      return "mismatch_standing_first";
    case MismatchOrder::last_seen:
      return "mismatch_standing_last";
    case MismatchOrder::count:
      return "mismatch_standing_count";
    case MismatchOrder::id:
      break;
  }
  if (filter.since || filter.until) return "mismatch_standing_first";
  if (filter.kinds.size() == 1) return "mismatch_standing_outcome";
  return filter.product.empty() ? "mismatch_standing" : "mismatch_standing_product";
}

// "": the list follows the ids.
const char* ended_index(const MismatchFilter& filter) {
  if (filter.device) return "mismatch_device";
  if (!filter.iccid_prefix.empty()) return "mismatch_reported";
  const bool none_stands = filter.stands() == Stands::no;
  if (filter.order == MismatchOrder::last_seen && none_stands) return "mismatch_ended_last";
  if (filter.order == MismatchOrder::count && none_stands) return "mismatch_ended_count";
  if (filter.order == MismatchOrder::first_seen || filter.since || filter.until) {
    return "mismatch_first";
  }
  if (filter.suspect || filter.kinds.size() == 1) return "mismatch_outcome";
  if (!filter.product.empty()) return "mismatch_product";
  return filter.states.size() == 1 ? "mismatch_state" : "";
}

std::string index_of(const MismatchFilter& filter) {
  if (!filter.text.empty()) return "";  // the rows of the text
  const char* name = filter.stands() == Stands::yes ? standing_index(filter) : ended_index(filter);
  return *name == '\0' ? "" : std::string{"INDEXED BY "} + name + ' ';
}

}  // namespace

StorePage<Mismatch> SqliteListStore::list_mismatches(const MismatchFilter& filter,
                                                     const PageStart& start, int limit) {
  const bool descending = filter.newest_first != start.at_end;
  Terms terms = terms_of(filter);
  add_position(terms, filter, start.after, descending);
  const char* direction = descending ? " DESC" : "";
  std::string order = std::string{" ORDER BY "} + order_column(filter) + direction;
  if (filter.order != MismatchOrder::id) order.append(", m.id").append(direction);
  std::string index = index_of(filter);
  if (index.empty() && filter.text.empty()) index = "NOT INDEXED ";  // but by the ids
  return read_page(connection_, select_mismatch(terms.sql() + order, index), terms, start, limit,
                   read_mismatch,
                   [&](const Mismatch& last) { return page_cursor(last, filter.order); });
}

std::int64_t SqliteListStore::count_mismatches(const MismatchFilter& filter, std::int64_t at_most) {
  MismatchFilter unordered = filter;
  unordered.order = MismatchOrder::id;
  const Terms terms = terms_of(filter);
  return count_rows(connection_, "FROM mismatch m " + index_of(unordered) + terms.sql(), terms,
                    at_most);
}

std::int64_t SqliteListStore::count_mismatch_group(const MismatchGroup& group,
                                                   std::int64_t at_most) {
  Terms terms;
  terms.add("state = ? AND outcome = ? AND suspect = ?", mismatch_state_names[group.state],
            outcome_name(group.kind),
            group.suspect ? suspect_names[*group.suspect] : std::string_view{});
  return count_rows(connection_, "FROM mismatch INDEXED BY mismatch_counts " + terms.sql(), terms,
                    at_most);
}

std::int64_t SqliteListStore::count_open_mismatches() {
  return connection_.integer(
      "SELECT count(*) FROM mismatch INDEXED BY mismatch_standing "
      "WHERE ended IS NULL AND state = 'open'");
}

}  // namespace iotcard::sqlite
