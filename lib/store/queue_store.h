// SPDX-License-Identifier: Apache-2.0
// queue_store.h - The ports to what waits in the store for one client: the events in the outbox, in
// the order in which they were decided, for the broker; and reports that were taken from the
// journal, behind the reports of other devices. And the events that the broker will not take.
// Events that were published and are kept are in event_history_store.h, and none of these functions
// sees them. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "domain/received_report.h"
#include "store/transactional.h"

namespace iotcard {

struct OutboxRow {
  std::int64_t sequence;
  std::string topic;    // without the prefix
  std::string payload;  // with the event's id, "<store id>:<sequence>"
};

// An event that the broker, or the receiver of a webhook, will not take. Topic and payload are
// those of event_topic() and event_json(), without prefix and id; the payload of a webhook's has
// its id.
struct QuarantinedEvent {
  std::int64_t id = 0;
  std::string topic;
  std::string payload;
  std::string reason;  // for a person
  Instant at{};        // when it was moved
};
// Of all clients; the oldest are deleted first.
inline constexpr std::int64_t max_quarantined_events = 10'000;

// A sequence is unique in the store, grows, and is never used again, even after its row is deleted.
// ReportStore::write() adds them.
class OutboxStore : public virtual Transactional {
 public:
  virtual std::vector<OutboxRow> read_outbox(const std::string& client_id,
                                             std::int64_t after_sequence, int limit) = 0;
  // The broker has acknowledged all events up to this one, and they are not kept.
  virtual void remove_published(const std::string& client_id, std::int64_t up_to_sequence) = 0;
  virtual std::int64_t count_outbox(const std::string& client_id) = 0;
  // From the first to the last sequence in it: equals count_outbox() if no other client has
  // appended in between. Its cost does not depend on the number of rows.
  virtual std::int64_t outbox_span(const std::string& client_id) = 0;
  // Moves an event from the outbox to the quarantine, in a transaction of its own if none is open.
  // False: it is not in the outbox.
  virtual bool quarantine_event(const std::string& client_id, std::int64_t sequence,
                                const std::string& reason, Instant at) = 0;
};

struct DeferredReport {
  std::int64_t sequence = 0;  // given by the store, growing
  ReceivedReport report;
};
struct DeferredTopic {
  std::string topic;
  std::int64_t reports = 0;
  std::int64_t bytes = 0;  // of their topics and payloads
};

// Of one client each, by ascending sequence.
class DeferredStore : public virtual Transactional {
 public:
  virtual void defer_report(const std::string& client_id, const ReceivedReport& report) = 0;
  virtual std::vector<DeferredReport> deferred_reports(const std::string& client_id, int limit) = 0;
  virtual void remove_deferred(const std::string& client_id, std::int64_t up_to_sequence) = 0;
  virtual std::vector<DeferredTopic> deferred_topics(const std::string& client_id) = 0;
  virtual std::int64_t count_deferred(const std::string& client_id) = 0;
};

}  // namespace iotcard
