// SPDX-License-Identifier: Apache-2.0
// Lists of cards: builds SQL from a filter. The text of a query has only parts that are in this
// file; values from operators are bound.
#include <fmt/format.h>

#include <array>
#include <limits>

#include "store/sqlite/card_values.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

// Between sort key and ICCID of a cursor; no text of a card has control characters.
constexpr char separator = '\x1f';

// Computed as in table card.
double used_share(const Card& card) {
  if (card.usage_scope != UsageScope::card || card.limit_bytes.value_or(0) <= 0) return -1.0;
  const auto number = [](std::int64_t bytes) { return static_cast<double>(bytes); };
  const double limit = number(*card.limit_bytes);
  if (card.used_bytes) return number(*card.used_bytes) / limit;
  if (!card.remaining_bytes) return -1.0;
  return (limit - number(*card.remaining_bytes)) / limit;
}

// How a list is sorted. The key is as in a cursor, and as SQLite compares it.
struct Order {
  enum class Type : std::uint8_t { text, integer, real };
  const char* column;
  Type type;
  std::string (*key)(const Card&);
};
// By CardOrder.
constexpr std::array<Order, 7> orders{{
    {"c.iccid", Order::Type::text, [](const Card&) { return std::string{}; }},
    {"c.status", Order::Type::text,
     [](const Card& card) { return std::string{card_status_names[card.status]}; }},
    {"c.platform_key", Order::Type::integer,
     [](const Card& card) { return std::to_string(card.platform.value_or(0)); }},
    {"c.operator", Order::Type::text, [](const Card& card) { return card.operator_name; }},
    {"c.expiry_key", Order::Type::integer,
     [](const Card& card) {
       constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
       return std::to_string(card.expires_at ? to_unix_millis(*card.expires_at) : never);
     }},
    {"c.used_key", Order::Type::integer,
     [](const Card& card) { return std::to_string(card.used_bytes.value_or(-1)); }},
    {"c.used_share", Order::Type::real,
     [](const Card& card) { return fmt::format("{}", used_share(card)); }},
}};
static_assert(orders.size() == static_cast<std::size_t>(CardOrder::used_share) + 1);
const Order& order_of(const CardFilter& filter) {
  return orders[static_cast<std::size_t>(filter.order)];
}

std::string page_cursor(const Card& card, const CardFilter& filter) {
  const std::string iccid{card.iccid.text()};
  if (filter.order == CardOrder::iccid) return iccid;
  return order_of(filter).key(card) + separator + iccid;
}

// CROSS JOIN: SQLite reads the devices first, of which there may be few.
constexpr std::string_view bound_cards =
    " FROM device d INDEXED BY device_bound CROSS JOIN card c ON c.id = d.card ";

std::string announced(Abnormal reason, bool has) {
  return "instr(c.abnormal, '" + std::string{abnormal_names[reason]} + (has ? "') > 0" : "') = 0");
}

// Where a list continues: behind this row.
struct PagePosition {
  std::string key;  // "" for a list by ICCID
  std::string iccid;

  static std::optional<PagePosition> of(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const std::size_t split = text.rfind(separator);
    if (split == std::string::npos) return PagePosition{"", text};
    return PagePosition{text.substr(0, split), text.substr(split + 1)};
  }
};

// Of two bounds on the same side of a key SQLite uses one for the index and tests the other on
// every row, so a bound that the position has passed already is left out.
class Bounds {
 public:
  Bounds(Terms& terms, const CardFilter& filter, const std::optional<PagePosition>& position)
      : terms_(terms), filter_(filter), position_(position) {}

