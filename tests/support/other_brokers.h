// SPDX-License-Identifier: Apache-2.0
// other_brokers.h - Real brokers that are neither mosquitto nor RabbitMQ: ejabberd (Debian, MQTT 5)
// and aedes (npm, MQTT 3.1.1). Everything they write is in the test's folder or in the build
// folder, their ports are on 127.0.0.1. They take seconds to start. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "support/process.h"
#include "support/temp_dir.h"

namespace iotcard {

// Lets in everybody who has a name. Its application is looked for where Debian has it, and in
// ERL_LIBS.
class Ejabberd {
 public:
  static bool installed();
  explicit Ejabberd(const TempDir& dir);
  ~Ejabberd() { process_->kill(); }

  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  std::string tail() const { return process_->tail(); }

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

// Its packages are installed once, in the build folder.
class Aedes {
 public:
  // Null: it cannot be installed here; `why` says so.
  static std::unique_ptr<Aedes> start(const TempDir& dir, std::string& why);
  ~Aedes() { process_->kill(); }

  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  std::string tail() const { return process_->tail(); }

 private:
  Aedes(std::uint16_t port, std::unique_ptr<Process> process)
      : port_(port), process_(std::move(process)) {}

  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace iotcard
