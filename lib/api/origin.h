// SPDX-License-Identifier: Apache-2.0
// origin.h - Checks of the headers by which a browser says where a request comes from: Host against
// DNS rebinding, Origin against pages of other sites. Pure; any thread. Sources: RFC 9110, 7.2; the
// Fetch standard (Origin, CORS).
#pragma once

#include <string_view>

namespace iotcard {

// A loopback address or its name, with or without a port: "127.0.0.1:8480", "localhost".
bool names_loopback(std::string_view host);

// Whether a page of `origin` ("http://127.0.0.1:8480") was served by `host` itself.
bool same_origin(std::string_view origin, std::string_view host);

}  // namespace iotcard
