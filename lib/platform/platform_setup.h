// SPDX-License-Identifier: Apache-2.0
// platform_setup.h - Makes a platform that can be asked from one [[platform]] section: finds and
// checks its profile, reads its secrets. Reads files; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/http_client.h"
#include "platform/platform_client.h"
#include "platform/platform_settings.h"
#include "platform/profile.h"

namespace iotcard {

struct Platform {
  std::int64_t id = 0;
  std::string name;
  std::string profile_name;  // as in the section
  std::shared_ptr<const Profile> profile;
  PlatformAccess access;  // with secrets
  PlatformLimits limits;
  HttpOptions http;
};

// The file of a secret cannot be read, or is empty: affects this platform only, and is corrected
// without a change of the configuration.
class SecretError : public ProfileError {
 public:
  using ProfileError::ProfileError;
};

// Everything except the secrets: the profile exists and makes sense, no key is missing or unknown.
// A line for each mistake with the line of the section or of the profile; "" if there is none, or
// no profile.
std::string platform_mistakes(const PlatformSettings& settings,
                              const std::vector<std::string>& folders);

// Throws ProfileError, SecretError among them.
Platform open_platform(const PlatformSettings& settings, const std::vector<std::string>& folders);

}  // namespace iotcard
