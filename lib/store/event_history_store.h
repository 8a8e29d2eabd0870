// SPDX-License-Identifier: Apache-2.0
// event_history_store.h - The port to the events that were published and are kept: the rows of the
// outbox up to a client's published position. Rows above the position wait (queue_store.h). Who
// sends events elsewhere, a consumer such as a webhook, keeps a cursor here for each client. One
// thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event_filter.h"
#include "store/queue_store.h"
#include "store/transactional.h"

namespace iotcard {

// How far a consumer is with the events of a client.
struct EventCursor {
  std::string consumer;
  std::string client_id;
  std::int64_t sequence = 0;  // it is done with all events up to this one
  std::int64_t lost = 0;      // events that were deleted before it was done with them
};

struct EventRange {
  std::int64_t after = 0;  // sequences, both exclusive
  std::int64_t before = INT64_MAX;
};
struct EventSearchLimits {
  int rows = 0;     // that match
  int scanned = 0;  // rows, or sequences of a range without rows
};
struct FoundEvents {
  std::vector<OutboxRow> rows;  // newest first
  std::int64_t next = 0;        // continue before this sequence; 0: nothing is left of the range
};

using WantsTopic = std::function<bool(std::string_view topic)>;

class EventHistoryStore : public virtual Transactional {
 public:
  // From now on the published events of this client are kept, or not. To be called before
  // mark_published() and before remove_published(); costs little if nothing changes. The rows that
  // were kept so far stay until they are removed.
  virtual void keep_history(const std::string& client_id, bool keep) = 0;
  // The broker has acknowledged all events up to this one: they are kept and do not wait any more.
  // Never moves back.
  virtual void mark_published(const std::string& client_id, std::int64_t up_to_sequence) = 0;
  virtual std::int64_t published_position(const std::string& client_id) = 0;  // 0: none yet
  // Every event after this one that was published is still kept; nullopt: events are not kept.
  virtual std::optional<std::int64_t> complete_after(const std::string& client_id) = 0;

  // The clients that have published events in the store, by name.
  virtual std::vector<std::string> event_clients() = 0;
  // Of published events only, by ascending sequence. If `wants` is given, an event whose topic it
  // does not want has neither topic nor payload.
  virtual std::vector<OutboxRow> published_events(const std::string& client_id,
                                                  std::int64_t after_sequence, int limit,
                                                  const WantsTopic& wants = {}) = 0;
  virtual std::optional<std::int64_t> oldest_event(const std::string& client_id) = 0;
  // The last published event before this sequence. Its cost does not depend on the number of rows.
  virtual std::optional<OutboxRow> published_before(const std::string& client_id,
                                                    std::int64_t sequence) = 0;
  // Published events that match, from the end of the range backwards.
  virtual FoundEvents find_events(const std::string& client_id, const EventMatcher& matcher,
                                  const EventRange& range, const EventSearchLimits& limits) = 0;
  // The sequence of the event that was appended last, of any client. Sequences have few gaps.
  virtual std::int64_t last_sequence() = 0;

  // Deletes published events, all of this client up to a sequence, and counts as lost those that a
  // consumer is not done with, whatever their kind. Returns how many were deleted.
  virtual std::int64_t remove_events(const std::string& client_id, std::int64_t up_to_sequence) = 0;

  // nullopt: the consumer has no cursor for this client yet.
  virtual std::optional<EventCursor> event_cursor(const std::string& consumer,
                                                  const std::string& client_id) = 0;
  // Makes the cursor if there is none. Never moves back.
  virtual void set_event_cursor(const std::string& consumer, const std::string& client_id,
                                std::int64_t sequence) = 0;
  virtual std::vector<EventCursor> event_cursors() = 0;  // by client and consumer
  virtual void remove_event_consumer(const std::string& consumer) = 0;
};

}  // namespace iotcard
