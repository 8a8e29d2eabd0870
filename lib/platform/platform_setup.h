// SPDX-License-Identifier: Apache-2.0
// platform_setup.h - From one [[platform]] section to a platform that can be asked: finds and
// checks its profile, reads its secrets. Reads files; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/http_client.h"
#include "platform/platform_client.h"
#include "platform/platform_settings.h"
#include "platform/profile.h"

namespace iotcard {

struct Platform {
  std::int64_t id = 0;
  std::string name;
  std::string profile_name;  // as the section has it
  std::shared_ptr<const Profile> profile;
  PlatformAccess access;  // with secrets
  PlatformLimits limits;
  HttpOptions http;
};

// A secret's file that cannot be read, or holds none: a matter of this platform only, and mended
// without a change of the configuration.
class SecretError : public ProfileError {
 public:
  using ProfileError::ProfileError;
};

// All but the secrets: the profile is there and makes sense, no key is missing or unknown. Throws
// ProfileError, a line for each mistake with the place of the section or of the profile's line.
void check_platform(const PlatformSettings& settings, const std::vector<std::string>& folders);

// Throws ProfileError, SecretError among them.
Platform open_platform(const PlatformSettings& settings, const std::vector<std::string>& folders);

}  // namespace iotcard
