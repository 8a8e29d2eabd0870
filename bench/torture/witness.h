// SPDX-License-Identifier: Apache-2.0
// witness.h - A durable subscriber that receives each outcome event of the torture run and checks
// their order. Keeps numbers, not messages, so a long run needs little memory.
// Threads: the public functions on one; messages come on the probe's.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "support/mqtt_probe.h"

namespace iotcard {

class Witness {
 public:
  struct Tally {
    std::int64_t reports = 0;  // that have an event
    std::int64_t events = 0;
    std::int64_t published_again = 0;  // the same event again, by its id
    std::int64_t decided_again = 0;    // another event about the same report, which was redelivered
    // Reports whose first event came after that of a later report of the same device.
    std::int64_t out_of_order = 0;
  };

  explicit Witness(std::string broker_url) : broker_url_(std::move(broker_url)) {}

  // Connects, or connects again, to the session that the broker keeps; returns when all messages
  // that the broker kept for it have come.
  void connect();
  void leave() { probe_.reset(); }  // before the broker is killed

  Tally tally() const;
  bool has_seen(std::int64_t serial) const;

 private:
  void take(const ProbeMessage& message);

  const std::string broker_url_;
  mutable std::mutex mutex_;
  std::vector<bool> seen_;                                // guarded by mutex_, as all that follows
  std::unordered_map<std::string, std::int64_t> newest_;  // serial by topic
  std::unordered_set<std::string> ids_;
  Tally tally_;
  std::unique_ptr<MqttProbe> probe_;  // ends first: its thread uses all of the above
};

}  // namespace iotcard
