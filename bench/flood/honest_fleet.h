// SPDX-License-Identifier: Apache-2.0
// honest_fleet.h - A few devices with their own cards that report steadily; measures the time from
// each report to its event.
// Threads: its own publishes; all functions may be called from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/mqtt_probe.h"

namespace iotcard {

struct Latency {
  std::size_t reports = 0;
  double p50 = 0;  // ms
  double p99 = 0;  // ms
  double max = 0;  // ms
};

class HonestFleet {
 public:
  static constexpr int devices = 50;
  static std::string iccid(int device);

  explicit HonestFleet(const std::string& broker_url);
  ~HonestFleet();

  void start();
  Latency take();  // of the reports since the last call

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t events_ = 0;      // events_, elapsed_ and stopping_ are guarded by mutex_
  std::vector<double> elapsed_;  // ms
  bool stopping_ = false;
  MqttProbe devices_;
  MqttProbe watcher_;
  std::thread thread_;
};

}  // namespace iotcard
