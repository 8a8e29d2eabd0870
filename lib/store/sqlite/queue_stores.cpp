// SPDX-License-Identifier: Apache-2.0
// OutboxStore and DeferredStore: what waits for one client.
#include <fmt/format.h>

#include "base/text.h"
#include "domain/event.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

void bound_quarantine(Connection& connection) {
  connection.run("DELETE FROM quarantined_event WHERE id <= ?",
                 connection.last_id() - max_quarantined_events);
}

ClientEvents client_events(Connection& connection, const std::string& client_id) {
  const auto read = [](Query& row) {
    return ClientEvents{.client = row.integer(), .published = row.integer()};
  };
  return connection
      .first(read,
             "SELECT id, coalesce((SELECT CAST(value AS INTEGER) FROM meta "
             "WHERE name = 'published:' || ?1), 0) FROM client WHERE name = ?1",
             client_id)
      .value_or(ClientEvents{});
}

OutboxRow read_outbox_row(Query& query, const ClientEvents& events, const std::string& store_id,
                          const WantsTopic& wants) {
  OutboxRow row{.sequence = query.integer() - events.key(0), .topic = {}, .payload = {}};
  const std::string_view topic = query.view();
  if (wants && !wants(topic)) return row;
  row.topic = topic;
  row.payload = with_event_id(query.view(), fmt::format("{}:{}", store_id, row.sequence));
  return row;
}

std::vector<OutboxRow> read_events(Connection& connection, const ClientEvents& events,
                                   const std::string& store_id, std::int64_t after,
                                   std::int64_t last, int limit, const WantsTopic& wants) {
  return connection.all(
      [&](Query& query) { return read_outbox_row(query, events, store_id, wants); },
      "SELECT key, topic, payload FROM outbox WHERE key > ? AND key <= ? ORDER BY key LIMIT ?",
      after, last, limit);
}

std::optional<std::int64_t> first_sequence(Connection& connection, const ClientEvents& events,
                                           std::int64_t after, std::int64_t last) {
  return connection.first([&](Query& row) { return row.integer() - events.key(0); },
                          "SELECT key FROM outbox WHERE key > ? AND key <= ? ORDER BY key LIMIT 1",
                          after, last);
}

std::int64_t key_span(Connection& connection, std::int64_t after, std::int64_t last) {
  return connection.integer(
      "SELECT coalesce((SELECT max(key) FROM outbox WHERE key > ?1 AND key <= ?2) - "
      "(SELECT min(key) FROM outbox WHERE key > ?1 AND key <= ?2) + 1, 0)",
      after, last);
}

// Without it a store would use sequences again.
std::int64_t last_sequence(Connection& connection) {
  const auto sequence = parse_integer(read_meta(connection, "outbox_sequence").value_or(""));
  if (!sequence) {
    throw StoreError(StoreError::Kind::not_a_store,
                     fmt::format("the card store {} does not say which event was its last. Restore "
                                 "a backup",
                                 connection.path()));
  }
  return *sequence;
}

std::vector<OutboxRow> SqliteOutboxStore::read_outbox(const std::string& client_id,
                                                      std::int64_t after_sequence, int limit) {
  if (store_id_.empty()) store_id_ = store_id(connection_);
  const ClientEvents events = client_events(connection_, client_id);
  return read_events(connection_, events, store_id_,
                     events.key(std::max(after_sequence, events.published)), events.last_key(),
                     limit);
}

void SqliteOutboxStore::remove_published(const std::string& client_id,
                                         std::int64_t up_to_sequence) {
  const ClientEvents events = client_events(connection_, client_id);
  connection_.run("DELETE FROM outbox WHERE key > ? AND key <= ?", events.last_published_key(),
                  events.key(up_to_sequence));
}

std::int64_t SqliteOutboxStore::count_outbox(const std::string& client_id) {
  const ClientEvents events = client_events(connection_, client_id);
  return connection_.integer("SELECT count(*) FROM outbox WHERE key > ? AND key <= ?",
                             events.last_published_key(), events.last_key());
}

std::int64_t SqliteOutboxStore::outbox_span(const std::string& client_id) {
  const ClientEvents events = client_events(connection_, client_id);
  return key_span(connection_, events.last_published_key(), events.last_key());
}

bool SqliteOutboxStore::quarantine_event(const std::string& client_id, std::int64_t sequence,
                                         const std::string& reason, Instant at) {
  bool moved = false;
  in_transaction(connection_, [&] {
    const ClientEvents events = client_events(connection_, client_id);
    if (sequence <= events.published) return;
    const std::int64_t key = events.key(sequence);
    moved = connection_.run(
                "INSERT INTO quarantined_event (topic, payload, reason, at) "
                "SELECT topic, payload, ?, ? FROM outbox WHERE key = ?",
                reason, at, key) > 0;
    if (!moved) return;
    connection_.run("DELETE FROM outbox WHERE key = ?", key);
    bound_quarantine(connection_);
  });
  return moved;
}

void SqliteDeferredStore::defer_report(const std::string& client_id, const ReceivedReport& report) {
  connection_.run(
      "INSERT INTO deferred_report (client, topic, payload, size, at, retained) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      make_client_number(connection_, client_id), report.topic, Blob{report.payload},
      std::int64_t{report.size}, report.arrival, int{report.retained});
}

std::vector<DeferredReport> SqliteDeferredStore::deferred_reports(const std::string& client_id,
                                                                  int limit) {
  return connection_.all(
      [](Query& row) {
        return DeferredReport{.sequence = row.integer(),
                              .report = {.topic = row.text(),
                                         .payload = row.text(),
                                         .size = static_cast<std::uint32_t>(row.integer()),
                                         .arrival = row.time(),
                                         .retained = row.integer() != 0}};
      },
      "SELECT sequence, topic, payload, size, at, retained FROM deferred_report WHERE client = ? "
      "ORDER BY sequence LIMIT ?",
      client_number(connection_, client_id), limit);
}

void SqliteDeferredStore::remove_deferred(const std::string& client_id,
                                          std::int64_t up_to_sequence) {
  connection_.run("DELETE FROM deferred_report WHERE client = ? AND sequence <= ?",
                  client_number(connection_, client_id), up_to_sequence);
}

std::vector<DeferredTopic> SqliteDeferredStore::deferred_topics(const std::string& client_id) {
  return connection_.all(
      [](Query& row) {
        return DeferredTopic{.topic = row.text(), .reports = row.integer(), .bytes = row.integer()};
      },
      "SELECT topic, count(*), sum(length(payload) + length(CAST(topic AS BLOB))) "
      "FROM deferred_report INDEXED BY deferred_report_client WHERE client = ? GROUP BY topic",
      client_number(connection_, client_id));
}

std::int64_t SqliteDeferredStore::count_deferred(const std::string& client_id) {
  return connection_.integer("SELECT count(*) FROM deferred_report WHERE client = ?",
                             client_number(connection_, client_id));
}

}  // namespace iotcard::sqlite
