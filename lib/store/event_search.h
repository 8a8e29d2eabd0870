// SPDX-License-Identifier: Apache-2.0
// event_search.h - Finds a time in the history of events, which is sorted by sequence: a binary
// search that reads a few events however many there are. On the store's thread; throws StoreError.
#pragma once

#include <cstdint>
#include <string>

#include "store/event_history_store.h"

namespace iotcard {

// A sequence of a client's published events that divides them: those before it are older than
// `time`, except where an event's time is not in the order of publication, as that of a report that
// waited. 0: none is older.
std::int64_t find_event_time(EventHistoryStore& store, const std::string& client_id, Instant time);

}  // namespace iotcard
