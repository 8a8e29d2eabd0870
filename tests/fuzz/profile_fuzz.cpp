// SPDX-License-Identifier: Apache-2.0
// Any bytes as a platform's profile. Checked: it becomes a Profile within its ranges, that a client
// can use and that shows none of its secrets, or a ProfileError whose every line begins with file
// and line; no other exception.
#include <map>
#include <string>

#include "mistakes.h"
#include "platform/profile.h"
#include "platform_fuzz.h"

using namespace iotcard;

namespace {

void check(const std::shared_ptr<const Profile>& profile) {
  require(!profile->name.empty());
  require(profile->max_batch() >= 1 && profile->max_batch() <= 1000);
  require(profile->limits.concurrency >= 1 && profile->limits.rate.number >= 1);
  PlatformAccess access{"https://api.example", {}};
  for (const Setting& setting : profile->settings) {
    if (setting.secret) access.settings[setting.name] = fuzz_secret;
  }
  // Those that have no default, or must be what they are used for.
  for (const std::string& problem : access_problems(*profile, access)) {
    access.settings.emplace(problem.substr(0, problem.find(':')), "+08:00");
  }
  if (!access_problems(*profile, access).empty()) return;
  Account account{profile, access};
  FuzzPlatform{{200, {}, R"({"code":0,"data":[{"iccid":"89860618050008541476"}],"token":"t"})"}}
      .use(account);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{as_text(data, size)};
  if (text.find(fuzz_secret) != std::string::npos) return 0;  // what it knows itself is no secret
  try {
    check(parse_profile(text, "fuzz.toml"));
  } catch (const ProfileError& error) {
    require_mistakes(error.what(), "fuzz.toml:");
  }
  return 0;
}
