// SPDX-License-Identifier: Apache-2.0
// rabbitmq.h - A real RabbitMQ with its MQTT plugin: the broker that speaks MQTT 3.1.1 and not 5
// (version 3.10, Debian 12). Everything it writes is in the test's folder, its ports are on
// 127.0.0.1. It takes seconds to start. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/process.h"
#include "support/temp_dir.h"

namespace iotcard {

class Rabbitmq {
 public:
  static bool installed();
  explicit Rabbitmq(const TempDir& dir);
  ~Rabbitmq();

  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  std::string tail() const { return process_ ? process_->tail() : std::string{}; }

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> names_;  // its port mapper
  std::unique_ptr<Process> process_;
};

}  // namespace iotcard
