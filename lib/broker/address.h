// SPDX-License-Identifier: Apache-2.0
// address.h - Where the broker is, from its URL. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace iotcard {

struct BrokerAddress {
  bool tls = false;
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 1883;
};

// mqtt://HOST[:PORT] or mqtts://HOST[:PORT]; the ports are 1883 and 8883 if left out (IANA). An
// IPv6 address is in brackets. Throws std::runtime_error for anything else.
BrokerAddress parse_broker_url(const std::string& url);

}  // namespace iotcard
