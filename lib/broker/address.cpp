// SPDX-License-Identifier: Apache-2.0
#include "broker/address.h"

#include <stdexcept>
#include <string_view>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::string_view plain_scheme = "mqtt://";
constexpr std::string_view tls_scheme = "mqtts://";
constexpr std::uint16_t plain_port = 1883;
constexpr std::uint16_t tls_port = 8883;

}  // namespace

BrokerAddress parse_broker_url(const std::string& url) {
  const std::runtime_error wrong{"not a broker: expected mqtt://HOST:PORT or mqtts://HOST:PORT"};
  BrokerAddress address;
  address.tls = url.starts_with(tls_scheme);
  if (!address.tls && !url.starts_with(plain_scheme)) throw wrong;
  address.port = address.tls ? tls_port : plain_port;
  std::string_view rest = url;
  rest.remove_prefix((address.tls ? tls_scheme : plain_scheme).size());

  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) throw wrong;
    address.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
  } else {
    const std::size_t colon = rest.find(':');
    address.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon);
  }
  if (address.host.empty()) throw wrong;
  if (port.empty()) return address;
  address.port = parse_integer<std::uint16_t>(port.substr(1)).value_or(0);
  if (port.front() != ':' || address.port == 0) throw wrong;
  return address;
}

}  // namespace iotcard
