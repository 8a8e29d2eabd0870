// SPDX-License-Identifier: Apache-2.0
// event_history.h - Lists the events that were published and are kept, newest first, and continues
// a stream of them. A page reads a bounded number of events, so it may have few rows, or none, and
// still be continued. Throws OperationError (invalid) and StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operations/listing.h"

namespace iotcard {

// "mismatch", "mismatch.card_in_use" or several with commas. Throws OperationError for what is no
// kind.
EventKinds event_kinds_from_operator(std::string_view text);

// Whether the published events of the client are kept: `[retention] events`.
bool keeps_events(Store& store, const std::string& client_id);
// Throws OperationError (conflict) that says why there is no history, if no daemon of this store
// keeps one.
void require_history(Store& store);

// An event may be missed that is more than a day older than those that were published around it,
// if the filter has a time: its report waited so long. A count reads the events that it counts.
RowList<OutboxRow> event_rows(Store& store, const EventFilter& filter);
// The name in the cursors of such a list. Without its times: an age such as 1h means
// another time in each request.
std::string event_list_name(const EventFilter& filter);

struct EventPage {
  std::vector<OutboxRow> rows;
  std::string next_cursor;  // "": nothing is left
};
// The first page, or the one behind the cursor of a page with the same filter.
EventPage event_page(Store& store, const EventFilter& filter,
                     const std::optional<std::string>& cursor, int max_rows);

// For whoever has seen a client's events up to one of them.
struct EventsBehind {
  std::vector<OutboxRow> rows;      // ascending; none: nothing more is in the store
  std::int64_t complete_after = 0;  // every event after this one is still there
  std::int64_t oldest = 0;          // sequences in the store; 0: none
  std::int64_t newest = 0;
  std::int64_t last = 0;  // sequence that was given last, published or not
};
// nullopt: the client's events are not kept.
std::optional<EventsBehind> events_behind(Store& store, const std::string& client_id,
                                          std::int64_t sequence, int limit);

}  // namespace iotcard
