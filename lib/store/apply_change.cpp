// SPDX-License-Identifier: Apache-2.0
#include "store/apply_change.h"

namespace iotcard {

void apply_change(ReportStore& store, const std::string& client_id, EventKinds mute,
                  std::span<const Write> writes, std::span<const Event> events) {
  for (const Write& write : writes) store.write(write);
  for (const Event& event : events) {
    if (mute.has(event.kind)) continue;
    store.append_event(client_id, event_topic(event), event_json(event));
  }
}

}  // namespace iotcard
