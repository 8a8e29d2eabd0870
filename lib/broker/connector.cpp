// SPDX-License-Identifier: Apache-2.0
#include "broker/connector.h"

#include <utility>

namespace iotcard {

using Cause = ConnectionError::Cause;

Connector::Connector(const SessionOptions& options, Connection::Hooks hooks)
    : options_(options),
      hooks_(std::move(hooks)),
      mqtt5_(options.protocol != MqttProtocol::v3_1_1) {}

std::unique_ptr<Connection> Connector::connect() {
  try {
    return connect_with(mqtt5_);
  } catch (const ConnectionError& error) {
    if (options_.protocol != MqttProtocol::automatic) throw;
    // Another broker may come back in its place, and speak MQTT 5.
    if (error.cause() == Cause::unreachable) mqtt5_ = true;
    if (error.cause() != Cause::version || hooks_.give_up()) throw;
    if (!options_.share.empty()) {
      throw ConnectionError(std::string{error.what()} + "; a shared subscription needs MQTT 5",
                            Cause::other);
    }
    try {
      auto connection = connect_with(!mqtt5_);
      mqtt5_ = connection->mqtt5();
      return connection;
    } catch (const ConnectionError& second) {
      // Report the attempt that got an answer.
      if (second.cause() == Cause::other) throw;
    }
    throw;
  }
}

std::unique_ptr<Connection> Connector::connect_with(bool mqtt5) {
  auto connection = std::make_unique<Connection>(options_, mqtt5, hooks_);
  connection->open();
  // With MQTT 5 to subscribe again costs nothing: retained messages come for new subscriptions
  // only. The first time, the filters may differ from those of the session that the broker kept.
  if (mqtt5 || !connection->session_present() || !subscribed_) connection->subscribe();
  subscribed_ = true;
  return connection;
}

}  // namespace iotcard
