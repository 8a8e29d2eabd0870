// SPDX-License-Identifier: Apache-2.0
// request_builder.h - Builds the HTTP request of a profile's step. Sends nothing. One thread at a
// time. For lib/platform alone.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "http/http_client.h"
#include "platform/profile.h"

namespace iotcard {

// The request, or why it cannot be built: a value from an answer does not fit into it. `shared`:
// with [request] and its signature.
std::variant<HttpRequest, std::string> build_request(const Profile& profile,
                                                     const std::string& base_url, const Step& step,
                                                     bool shared, Values& values,
                                                     const std::vector<std::string>& iccids);

}  // namespace iotcard