  void iccids_from(const std::string& first) {
    if (!passed(CardOrder::iccid, false) || position_->iccid < first) {
      terms_.add("c.iccid >= ?", first);
    }
  }
  void iccids_before(const std::string& end) {
    if (!passed(CardOrder::iccid, true) || position_->iccid > end) terms_.add("c.iccid < ?", end);
  }
  void expires_after(Instant time) {
    const std::int64_t bound = to_unix_millis(time);
    if (!passed(CardOrder::expires_at, false) || expiry_position() < bound) {
      terms_.add("c.expiry_key > ?", bound);
    }
  }
  void expires_until(Instant time) {
    const std::int64_t bound = to_unix_millis(time);
    if (!passed(CardOrder::expires_at, true) || expiry_position() > bound) {
      terms_.add("c.expiry_key <= ?", bound);
    }
  }
  void lower_share(double share) {
    const bool beyond =
        passed(CardOrder::used_share, false) && number_in<double>(position_->key) >= share;
    if (!beyond) terms_.add("c.used_share >= ?", share);
  }

 private:
  bool passed(CardOrder key, bool descending) const {
    return position_ && filter_.order == key && filter_.descending == descending;
  }
  std::int64_t expiry_position() const { return number_in<std::int64_t>(position_->key); }

  Terms& terms_;
  const CardFilter& filter_;
  const std::optional<PagePosition>& position_;
};

void add_reason(Terms& terms, Bounds& bounds, Abnormal reason, const CardFilter& filter) {
  if (reason == Abnormal::expired) {
    bounds.expires_until(filter.now);
  } else if (reason == Abnormal::expiring_soon) {
    bounds.expires_after(filter.now);
    bounds.expires_until(filter.now + filter.soon);
  } else {
    terms.add(announced(reason, true));
  }
}

void exclude_reason(Terms& terms, Bounds& bounds, Abnormal reason, const CardFilter& filter) {
  if (reason == Abnormal::expired) {
    bounds.expires_after(filter.now);
  } else if (reason == Abnormal::expiring_soon) {
    // Expired cards are excluded by their own reason.
    bounds.expires_after(filter.now + filter.soon);
  } else {
    terms.add(announced(reason, false));
  }
}

// The last trigrams of a text are the most selective: many numbers begin alike.
std::string trigrams(std::string_view text) {
  constexpr std::size_t most = 6;
  std::vector<std::size_t> starts;  // of characters
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts.push_back(i);
  }
  starts.push_back(text.size());
  std::string match;
  for (std::size_t last = starts.size() - 1, count = 0; last >= 3 && count < most;
       --last, ++count) {
    std::string quoted;
    for (const char c : text.substr(starts[last - 3], starts[last] - starts[last - 3])) {
      quoted.append(c == '"' ? 2 : 1, c);
    }
    match += (match.empty() ? "\"" : " AND \"") + quoted + '"';
  }
  return match;
}

void add_exact_text(Terms& terms, const std::string& text) {
  const std::string pattern = like(text);
  std::string one_of;
  for (const char* column : {"iccid", "imsi", "msisdn", "imei", "network_imei", "access_number",
                             "operator", "plan", "note"}) {
    one_of += (one_of.empty() ? "(c." : " OR c.") + std::string{column} + " LIKE ? ESCAPE '\\'";
  }
  terms.add(one_of + ")", pattern, pattern, pattern, pattern, pattern, pattern, pattern, pattern,
            pattern);
}

void add_text(Terms& terms, const std::string& text) {
  terms.add("c.id IN (SELECT rowid FROM card_text WHERE card_text MATCH ?)", trigrams(text));
  add_exact_text(terms, text);
}

void add_position(Terms& terms, const CardFilter& filter, const PagePosition& position) {
  const std::string behind = filter.descending ? " < " : " > ";
  if (filter.order == CardOrder::iccid) return terms.add("c.iccid" + behind + "?", position.iccid);
  const Order& order = order_of(filter);
  const std::string term = std::string{"("} + order.column + ", c.iccid)" + behind + "(?, ?)";
  switch (order.type) {
    case Order::Type::integer:
      return terms.add(term, number_in<std::int64_t>(position.key), position.iccid);
    case Order::Type::real:
      return terms.add(term, number_in<double>(position.key), position.iccid);
    case Order::Type::text:
      return terms.add(term, position.key, position.iccid);
  }
}

