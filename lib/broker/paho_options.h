// SPDX-License-Identifier: Apache-2.0
// paho_options.h - From SessionOptions to what the MQTT library wants to be told.
// For lib/broker only, as it includes the library.
#pragma once

#include <mqtt/async_client.h>

#include <functional>
#include <string>

#include "broker/session.h"

namespace iotcard {

// mqtt://host:port becomes the library's tcp://host:port, mqtts:// its ssl://; the default port is
// filled in.
std::string paho_uri(const std::string& url);

// Throws std::runtime_error if the password file cannot be read. `tls_error` is called on the
// library's threads with what the TLS library says.
mqtt::connect_options paho_connect_options(const SessionOptions& options, bool mqtt5,
                                           std::function<void(const std::string&)> tls_error);

}  // namespace iotcard
