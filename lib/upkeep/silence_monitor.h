// SPDX-License-Identifier: Apache-2.0
// silence_monitor.h - Finds devices that have not reported for the configured time, by the clock
// and without reading all devices. Each has `seen_from`, a time before which it was not last seen,
// with an index; reports do not write it. Once that is as old as the configured time, the monitor
// reads the device's last report and either sets `seen_from` to its time or marks the device silent
// and publishes device.silent: both in one transaction, so once. The next report takes the mark
// away (UnitOfWork::save). Time in which no daemon received reports does not count
// (listening_time.h). A device without a live report is never silent. Each page of devices is a
// transaction. If the setting is off, nothing is published and all marks are deleted.
// Applier's thread only; throws StoreError, and then the page has not happened.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "domain/event.h"
#include "store/store.h"
#include "upkeep/listening_time.h"

namespace iotcard {

class SilenceMonitor {
 public:
  static constexpr int page = 64;  // devices; reports wait meanwhile
  static constexpr std::chrono::seconds interval{1};
  // At which the listening time is saved. A crash counts as an outage since then.
  static constexpr std::chrono::minutes save_interval{10};

  struct Present {
    Instant now;
    bool listening = true;  // reports are received
    // All reports that arrived up to this time are applied.
    std::function<Instant()> applied_until;
  };

  SilenceMonitor(Store& store, std::string client_id)
      : store_(store), client_id_(std::move(client_id)) {}

  // One page, if a device may be due. `silent_after`: 0 is off. True: more is due at once.
  bool step(std::chrono::seconds silent_after, EventKinds mute, const Present& present);
  // Before the process ends: saves the listening time.
  void save(Instant now);

 private:
  void note(const Present& present);
  bool forget_marks();
  bool check(Instant before, EventKinds mute, Instant now);
  bool check_page(Instant before, EventKinds mute, Instant now);

  Store& store_;
  const std::string client_id_;
  std::optional<ListeningTime> time_;
  bool listening_ = false;
  bool more_ = false;      // is due
  bool no_marks_ = false;  // left, since the setting is off
  Instant checked_at_{};
  Instant saved_at_{};
};

}  // namespace iotcard
