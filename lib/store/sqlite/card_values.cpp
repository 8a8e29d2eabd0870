// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/card_values.h"

#include <fmt/core.h>

#include <array>

namespace iotcard::sqlite {
namespace {

// By ValueIndex.
struct ValueColumn {
  const char* column;
  const char* index;
};
constexpr std::array<ValueColumn, 4> value_columns{{{"", ""},
                                                    {"status", "card_status"},
                                                    {"platform_key", "card_platform"},
                                                    {"operator", "card_operator"}}};

std::vector<std::string> status_names(EnumSet<CardStatus> statuses) {
  std::vector<std::string> names;
  statuses.each([&](CardStatus status) { names.emplace_back(card_status_names[status]); });
  return names;
}

// All but some are some of few.
CardFilter without_excluded_statuses(CardFilter filter) {
  if (!filter.any.statuses.empty() || filter.none.statuses.empty()) return filter;
  EnumSet<CardStatus> left;
  for (std::size_t i = 0; i < card_status_names.names.size(); ++i) {
    const auto status = static_cast<CardStatus>(i);
    if (!filter.none.statuses.has(status)) left.add(status);
  }
  if (left.empty()) return filter;  // none fits
  filter.any.statuses = left;
  filter.none.statuses = {};
  return filter;
}

template <typename Values>
std::string in_list(const std::string& column, const Values& values, bool has) {
  std::string term = column + (has ? " IN (?" : " NOT IN (?");
  for (std::size_t i = 1; i < values.size(); ++i) term += ", ?";
  return term + ')';
}

// The plus keeps SQLite from taking an index of the column in place of the list's.
template <typename Values>
void add_value_list(Terms& terms, ValueIndex kind, const Values& values, bool has,
                    ValueIndex index) {
  if (values.empty()) return;
  const std::string plus = has && kind == index ? "c." : "+c.";
  const std::string column = plus + value_columns[static_cast<std::size_t>(kind)].column;
  terms.add_all(in_list(column, values, has), values);
}

// The condition of a reason, of table card as `card`, and the values of its parameters.
struct ReasonTerm {
  std::string sql;
  std::vector<std::int64_t> bounds{};
};
ReasonTerm reason_term(Abnormal reason, const CardFilter& filter, const std::string& card,
                       const char* plus = "") {
  const std::int64_t now = to_unix_millis(filter.now);
  const std::string key = card + ".expiry_key";
  if (reason == Abnormal::expired) return {key + " <= ?", {now}};
  if (reason == Abnormal::expiring_soon) {
    return {fmt::format("({0} > ? AND {0} <= ?)", key),
            {now, to_unix_millis(filter.now + filter.soon)}};
  }
  return {fmt::format("instr({}{}.abnormal, '{}') > 0", plus, card, abnormal_names[reason])};
}

// The ids of the cards with a reason, by its index.
ReasonTerm cards_with(Abnormal reason, const CardFilter& filter) {
  ReasonTerm term = reason_term(reason, filter, "a");
  const bool dated = reason == Abnormal::expired || reason == Abnormal::expiring_soon;
  term.sql = fmt::format("SELECT a.id FROM card a INDEXED BY card_{} WHERE {}",
                         dated ? "expires" : abnormal_names[reason], term.sql);
  return term;
}

// With `has` one of the reasons, otherwise none. The plus keeps SQLite off the index of a reason.
void add_reasons(Terms& terms, const CardFilter& filter, EnumSet<Abnormal> reasons, bool has,
                 bool by_index) {
  if (reasons.empty()) return;
  std::string one_of;
  std::vector<std::int64_t> bounds;
  reasons.each([&](Abnormal reason) {
    const ReasonTerm term =
        by_index ? cards_with(reason, filter) : reason_term(reason, filter, "c", "+");
    one_of += (one_of.empty() ? "" : by_index ? " UNION ALL " : " OR ") + term.sql;
    bounds.insert(bounds.end(), term.bounds.begin(), term.bounds.end());
  });
  const std::string before = by_index ? "c.id IN (" : has ? "+(" : "NOT (";
  terms.add_all(before + one_of + ')', bounds);
}

// Whether few cards have one of the values.
template <typename Values>
bool are_rare(Connection& connection, ValueIndex kind, const Values& values) {
  if (values.empty()) return false;
  const ValueColumn& of = value_columns[static_cast<std::size_t>(kind)];
  Terms terms;
  terms.add_all(in_list(of.column, values, true), values);
  return count_rows(connection, fmt::format("FROM card INDEXED BY {} ", of.index) + terms.sql(),
                    terms, max_scanned_rows + 1) <= max_scanned_rows;
}

bool are_rare(Connection& connection, EnumSet<Abnormal> reasons, const CardFilter& filter) {
  if (reasons.empty()) return false;
  std::int64_t cards = 0;
  reasons.each([&](Abnormal reason) {
    if (cards > max_scanned_rows) return;
    const ReasonTerm term = cards_with(reason, filter);
    Query query = connection.query("SELECT count(*) FROM (" + term.sql + " LIMIT ?)");
    for (const std::int64_t bound : term.bounds) query.bind(bound);
    query.bind(max_scanned_rows + 1);
    if (query.next()) cards += query.integer();
  });
  return cards <= max_scanned_rows;
}

}  // namespace

ValueIndex sparse_values(Connection& connection, const CardFilter& asked) {
  if (asked.any.empty() && asked.none.statuses.empty()) return ValueIndex::none;
  const CardFilter filter = without_excluded_statuses(asked);
  const CardValues& any = filter.any;
  if (are_rare(connection, ValueIndex::status, status_names(any.statuses))) {
    return ValueIndex::status;
  }
  if (are_rare(connection, ValueIndex::platform, any.platforms)) return ValueIndex::platform;
  if (are_rare(connection, ValueIndex::operator_name, any.operators)) {
    return ValueIndex::operator_name;
  }
  return are_rare(connection, any.reasons, filter) ? ValueIndex::reason : ValueIndex::none;
}

std::string by_value_index(std::string from, ValueIndex index) {
  constexpr std::string_view cards = "card c ";
  const std::size_t at = from.find(cards);
  if (index == ValueIndex::none || index == ValueIndex::reason || at == std::string::npos) {
    return from;
  }
  return from.insert(
      at + cards.size(),
      fmt::format("INDEXED BY {} ", value_columns[static_cast<std::size_t>(index)].index));
}

void add_values(Terms& terms, const CardFilter& asked, ValueIndex index) {
  const CardFilter filter = without_excluded_statuses(asked);
  for (const bool has : {true, false}) {
    const CardValues& values = has ? filter.any : filter.none;
    add_value_list(terms, ValueIndex::status, status_names(values.statuses), has, index);
    add_value_list(terms, ValueIndex::platform, values.platforms, has, index);
    add_value_list(terms, ValueIndex::operator_name, values.operators, has, index);
    add_reasons(terms, filter, values.reasons, has, has && index == ValueIndex::reason);
  }
}

}  // namespace iotcard::sqlite
