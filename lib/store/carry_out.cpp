// SPDX-License-Identifier: Apache-2.0
#include "store/carry_out.h"

#include <algorithm>

namespace iotcard {

void carry_out(Store& store, const std::string& client_id, const std::vector<EventKind>& mute,
               std::span<const Write> writes, std::span<const Event> events) {
  for (const Write& write : writes) store.write(write);
  for (const Event& event : events) {
    const bool muted = std::find(mute.begin(), mute.end(), event.kind) != mute.end();
    if (!muted) store.append_event(client_id, event);
  }
}

}  // namespace iotcard
