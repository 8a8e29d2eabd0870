// SPDX-License-Identifier: Apache-2.0
#include "platform/account.h"

#include "base/text.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

SettingValues with_defaults(const Profile& profile, const PlatformAccess& access) {
  SettingValues values;
  for (const Setting& setting : profile.settings) {
    const auto given = access.settings.find(setting.name);
    if (given != access.settings.end()) {
      values[setting.name] = given->second;
    } else if (setting.default_value) {
      values[setting.name] = *setting.default_value;
    }
  }
  return values;
}

Redactor secrets_of(const Profile& profile, const SettingValues& settings) {
  Redactor redactor;
  for (const Setting& setting : profile.settings) {
    const auto value = settings.find(setting.name);
    if (setting.secret && value != settings.end()) redactor.add(value->second);
  }
  return redactor;
}

// What is wrong with a value; never the value itself.
std::optional<std::string> value_problem(const Profile& profile, const Setting& setting,
                                         const std::string& value) {
  if (value.empty()) return "a text that is not empty";
  if (!is_utf8(value) || has_control(value)) return "a text in UTF-8 without control characters";
  const auto& allowed = setting.one_of;
  if (!allowed.empty() && !contains(allowed, value)) {
    return "one of \"" + join(allowed, "\", \"") + '"';
  }
  if (profile.zone_settings.contains(setting.name) && !offset_of_zone(value)) return zone_expected;
  if (profile.unit_settings.contains(setting.name) && !bytes_of_unit(value)) return unit_expected;
  if (profile.url_settings.contains(setting.name) && !is_base_url(value)) return url_expected;
  return std::nullopt;
}

}  // namespace

std::vector<std::string> access_problems(const Profile& profile, const PlatformAccess& access) {
  std::vector<std::string> problems;
  if (access.base_url.empty() && profile.base_url.empty()) {
    problems.push_back("base_url: expected, since the profile has none: the URL of the API");
  } else if (!access.base_url.empty() && !access.base_url.starts_with("https://") &&
             !access.base_url.starts_with("http://")) {
    problems.emplace_back("base_url: expected https://HOST/PATH");
  } else if (access.base_url.ends_with('/') ||
             access.base_url.find_first_of("?#@ ") != std::string::npos) {
    problems.emplace_back(
        "base_url: expected https://HOST/PATH, without a / at its end, a query and a user name");
  }
  for (const Setting& setting : profile.settings) {
    const auto given = access.settings.find(setting.name);
    if (given != access.settings.end()) {
      if (const auto expected = value_problem(profile, setting, given->second)) {
        problems.push_back(setting.name + ": expected " + *expected);
      }
    } else if (!setting.default_value) {
      problems.push_back(setting.name + ": missing; expected " + setting.name + " or " +
                         setting.name + "_file");
    }
  }
  for (const auto& [name, value] : access.settings) {
    if (profile.find_setting(name) != nullptr) continue;
    problems.push_back(
        name + ": unknown key; the profile " + profile.name + " has " +
        (profile.settings.empty() ? "none" : join(profile.settings, ", ", &Setting::name)));
  }
  return problems;
}

Account::Account(std::shared_ptr<const Profile> profile, PlatformAccess access)
    : profile_(std::move(profile)),
      base_url_(access.base_url.empty() ? profile_->base_url : access.base_url),
      settings_(with_defaults(*profile_, access)),
      secrets_(secrets_of(*profile_, settings_)) {}

LoginResult Account::log_in(Instant now, const std::function<LoginResult()>& attempt) {
  std::unique_lock lock{mutex_};
  const std::uint64_t seen = state_.attempts;
  ended_.wait(lock, [&] { return !state_.busy; });
  const LoginPtr& current = state_.login;
  if (current && (!current->until || now < *current->until)) return current;
  const bool waited = state_.attempts != seen;
  const auto& failure = state_.failure;
  if (waited && failure && failure->fault != ServiceFault::interrupted) return *failure;
  state_.busy = true;
  lock.unlock();
  const auto end = [&](LoginPtr login, std::optional<PlatformFailure> failed) {
    lock.lock();
    state_.busy = false;
    ++state_.attempts;
    state_.login = std::move(login);
    state_.failure = std::move(failed);
    ended_.notify_all();
  };
  try {
    LoginResult result = attempt();
    if (const auto* login = std::get_if<LoginPtr>(&result)) {
      end(*login, std::nullopt);
    } else {
      end(nullptr, std::get<PlatformFailure>(result));
    }
    return result;
  } catch (...) {
    end(nullptr, std::nullopt);
    throw;
  }
}

void Account::forget(const LoginPtr& login) {
  const std::lock_guard lock{mutex_};
  if (state_.login == login) state_.login = nullptr;
}

}  // namespace iotcard
