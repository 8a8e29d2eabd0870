// SPDX-License-Identifier: Apache-2.0
#include "store/event_search.h"

#include "domain/event.h"

namespace iotcard {

std::int64_t find_event_time(EventHistoryStore& store, const std::string& client_id, Instant time) {
  const auto oldest = store.oldest_event(client_id);
  if (!oldest) return 0;
  std::int64_t old = *oldest - 1;  // the events up to here are older
  std::int64_t young = store.published_position(client_id) + 1;
  while (young - old > 1) {
    const std::int64_t middle = old + (young - old) / 2;
    const auto event = store.published_before(client_id, middle + 1);
    if (!event || event->sequence <= old) {  // there is none between
      old = middle;
      continue;
    }
    const auto at = event_time(event->payload);
    if (at && *at < time) {
      old = middle;
    } else {
      young = event->sequence;
    }
  }
  return young == *oldest ? 0 : young;
}

}  // namespace iotcard
