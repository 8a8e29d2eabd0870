// SPDX-License-Identifier: Apache-2.0
// connector.h - Makes connections that are ready: with the version of MQTT that the broker speaks,
// and subscribed. Not the waiting between attempts. Lives on the session's thread.
#pragma once

#include <memory>

#include "broker/connection.h"

namespace iotcard {

class Connector {
 public:
  Connector(const SessionOptions& options, Connection::Hooks hooks);

  // One attempt, and a second one with the other version of MQTT if the broker may speak that.
  // Throws ConnectionError.
  std::unique_ptr<Connection> connect();

 private:
  std::unique_ptr<Connection> connect_with(bool mqtt5);

  const SessionOptions& options_;
  const Connection::Hooks hooks_;
  bool mqtt5_;  // the version that worked last
  bool subscribed_ = false;
};

}  // namespace iotcard
