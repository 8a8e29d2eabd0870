// SPDX-License-Identifier: Apache-2.0
// mosquitto.h - A real broker on a port of 127.0.0.1, with a configuration of its own. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace iotcard {

class Mosquitto {
 public:
  struct Options {
    bool persistence = false;          // sessions and retained messages survive stop() and start()
    bool anonymous = true;             // allow_anonymous
    std::vector<std::string> lines{};  // of its configuration, behind the listener
    bool start = true;
  };

  static std::string program();  // where it is, or its name

  explicit Mosquitto(const TempDir& dir);
  Mosquitto(const TempDir& dir, Options options);

  std::uint16_t port() const { return port_; }
  std::string database() const { return dir_ + "/mosquitto.db"; }  // with persistence
  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }

  void reload();  // SIGHUP: passwords and access lists
  void save();    // SIGUSR1: returns once its state is in the database, which needs persistence
  void start();   // on the same port; returns once it accepts connections
  void stop();    // SIGTERM: it writes its state, if it has persistence
  void kill();    // SIGKILL
  bool running() { return process_ && process_->running(); }
  std::string log() const;  // of all its lives
  std::string tail() const { return last_lines(log(), 40); }

 private:
  std::string dir_;
  Options options_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

// A broker that lets in "user" with this password, and nobody else.
Mosquitto::Options with_password(const TempDir& dir, const std::string& password);

// A broker that allows everything but subscriptions.
Mosquitto::Options without_subscriptions(const TempDir& dir);
// One that refuses only this subscription.
Mosquitto::Options without_subscription(const TempDir& dir, const std::string& filter);

}  // namespace iotcard
