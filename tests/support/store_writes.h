// SPDX-License-Identifier: Apache-2.0
// store_writes.h - What a test wants to find in a store, written to it without a report that is
// decided. Each call is a unit of work of its own, in the open transaction if there is one. On the
// store's thread; throws StoreError.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "store/store.h"
#include "store/stored_decision.h"

namespace iotcard {

inline void save_report(Store& store, const DeviceKey& device, LastReport report) {
  UnitOfWork work{store.read({{device}, {}})};
  work.save(device, std::move(report));
  store.write("", work.take());
}

// Give it one of the kinds of Write: for a Write itself the compiler finds std::apply, too.
inline void apply(Store& store, const Write& write) {
  // Only a device that has reported has a mismatch.
  const auto* raise = std::get_if<RaiseMismatch>(&write);
  if (raise != nullptr && !store.find_device(raise->mismatch.device)) {
    save_report(store, raise->mismatch.device,
                {"t", "{}", raise->mismatch.first_seen, {}, raise->mismatch.outcome});
  }
  apply_change(store, "", {}, {&write, 1}, {});
}

inline void add_rejected(Store& store, const ReceivedReport& report, const Rejection& rejection) {
  UnitOfWork work{Snapshot{}};
  work.reject(report, rejection);
  store.write("", work.take());
}

// Into the outbox of a client.
inline void append_event(ReportStore& store, const std::string& client_id, const Event& event) {
  UnitOfWork work{Snapshot{}};
  work.publish(event);
  store.write(client_id, work.take());
}

}  // namespace iotcard
