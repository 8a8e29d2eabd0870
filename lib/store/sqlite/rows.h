// SPDX-License-Identifier: Apache-2.0
// rows.h - The domain's values in columns: the column lists that queries select, the readers of
// such rows in the same order, and sets and enums by their names. One thread at a time. Throws
// StoreError for what this program never writes.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/service_health.h"
#include "base/text.h"
#include "domain/decision.h"
#include "store/event_history_store.h"
#include "store/queue_store.h"
#include "store/report_store.h"
#include "store/sqlite/connection.h"

namespace iotcard::sqlite {

// Of table device as d.
inline constexpr std::string_view open_binding_columns =
    "d.since, d.match, d.confirmed_at, d.bound_by, d.bound_iccid, d.product, d.number, d.imei";
// nullopt, and no column is read: the device has none, or an outer join found no device.
std::optional<Binding> read_open_binding(Query& query);
// The same of a device that is known, without the last three columns.
inline constexpr std::string_view own_binding_columns =
    "d.since, d.match, d.confirmed_at, d.bound_by, d.bound_iccid";
std::optional<Binding> read_own_binding(Query& query, DeviceKey device);
// Of table binding as b and table device as d.
inline constexpr std::string_view past_binding_columns =
    "b.since, b.match, b.last_seen, b.created_by, b.iccid, d.product, d.number, '', b.until, "
    "b.ended_by";
Binding read_past_binding(Query& query);
// SELECT of these, newest first; with a limit as its last parameter.
std::string select_past(std::string_view where);

// `rest` follows FROM mismatch m and its index: a device or a card has few standing mismatches and
// perhaps a long history, which SQLite cannot know.
std::string select_mismatch(std::string_view rest, std::string_view index = "");
// Follows WHERE m.device.
inline constexpr std::string_view is_device =
    " = (SELECT id FROM device WHERE product = ? AND number = ?)";
Mismatch read_mismatch(Query& query);
std::vector<Mismatch> read_standing(Connection& connection, const DeviceKey& device);

// `rest` follows FROM rejected_report.
std::string select_rejected(std::string_view rest);
RejectedReport read_rejected(Query& query);

Iccid read_iccid(Query& query);
inline std::optional<Instant> read_optional_time(Query& query) {
  return query.optional_time();
}
inline std::string read_text(Query& query) {
  return query.text();
}

template <typename Table>
auto read_name(Query& query, const Table& table) {
  const std::string_view name = query.view();
  const auto value = table.find(name);
  if (!value) query.unreadable(name);
  return *value;
}

std::vector<std::string> split(std::string_view text, char separator);

// A set of names in a column.
template <typename Enum, typename Table>
std::string names_in(EnumSet<Enum> set, const Table& table) {
  std::string text;
  set.each([&](Enum value) {
    if (!text.empty()) text += ' ';
    text += table[value];
  });
  return text;
}

// What names_in() wrote.
template <typename Table>
auto read_names(Query& query, const Table& table) {
  using Enum = std::decay_t<decltype(*table.find(""))>;
  EnumSet<Enum> set;
  for (const std::string& name : split(query.view(), ' ')) {
    const auto value = table.find(name);
    if (!value) query.unreadable(name);
    set.add(*value);
  }
  return set;
}

inline constexpr std::string_view all_cards =
    " FROM card c LEFT JOIN device d ON d.bound_iccid = c.iccid ";

// What read_matched_card() reads, of table card as c.
inline constexpr std::string_view matched_card_columns =
    "c.iccid, c.platform, c.status, c.network, c.used_bytes, c.limit_bytes, c.remaining_bytes, "
    "c.usage_scope, c.expires_at, c.alert_percent, c.imei, c.abnormal, c.judge_at";
MatchedCard read_matched_card(Query& query);  // without its binding

// SELECT of what read_stored_card() reads.
std::string select_stored_card(std::string_view where, std::string_view from = all_cards);
StoredCard read_stored_card(Query& query);
std::optional<StoredCard> find_stored_card(Connection& connection, const Iccid& iccid);

// Greater than every ICCID that begins with `prefix`: no character of one is above F.
inline std::string end_of(std::string_view prefix) {
  return std::string{prefix} + 'G';
}
// Greater than every text that begins with the prefix: no byte of UTF-8 is above F4.
inline std::string end_of_text(const std::string& prefix) {
  return prefix + "\xf4\x8f\xbf\xbf";
}

// Table meta: one text for each name.
std::optional<std::string> read_meta(Connection& connection, const std::string& name);
void write_meta(Connection& connection, const std::string& name, const std::string& value);
std::string store_id(Connection& connection);  // "" if there is no schema yet

// The number of a client in table client; 0: it has none.
std::int64_t client_number(Connection& connection, const std::string& client_id);
std::int64_t make_client_number(Connection& connection, const std::string& client_id);
// Table outbox: the events of a client are neighbours.
constexpr std::int64_t most_events = std::int64_t{1} << 40;
constexpr std::int64_t outbox_key(std::int64_t client, std::int64_t sequence) {
  return client * most_events + std::min(sequence, most_events - 1);
}
struct ClientEvents {
  std::int64_t client = 0;     // its number; 0: it has none
  std::int64_t published = 0;  // its events up to this sequence are published
  std::int64_t key(std::int64_t sequence) const { return outbox_key(client, sequence); }
  std::int64_t last_published_key() const { return key(published); }
  std::int64_t last_key() const { return key(most_events); }
};
// The events with a key behind `after` and up to `last`, by ascending sequence.
std::vector<OutboxRow> read_events(Connection& connection, const ClientEvents& events,
                                   const std::string& store_id, std::int64_t after,
                                   std::int64_t last, int limit, const WantsTopic& wants = {});
// The sequence of the first of these events; nullopt: there is none.
std::optional<std::int64_t> first_sequence(Connection& connection, const ClientEvents& events,
                                           std::int64_t after, std::int64_t last);
ClientEvents client_events(Connection& connection, const std::string& client_id);
// Of the columns key, topic and payload; the payload gets its id.
OutboxRow read_outbox_row(Query& query, const ClientEvents& events, const std::string& store_id,
                          const WantsTopic& wants = {});
// From the first to the last key in the outbox behind `after` and up to `last`.
std::int64_t key_span(Connection& connection, std::int64_t after, std::int64_t last);
inline constexpr char all_clients[] = "SELECT name FROM client ORDER BY name";
// The sequence of the event that was appended last, of any client.
std::int64_t last_sequence(Connection& connection);

// Behind an INSERT into quarantined_event: deletes the oldest rows above their limit.
void bound_quarantine(Connection& connection);

MatchedCard read_matched_and_binding(Query& query);

// Cards of the other length that match an ICCID: see match(). One of 19 characters has at most 16
// of 20.
inline constexpr std::string_view similar_cards =
    "WHERE c.iccid >= ? AND c.iccid < ? AND length(c.iccid) = ? ORDER BY c.iccid LIMIT 16";
// `similar`: a SELECT that ends with similar_cards.
template <typename Read>
auto read_similar(Connection& connection, const Sql& similar, const Iccid& iccid,
                  const Read& read) {
  std::vector<decltype(read(std::declval<Query&>()))> cards;
  const std::size_t other_length = 39 - iccid.text().size();
  if (other_length != 19 && other_length != 20) return cards;
  const std::string_view common = iccid.text().substr(0, 19);
  cards = connection.all(read, similar, common, end_of(common),
                         static_cast<std::int64_t>(other_length));
  for (auto& card : cards) card.match = *match(iccid, card.card.iccid);
  return cards;
}

inline constexpr std::string_view health_columns =
    "failures, next_try, last_answer, last_failure, fault, failure";
ServiceHealth read_health(Query& query);

}  // namespace iotcard::sqlite
