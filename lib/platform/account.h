// SPDX-License-Identifier: Apache-2.0
// account.h - One platform as it is configured: its profile, its settings with secrets, and the
// login that all its clients share. Sends nothing: a login is made by the caller of log_in().
// Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/redactor.h"
#include "base/service_health.h"
#include "base/time.h"
#include "platform/profile.h"

namespace iotcard {

// Its text begins with the step of the profile: "status: the answer is not JSON at byte 3: …".
using PlatformFailure = ServiceFailure;

using SettingValues = std::map<std::string, std::string>;

// What one [[platform]] section says besides the limits.
struct PlatformAccess {
  std::string base_url;    // "": the profile's
  SettingValues settings;  // of the profile, secrets included
};
// Settings that are missing, unknown or do not fit, a line each; empty: everything is correct.
std::vector<std::string> access_problems(const Profile& profile, const PlatformAccess& access);

struct Login {
  std::map<std::string, std::string> values;  // "token"
  std::optional<Instant> until{};             // absent: until the platform refuses it
};
using LoginPtr = std::shared_ptr<const Login>;
using LoginResult = std::variant<LoginPtr, PlatformFailure>;

class Account {
 public:
  Account(std::shared_ptr<const Profile> profile, PlatformAccess access);

  const Profile& profile() const { return *profile_; }
  const std::string& base_url() const { return base_url_; }
  const SettingValues& settings() const { return settings_; }  // with the defaults
  const Redactor& secrets() const { return secrets_; }         // of the settings

  // The current login, or the one that `attempt` makes. There is one attempt at a time, and threads
  // that waited for an attempt that failed get its failure.
  LoginResult log_in(Instant now, const std::function<LoginResult()>& attempt);
  // The platform does not accept this login any more.
  void forget(const LoginPtr& login);

 private:
  const std::shared_ptr<const Profile> profile_;
  const std::string base_url_;
  const SettingValues settings_;
  const Redactor secrets_;

  std::mutex mutex_;
  std::condition_variable ended_;
  struct State {  // guarded by mutex_
    LoginPtr login;
    bool busy = false;                       // an attempt is under way
    std::uint64_t attempts = 0;              // that have ended
    std::optional<PlatformFailure> failure;  // of the last attempt
  } state_;
};

}  // namespace iotcard
