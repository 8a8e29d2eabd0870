// SPDX-License-Identifier: Apache-2.0
// address_checks.h - Whether a text is an address, for the sections of the configuration. Pure; any
// thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/problem.h"

namespace iotcard {

// "host:port", "host" or "[address]:port".
bool is_host_and_port(std::string_view text, bool port_needed);
// What stands behind the scheme; nullopt: it is none of these.
std::optional<std::string> behind_scheme(const std::string& url,
                                         std::initializer_list<std::string_view> schemes);
// https://HOST or http://HOST, with a port and a path perhaps.
Check web_address(const std::string& text);
// The same, and a / at its end or a query perhaps.
Check web_address_with_query(const std::string& text);
// Whether it begins with http:// and names another machine than this one.
bool is_plain_http_to_others(const std::string& url);

}  // namespace iotcard
