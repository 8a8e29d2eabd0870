// SPDX-License-Identifier: Apache-2.0
// rabbitmq.h - A real RabbitMQ with its MQTT plugin: a broker that is not mosquitto, and that does
// not speak MQTT 5 before its version 3.13 (Debian 12 has 3.10, Debian 13 has 4.0). Everything it
// writes is in the test's folder, its ports are on 127.0.0.1. It takes seconds to start. One
// thread.
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
  static bool speaks_mqtt5();
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
