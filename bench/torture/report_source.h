// SPDX-License-Identifier: Apache-2.0
// report_source.h - Publishes reports, each with a serial number as its ICCID, as fast as the
// broker takes them while no more than some thousands wait for their event, and knows which of them
// the broker has acknowledged for good. A device that loses its connection publishes again what was
// not acknowledged, and what a killed broker may have forgotten: mosquitto acknowledges a message
// before it saves it, so an acknowledgement counts for good once a save that began later is
// complete. Threads: its own publishes; all functions may be called from any.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/mqtt_probe.h"

namespace iotcard {

// Serial numbers from 1 on.
std::string serial_iccid(std::int64_t serial);  // "8986C" and fifteen digits
// 0 if there is none in the text.
std::int64_t find_serial(std::string_view text, std::string_view before);
std::string device_number(int device);  // "D17"

class ReportSource {
 public:
  struct Options {
    std::string broker_url;
    std::string broker_database;  // mosquitto's: replaced with each save
    int devices = 200;
    std::int64_t reports = 0;                 // then it ends
    std::function<std::int64_t()> decided{};  // how many reports have their event
    std::uint64_t seed = 1;
  };
  explicit ReportSource(Options options);
  ~ReportSource();

  void start();
  // Publishes nothing new any more; returns once all that was published is acknowledged.
  void finish();
  bool ended() const { return ended_; }

  std::int64_t published() const { return next_ - 1; }  // serial numbers given out
  std::int64_t acknowledged() const { return acknowledged_; }
  std::int64_t repeated() const { return repeated_; }
  int device_of(std::int64_t serial) const;  // of one that was given out

 private:
  void run();
  void serve();
  void send(std::int64_t serial);
  void take_acknowledgement(std::uint16_t id);
  void look_for_save();
  void repeat_what_may_be_lost();

  const Options options_;
  std::mt19937_64 random_;
  std::atomic<std::int64_t> next_{1};
  std::atomic<std::int64_t> acknowledged_{0};
  std::atomic<std::int64_t> repeated_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> finishing_{false};
  std::atomic<bool> ended_{false};
  std::uint64_t save_ = 0;             // inode of the database when it was last looked at
  std::vector<std::int64_t> to_send_;  // again, before anything new; from the back

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint16_t, std::int64_t> under_way_;  // guarded by mutex_, as all that follows
  // Acknowledged since the last save was seen, between that and the one before, and before both.
  // When one was seen, the next one may have begun already; the one behind that has not, so the
  // last group is safe when another save is seen.
  std::array<std::vector<std::int64_t>, 3> doubtful_;
  std::vector<std::uint16_t> devices_;  // by serial number
  std::uint16_t id_ = 0;
  std::unique_ptr<MqttProbe> probe_;  // of the thread
  std::thread thread_;
};

}  // namespace iotcard
