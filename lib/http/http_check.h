// SPDX-License-Identifier: Apache-2.0
// http_check.h - Refuses an HTTP request that must not be sent, before a connection is made. Pure;
// any thread.
#pragma once

#include <string_view>

#include "http/http_client.h"

namespace iotcard {

// Throws HttpError (refused), whose text has no part of the request.
void check_request(const HttpRequest& request, bool allow_insecure);

bool always_has_body(std::string_view method);

}  // namespace iotcard
