// SPDX-License-Identifier: Apache-2.0
// "name > ''" holds for every webhook; with it SQLite uses the key and does not read the table.
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard::sqlite {

std::vector<WebhookRow> SqliteWebhookStore::webhooks() {
  static const std::string sql = "SELECT name, " + std::string{health_columns} +
                                 ", failing_since, gone_at, sent, failed, set_aside FROM webhook "
                                 "WHERE name > '' AND configured ORDER BY name";
  return connection_.all(
      [](Query& row) {  // members are initialised in their order, which is that of the columns
        return WebhookRow{.name = row.text(),
                          .health = read_health(row),
                          .failing_since = row.optional_time(),
                          .gone_at = row.optional_time(),
                          .sent = row.integer(),
                          .failed = row.integer(),
                          .set_aside = row.integer()};
      },
      sql);
}

void SqliteWebhookStore::set_webhooks(const std::vector<std::string>& names) {
  in_transaction(connection_, [&] {
    connection_.run("UPDATE webhook SET configured = 0 WHERE name > ''");
    for (const std::string& name : names) {
      connection_.run(
          "INSERT INTO webhook (name, configured) VALUES (?, 1) "
          "ON CONFLICT (name) DO UPDATE SET configured = 1",
          name);
    }
  });
}

void SqliteWebhookStore::save_webhook(const WebhookRow& row) {
  connection_.run(
      "UPDATE webhook SET failures = ?, next_try = ?, last_answer = ?, last_failure = ?, "
      "fault = ?, failure = ?, failing_since = ?, gone_at = ?, sent = ?, failed = ?, "
      "set_aside = ? WHERE name = ?",
      row.health.failures, row.health.next_try, row.health.last_answer, row.health.last_failure,
      row.health.fault, row.health.failure, row.failing_since, row.gone_at, row.sent, row.failed,
      row.set_aside, row.name);
}

void SqliteWebhookStore::set_event_aside(const QuarantinedEvent& event) {
  in_transaction(connection_, [&] {
    connection_.run(
        "INSERT INTO quarantined_event (topic, payload, reason, at) VALUES (?, ?, ?, ?)",
        event.topic, event.payload, event.reason, event.at);
    bound_quarantine(connection_);
  });
}

}  // namespace iotcard::sqlite
