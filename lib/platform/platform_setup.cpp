// SPDX-License-Identifier: Apache-2.0
#include "platform/platform_setup.h"

#include <fmt/format.h>

#include "base/small_file.h"

namespace iotcard {
namespace {

constexpr std::size_t max_secret_bytes = 16384;  // a private key in PEM has 3 KB
constexpr std::string_view in_a_file = "_file";

std::shared_ptr<const Profile> profile_of(const PlatformSettings& settings,
                                          const std::vector<std::string>& folders) {
  const auto path = find_profile(settings.profile, folders);
  if (path) return load_profile(*path);
  throw ProfileError{
      fmt::format("{}: platform.profile: there is no profile \"{}\"; looked for {}.toml in {}",
                  settings.where, settings.profile, settings.profile, fmt::join(folders, ", "))};
}

std::string read_secret(const PlatformSettings& settings, const std::string& key,
                        const std::string& path) {
  const auto file = read_small_file(path, max_secret_bytes);
  const auto fail = [&](const std::string& what) {
    throw SecretError{fmt::format("{}: platform.{}: {}: {}", settings.where, key, path, what)};
  };
  if (const auto* problem = std::get_if<Problem>(&file)) fail("cannot read it: " + problem->text);
  std::string secret = std::get<SmallFile>(file).text;
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) fail("is empty");
  return secret;
}

// The keys of the section by the names of the profile. Without `read_files` the value of a secret
// is the path of its file.
PlatformAccess access_of(const PlatformSettings& settings, bool read_files) {
  PlatformAccess access{settings.base_url, {}};
  for (const auto& [key, value] : settings.values) {
    const bool file = key.ends_with(in_a_file);
    const std::string name = file ? key.substr(0, key.size() - in_a_file.size()) : key;
    if (file && settings.values.contains(name)) {
      throw ProfileError{fmt::format("{}: platform.{}: expected either {} or {}, not both",
                                     settings.where, key, name, key)};
    }
    access.settings[name] = file && read_files ? read_secret(settings, key, value) : value;
  }
  return access;
}

void check_access(const PlatformSettings& settings, const Profile& profile,
                  const PlatformAccess& access) {
  std::string text;
  std::vector<std::string> problems = access_problems(profile, access);
  for (const std::string& name : profile.url_settings) {
    const auto url = access.settings.find(name);
    if (url == access.settings.end() || !settings.refuses(url->second)) continue;
    problems.push_back(fmt::format("{}: {}", name, https_expected));
  }
  for (const std::string& problem : problems) {
    text += fmt::format("{}{}: platform.{}", text.empty() ? "" : "\n", settings.where, problem);
  }
  if (!text.empty()) throw ProfileError{text};
}

PlatformLimits limits_of(const PlatformSettings& settings, PlatformLimits limits) {
  limits.rate = settings.rate.value_or(limits.rate);
  limits.concurrency = settings.concurrency.value_or(limits.concurrency);
  if (settings.interval) limits.interval = *settings.interval;
  if (settings.timeout) limits.timeout = *settings.timeout;
  return limits;
}

}  // namespace

std::string platform_mistakes(const PlatformSettings& settings,
                              const std::vector<std::string>& folders) {
  if (settings.profile.empty()) return "";
  try {
    const auto profile = profile_of(settings, folders);
    check_access(settings, *profile, access_of(settings, false));
    return "";
  } catch (const ProfileError& error) {
    return error.what();
  }
}

Platform open_platform(const PlatformSettings& settings, const std::vector<std::string>& folders) {
  Platform platform;
  platform.id = settings.id;
  platform.profile_name = settings.profile;
  platform.profile = profile_of(settings, folders);
  platform.name = settings.name.empty() ? platform.profile->name : settings.name;
  // Before a secret is read, so that mistakes of the section are reported in any case.
  check_access(settings, *platform.profile, access_of(settings, false));
  platform.access = access_of(settings, true);
  check_access(settings, *platform.profile, platform.access);
  platform.limits = limits_of(settings, platform.profile->limits);
  platform.http.timeout = platform.limits.timeout;
  platform.http.allow_insecure = settings.allow_insecure;
  platform.http.ca_file = settings.ca_file;
  return platform;
}

}  // namespace iotcard
