// SPDX-License-Identifier: Apache-2.0
#include "platform/profile.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/byte_size.h"
#include "base/text.h"
#include "base/time_spelling.h"

namespace iotcard {

const Setting* Profile::find_setting(std::string_view wanted) const {
  const auto found = std::ranges::find(settings, wanted, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

bool Step::item_may_be_list() const {
  if (!iccid || iccid->tokens.empty()) return false;
  const std::string& first = iccid->tokens.front();
  return first != "*" && !is_selector(first) &&
         first.find_first_not_of("0123456789") != std::string::npos;
}

std::optional<std::int64_t> bytes_of_unit(std::string_view unit) {
  if (unit.empty() || !is_letter(unit.front())) return std::nullopt;
  return parse_byte_size("1" + std::string{unit});
}

bool is_base_url(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view{"?#@\"<>\\{}"}.find(c) == std::string_view::npos;
  });
  return plain &&
         std::ranges::any_of(std::array{"https://", "http://"}, [&](std::string_view scheme) {
           return text.starts_with(scheme) && text.size() > scheme.size() && text.back() != '/';
         });
}

std::optional<Duration> offset_of_zone(const std::string& zone) {
  const auto reading = read_zone(zone);
  const auto* ahead = std::get_if<Duration>(&reading);
  return ahead == nullptr ? std::nullopt : std::optional{*ahead};
}

std::optional<std::string> find_profile(const std::string& profile,
                                        const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (profile.find('/') != std::string::npos) {
    return fs::exists(profile, ignored) ? std::optional{profile} : std::nullopt;
  }
  for (const std::string& folder : folders) {
    const fs::path path = fs::path{folder} / (profile + ".toml");
    if (fs::exists(path, ignored)) return path.string();
  }
  return std::nullopt;
}

}  // namespace iotcard
