// SPDX-License-Identifier: Apache-2.0
// Published events are the rows of the outbox up to the client's position in table meta, so
// publishing an event writes no row, and an age or a number is found by key alone.
#include <fmt/format.h>

#include "base/text.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {
namespace {

std::string history_name(const std::string& client_id) {
  return "history:" + client_id;
}

EventCursor read_cursor(Query& row) {
  return {.consumer = row.text(),
          .client_id = row.text(),
          .sequence = row.integer(),
          .lost = row.integer()};
}

}  // namespace

void SqliteEventHistoryStore::keep_history(const std::string& client_id, bool keep) {
  in_transaction(connection_, [&] {
    const bool kept = complete_after(client_id).has_value();
    if (keep == kept) return;
    if (!keep) {
      connection_.run("DELETE FROM meta WHERE name = ?", history_name(client_id));
      return;
    }
    // The events before those that wait now may have been published and deleted.
    const ClientEvents events = client_events(connection_, client_id);
    const auto first =
        first_sequence(connection_, events, events.last_published_key(), events.last_key());
    const std::int64_t complete = first ? *first - 1 : sqlite::last_sequence(connection_);
    write_meta(connection_, history_name(client_id), std::to_string(complete));
  });
}

void SqliteEventHistoryStore::mark_published(const std::string& client_id,
                                             std::int64_t up_to_sequence) {
  connection_.run(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE "
      "SET value = excluded.value WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)",
      "published:" + client_id, std::to_string(up_to_sequence));
}

std::int64_t SqliteEventHistoryStore::published_position(const std::string& client_id) {
  return client_events(connection_, client_id).published;
}

std::optional<std::int64_t> SqliteEventHistoryStore::complete_after(const std::string& client_id) {
  const auto text = read_meta(connection_, history_name(client_id));
  return text ? parse_integer(*text) : std::nullopt;
}

std::vector<std::string> SqliteEventHistoryStore::event_clients() {
  std::vector<std::string> clients = connection_.all(read_text, all_clients);
  std::erase_if(clients, [this](const std::string& client) { return !oldest_event(client); });
  return clients;
}

std::vector<OutboxRow> SqliteEventHistoryStore::published_events(const std::string& client_id,
                                                                 std::int64_t after_sequence,
                                                                 int limit,
                                                                 const WantsTopic& wants) {
  const ClientEvents events = client_events(connection_, client_id);
  return read_events(connection_, events, store_id(connection_),
                     events.key(std::max<std::int64_t>(after_sequence, 0)),
                     events.last_published_key(), limit, wants);
}

std::optional<std::int64_t> SqliteEventHistoryStore::oldest_event(const std::string& client_id) {
  const ClientEvents events = client_events(connection_, client_id);
  return first_sequence(connection_, events, events.key(0), events.last_published_key());
}

std::optional<OutboxRow> SqliteEventHistoryStore::published_before(const std::string& client_id,
                                                                   std::int64_t sequence) {
  const ClientEvents events = client_events(connection_, client_id);
  const std::string store = store_id(connection_);
  return connection_.first(
      [&](Query& query) { return read_outbox_row(query, events, store); },
      "SELECT key, topic, payload FROM outbox WHERE key > ? AND key < ? ORDER BY key DESC LIMIT 1",
      events.key(0), events.key(std::min(sequence, events.published + 1)));
}

// A key range bounds what is read even if nothing matches.
FoundEvents SqliteEventHistoryStore::find_events(const std::string& client_id,
                                                 const EventMatcher& matcher,
                                                 const EventRange& range,
                                                 const EventSearchLimits& limits) {
  const ClientEvents events = client_events(connection_, client_id);
  const std::string store = store_id(connection_);
  const std::int64_t before = std::min(range.before, events.published + 1);
  const std::int64_t floor = std::max<std::int64_t>(range.after, 0);
  const std::int64_t after = std::max(floor, before - 1 - limits.scanned);
  FoundEvents found;
  Query query = connection_.query(
      "SELECT key, topic, payload FROM outbox WHERE key > ? AND key < ? ORDER BY key DESC");
  query.bind(events.key(after), events.key(before));
  while (query.next()) {
    const std::int64_t sequence = query.integer() - events.key(0);
    const std::string_view topic = query.view();
    const std::string_view payload = query.view();
    if (!matcher.matches(payload)) continue;
    found.rows.push_back({sequence, std::string{topic},
                          with_event_id(payload, fmt::format("{}:{}", store, sequence))});
    if (std::ssize(found.rows) < limits.rows) continue;
    if (sequence > floor + 1) found.next = sequence;
    return found;
  }
  if (after > floor) found.next = after + 1;
  return found;
}

std::int64_t SqliteEventHistoryStore::last_sequence() {
  return sqlite::last_sequence(connection_);
}

std::int64_t SqliteEventHistoryStore::remove_events(const std::string& client_id,
                                                    std::int64_t up_to_sequence) {
  std::int64_t removed = 0;
  in_transaction(connection_, [&] {
    const ClientEvents events = client_events(connection_, client_id);
    const std::int64_t last = std::min(up_to_sequence, events.published);
    connection_.run(
        "UPDATE event_cursor SET lost = lost + (SELECT count(*) FROM outbox "
        "WHERE key > ?1 + event_cursor.sequence AND key <= ?1 + ?2), sequence = ?2 "
        "WHERE client = ?3 AND sequence < ?2",
        events.key(0), last, events.client);
    removed = connection_.run("DELETE FROM outbox WHERE key > ? AND key <= ?", events.key(0),
                              events.key(last));
    const auto complete = complete_after(client_id);
    if (complete && *complete < last) {
      write_meta(connection_, history_name(client_id), std::to_string(last));
    }
  });
  return removed;
}

std::optional<EventCursor> SqliteEventHistoryStore::event_cursor(const std::string& consumer,
                                                                 const std::string& client_id) {
  return connection_.first(
      read_cursor,
      "SELECT e.consumer, c.name, e.sequence, e.lost FROM client c JOIN event_cursor e "
      "ON e.client = c.id WHERE c.name = ? AND e.consumer = ?",
      client_id, consumer);
}

void SqliteEventHistoryStore::set_event_cursor(const std::string& consumer,
                                               const std::string& client_id,
                                               std::int64_t sequence) {
  in_transaction(connection_, [&] {
    connection_.run(
        "INSERT INTO event_cursor (client, consumer, sequence) VALUES (?, ?, ?) "
        "ON CONFLICT (client, consumer) DO UPDATE SET sequence = excluded.sequence "
        "WHERE excluded.sequence > event_cursor.sequence",
        make_client_number(connection_, client_id), consumer, sequence);
  });
}

std::vector<EventCursor> SqliteEventHistoryStore::event_cursors() {
  return connection_.all(
      read_cursor,
      "SELECT e.consumer, c.name, e.sequence, e.lost FROM client c JOIN event_cursor e "
      "ON e.client = c.id ORDER BY c.name, e.consumer");
}

void SqliteEventHistoryStore::remove_event_consumer(const std::string& consumer) {
  connection_.run(
      "DELETE FROM event_cursor WHERE client IN (SELECT id FROM client ORDER BY name) "
      "AND consumer = ?",
      consumer);
}

}  // namespace iotcard::sqlite
