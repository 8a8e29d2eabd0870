// SPDX-License-Identifier: Apache-2.0
// api_url.h - Where the HTTP API of a daemon is: the address of --api, or that of the
// configuration's api.listen. Connects to nothing. Pure; any thread.
#pragma once

#include <string>

#include "config/config.h"

namespace iotcard {

struct ApiUrl {
  std::string base;       // without a slash at its end
  bool insecure = false;  // http://
  bool loopback = false;
};

// Of --api. Throws UsageError that says what was expected.
ApiUrl read_api_url(const std::string& text);
// Of the daemon with this configuration, from its own host. Throws UsageError if the API is off, or
// on a port that only the daemon knows.
ApiUrl api_url_here(const ApiConfig& config);

}  // namespace iotcard
