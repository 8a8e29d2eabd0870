// SPDX-License-Identifier: Apache-2.0
// metrics_bench.h - What the tests of counts and of /metrics put into a pipeline.
#pragma once

#include "ingest/intake.h"
#include "operations/operation.h"
#include "pipeline_bench.h"

namespace iotcard {

inline const std::string iccid = "898604293620C0000970";
inline const std::string stranger = "898604293620C0000971";

inline Context context_of_bench() {
  Context context;
  context.client_id = client;
  context.now = FixedClock{}.now();
  return context;
}

// Into the outbox.
inline void append_confirmation(Bench& bench, std::chrono::seconds later = {}) {
  append_event(*bench.store, {EventKind::binding_confirmed, DeviceKey{"1", "D"}, std::nullopt,
                              bench.clock.now() + later, "{}"});
}

inline void append_later(Journal& journal, std::chrono::seconds later) {
  journal.append({.topic = "/1/D/info/post",
                  .payload = "{}",
                  .size = 2,
                  .arrival = FixedClock{}.now() + later});
}

}  // namespace iotcard
