// SPDX-License-Identifier: Apache-2.0
// loopback.h - Whether a host, as HTTP names it, is this machine and needs no protection on the
// way. Looks nothing up. Pure; any thread. Source: RFC 9110, 7.2.
#pragma once

#include <string_view>

namespace iotcard {

// A loopback address or its name, with or without a port: "127.0.0.1:8480", "localhost".
bool names_loopback(std::string_view host);

}  // namespace iotcard
