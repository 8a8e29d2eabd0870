// SPDX-License-Identifier: Apache-2.0
// request_builder.h - One request of a profile's step, as it is sent and as it may be shown.
// Sends nothing. Pure but for the values that come in; one thread at a time. For lib/platform
// alone.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "platform/http_client.h"
#include "platform/profile_spec.h"

namespace iotcard {

struct BuiltRequest {
  HttpRequest sent;
  // The same with "…" for what is secret.
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// The request, or why it cannot be made: a value that an answer gave does not fit into it.
// `shared`: with [request] and its signature.
std::variant<BuiltRequest, std::string> build_request(const ProfileSpec& profile,
                                                      const std::string& base_url, const Step& step,
                                                      bool shared, Values& values,
                                                      const std::vector<std::string>& iccids);

}  // namespace iotcard