bool has_range(const CardFilter& filter) {
  return filter.expires_after || filter.expires_until || filter.used_share_from ||
         (filter.reason && is_dated(*filter.reason));
}

Terms terms_of(const CardFilter& filter, ValueIndex index,
               const std::optional<PagePosition>& position = {}) {
  Terms terms;
  Bounds bounds{terms, filter, position};
  if (!filter.iccid_prefix.empty()) {
    bounds.iccids_from(filter.iccid_prefix);
    bounds.iccids_before(end_of(filter.iccid_prefix));
  }
  // With a plus SQLite does not take the term's own index: a range has the index of the order.
  const std::string hidden = has_range(filter) ? "+" : "";
  if (filter.status) {
    terms.add(hidden + "c.status = ?", std::string{card_status_names[*filter.status]});
  }
  if (filter.platform) terms.add(hidden + "c.platform_key = ?", *filter.platform);
  if (!filter.operator_name.empty()) terms.add(hidden + "c.operator = ?", filter.operator_name);
  if (filter.bound)
    terms.add(*filter.bound ? "d.bound_iccid IS NOT NULL" : "d.bound_iccid IS NULL");
  if (filter.reason) {
    add_reason(terms, bounds, *filter.reason, filter);
    for (std::size_t i = 0; filter.worst && i < static_cast<std::size_t>(*filter.reason); ++i) {
      exclude_reason(terms, bounds, static_cast<Abnormal>(i), filter);
    }
  }
  if (filter.expires_after) bounds.expires_after(*filter.expires_after);
  if (filter.expires_until) bounds.expires_until(*filter.expires_until);
  if (filter.used_share_from) bounds.lower_share(*filter.used_share_from);
  if (!filter.text.empty()) add_text(terms, filter.text);
  if (filter.device) {
    terms.add("d.product = ? AND d.number = ?", filter.device->product, filter.device->number);
  }
  add_values(terms, filter, index);
  if (filter.refreshed_before) {
    terms.add("coalesce(c.refreshed_at, 0) < ?", *filter.refreshed_before);
  }
  if (filter.updated_since) terms.add("c.updated_at >= ?", *filter.updated_since);
  if (position) add_position(terms, filter, *position);
  return terms;
}

std::string order_by(const CardFilter& filter) {
  const std::string direction = filter.descending ? " DESC" : "";
  std::string sql = " ORDER BY ";
  if (filter.order != CardOrder::iccid) sql += order_of(filter).column + direction + ", ";
  return sql + "c.iccid" + direction;
}

std::string_view joined(const CardFilter& filter) {
  if (filter.bound == true && filter.order == CardOrder::iccid) return bound_cards;
  return filter.bound || filter.device ? all_cards : " FROM card c ";
}

// Few cards have an announced reason; SQLite would read all cards in the order of the list.
std::string by_reason(std::string from, const CardFilter& filter) {
  constexpr std::string_view cards = "card c ";
  const bool announced_reason = filter.reason && !is_dated(*filter.reason);
  const std::size_t at = from.find(cards);
  if (!announced_reason || joined(filter) == bound_cards || at == std::string::npos) return from;
  const std::string_view reason = abnormal_names[*filter.reason];
  return from.insert(at + cards.size(), fmt::format("INDEXED BY card_{} ", reason));
}

// Not where another index has to find the cards.
ValueIndex value_index(Connection& connection, const CardFilter& filter) {
  const bool announced_reason = filter.reason && !is_dated(*filter.reason);
  if (announced_reason || joined(filter) == bound_cards) return ValueIndex::none;
  return sparse_values(connection, filter);
}

// The index of bound devices has the same order as the cards.
std::string by_bindings(std::string sql, const CardFilter& filter) {
  if (joined(filter) != bound_cards) return sql;
  constexpr std::string_view of_card = "c.iccid";
  constexpr std::string_view of_device = "d.bound_iccid";
  for (std::size_t at = sql.find(of_card); at != std::string::npos;
       at = sql.find(of_card, at + of_device.size())) {
    sql.replace(at, of_card.size(), of_device);
  }
  return sql;
}

}  // namespace

