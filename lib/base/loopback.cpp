// SPDX-License-Identifier: Apache-2.0
#include "base/loopback.h"

#include <arpa/inet.h>

#include <string>

#include "base/text.h"

namespace iotcard {
namespace {

bool is_port(std::string_view port) {
  return !port.empty() && port.size() <= 5 && all_digits(port);
}

// The name or address without the port; "" for what is neither.
std::string name_of(std::string_view host) {
  std::size_t end = host.find(':');
  if (host.starts_with('[')) {
    const std::size_t bracket = host.find(']');
    if (bracket == std::string_view::npos) return "";
    end = bracket + 1 == host.size() ? std::string_view::npos : bracket + 1;
  }
  if (end == std::string_view::npos) return std::string{host};
  if (host[end] != ':' || !is_port(host.substr(end + 1))) return "";
  return std::string{host.substr(0, end)};
}

}  // namespace

bool names_loopback(std::string_view host) {
  const std::string name = name_of(host);
  if (equal_ignoring_case(name, "localhost")) return true;
  in_addr four{};
  if (inet_pton(AF_INET, name.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  return name == "[::1]";
}

}  // namespace iotcard
