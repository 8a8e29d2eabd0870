// SPDX-License-Identifier: Apache-2.0
// diagnosis.h - Why a broker cannot be reached. The MQTT library only says "failure"; this goes the
// same way once more, host name, TCP, TLS, and tells where it ends. Not used while all is well.
// Blocks; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "broker/address.h"
#include "broker/session.h"

namespace iotcard {

// nullopt: it can be reached, now. `patience` is for each of the connection and the handshake.
std::optional<std::string> diagnose(const BrokerAddress& address, const SessionOptions& options,
                                    std::chrono::milliseconds patience);

}  // namespace iotcard