StorePage<StoredCard> SqliteListStore::list_cards(const CardFilter& filter, const PageStart& start,
                                                  int limit) {
  CardFilter read = filter;
  read.descending = filter.descending != start.at_end;
  const ValueIndex index = value_index(connection_, filter);
  const Terms terms = terms_of(read, index, PagePosition::of(start.after));
  const std::string rest = by_bindings(terms.sql() + order_by(read), filter);
  const bool bound = joined(filter) == bound_cards;
  const std::string from =
      by_value_index(by_reason(std::string{bound ? bound_cards : all_cards}, filter), index);
  return read_page(connection_, select_stored_card(rest, from), terms, start, limit,
                   read_stored_card,
                   [&](const StoredCard& last) { return page_cursor(last.card, filter); });
}

std::int64_t SqliteListStore::count_cards(const CardFilter& filter, std::int64_t at_most) {
  const ValueIndex index = value_index(connection_, filter);
  const Terms terms = terms_of(filter, index);
  std::string rest = terms.sql();
  // In the order of the list, SQLite uses the list's index for a range, and not one that fits
  // nearly all cards.
  const bool by_range =
      filter.order == CardOrder::expires_at || filter.order == CardOrder::used_share;
  if (at_most != count_all && has_range(filter) && by_range) rest += order_by(filter);
  const std::string from = by_value_index(std::string{joined(filter)}, index);
  return count_rows(connection_, from + by_bindings(rest, filter), terms, at_most);
}

std::vector<CardTraits> SqliteListStore::card_traits(const CardFilter& filter, int limit) {
  const ValueIndex index = value_index(connection_, filter);
  const Terms terms = terms_of(filter, index);
  const bool bound = joined(filter) == bound_cards;
  const std::string from =
      by_value_index(by_reason(std::string{bound ? bound_cards : all_cards}, filter), index);
  // In the order of the list: it has the index of the filter.
  Query query = connection_.query(
      "SELECT c.status, c.platform, c.operator, c.abnormal, c.expires_at, d.since IS NOT NULL" +
      from + by_bindings(terms.sql() + order_by(filter), filter) + " LIMIT ?");
  terms.bind(query);
  query.bind(limit);
  return read_all(
      [](Query& row) {
        return CardTraits{.status = read_name(row, card_status_names),
                          .platform = row.optional_integer(),
                          .operator_name = row.text(),
                          .announced = read_names(row, abnormal_names),
                          .expires_at = row.optional_time(),
                          .bound = row.integer() != 0};
      },
      query);
}

std::vector<StoredCard> SqliteListStore::search_cards(const std::string& text, int limit) {
  constexpr std::int64_t max_candidates = 2000;
  Terms terms;
  add_exact_text(terms, text);
  Query query = connection_.query(select_stored_card(
      terms.sql() + " LIMIT ?",
      " FROM (SELECT rowid AS id FROM card_text WHERE card_text MATCH ? LIMIT ?) k "
      "CROSS JOIN card c ON c.id = k.id LEFT JOIN device d ON d.bound_iccid = c.iccid "));
  query.bind(trigrams(text), max_candidates);
  terms.bind(query);
  query.bind(limit);
  return read_all(read_stored_card, query);
}

std::vector<std::pair<std::string, std::int64_t>> SqliteListStore::count_cards_by(CardGroup group) {
  const char* column = "status";
  if (group == CardGroup::platform) column = "platform_key";
  if (group == CardGroup::operator_name) column = "operator";
  return connection_.all(
      [](Query& row) {
        return std::pair<std::string, std::int64_t>{row.text(), row.integer()};
      },
      "SELECT " + std::string{column} + ", count(*) FROM card GROUP BY " + column);
}

}  // namespace iotcard::sqlite
