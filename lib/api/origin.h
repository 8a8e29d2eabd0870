// SPDX-License-Identifier: Apache-2.0
// origin.h - What a browser says about where a request comes from, and whether to believe it: the
// Host it thinks it talks to (DNS rebinding), and the Origin of the page that asks. Pure; any
// thread. Sources: RFC 9110, 7.2; the Fetch standard (Origin, CORS).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

// "127.0.0.1:8480", "localhost", "[::1]:8480": a loopback address or its name, with or without a
// port.
bool names_loopback(std::string_view host);

// Whether a page of `origin` ("http://127.0.0.1:8480") was served by `host` itself.
bool same_origin(std::string_view origin, std::string_view host);

// Whether an origin is spelled as a browser spells it: scheme, host, perhaps a port, and no more.
bool is_origin(std::string_view text);

}  // namespace iotcard
