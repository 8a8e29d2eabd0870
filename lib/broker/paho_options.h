// SPDX-License-Identifier: Apache-2.0
// paho_options.h - Makes the MQTT library's connect options from SessionOptions.
// For lib/broker only, as it includes the library.
#pragma once

#include <mqtt/async_client.h>

#include <string>

#include "broker/address.h"
#include "broker/broker_limits.h"
#include "broker/session.h"

namespace iotcard {

inline constexpr std::chrono::seconds connect_timeout{10};  // up to CONNACK

std::string paho_uri(const BrokerAddress& address);

// Throws std::runtime_error if one of the files cannot be read.
mqtt::connect_options paho_connect_options(const SessionOptions& options, bool tls, bool mqtt5,
                                           const Concessions& concessions);

}  // namespace iotcard
