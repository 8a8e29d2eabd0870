// SPDX-License-Identifier: Apache-2.0
// http_check.h - What an HTTP request must not be: it is refused before anybody is connected to.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "platform/http_client.h"

namespace iotcard {

// Throws HttpError (refused), in words that show nothing of the request.
void check_request(const HttpRequest& request, bool allow_insecure);

bool always_has_body(std::string_view method);

// Of ASCII only.

}  // namespace iotcard
