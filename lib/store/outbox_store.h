// SPDX-License-Identifier: Apache-2.0
// outbox_store.h - The port to the outbox: the events of one client that wait for the broker, in
// the order in which they were decided. ReportStore::append_event() adds them.
// One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/transactional.h"

namespace iotcard {

struct OutboxRow {
  std::int64_t sequence;
  std::string topic;    // without the prefix
  std::string payload;  // with the event's id, "<store id>:<sequence>"
};

// A sequence is unique in the store, grows, and is never used again, even after its row is deleted.
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

}  // namespace iotcard
