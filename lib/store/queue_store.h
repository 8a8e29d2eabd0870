// SPDX-License-Identifier: Apache-2.0
// queue_store.h - The ports to what waits in the store for one client: the events in the outbox, in
// the order in which they were decided, for the broker; and reports that were taken from the
// journal, behind the reports of other devices. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/received_report.h"
#include "store/transactional.h"

namespace iotcard {

struct OutboxRow {
  std::int64_t sequence;
  std::string topic;    // without the prefix
  std::string payload;  // with the event's id, "<store id>:<sequence>"
};

// A sequence is unique in the store, grows, and is never used again, even after its row is deleted.
// ReportStore::write() adds them.
class OutboxStore : public virtual Transactional {
 public:
  virtual std::vector<OutboxRow> read_outbox(const std::string& client_id,
                                             std::int64_t after_sequence, int limit) = 0;
  virtual void remove_published(const std::string& client_id, std::int64_t up_to_sequence) = 0;
  virtual std::int64_t count_outbox(const std::string& client_id) = 0;
  // From the first to the last sequence in it: equals count_outbox() if no other client has
  // appended in between. Its cost does not depend on the number of rows.
  virtual std::int64_t outbox_span(const std::string& client_id) = 0;
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
