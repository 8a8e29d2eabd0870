// SPDX-License-Identifier: Apache-2.0
// diagnosis.h - Why a broker cannot be reached. The MQTT library only says "failure"; diagnose()
// repeats the steps of a connection (host name, TCP, TLS) and says which one fails. Used after a
// failure only. Blocks; any thread.
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
