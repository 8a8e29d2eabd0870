// SPDX-License-Identifier: Apache-2.0
// account_state.h - Inside Account: the settings of a platform, and the one log-in that all its
// clients use. Logging in itself is the exchange's. For lib/platform alone; any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "platform/field_values.h"
#include "platform/platform_client.h"
#include "platform/redactor.h"

namespace iotcard {

// What a log-in gave.
struct LoginState {
  std::map<std::string, std::string> values;  // "token"
  std::optional<Instant> until{};             // absent: until the platform says no
};
using LoginPtr = std::shared_ptr<const LoginState>;
using LoginResult = std::variant<LoginPtr, PlatformFailure>;

class AccountState {
 public:
  AccountState(std::shared_ptr<const Profile> of, PlatformAccess access);

  const std::shared_ptr<const Profile> profile;
  const std::string base_url;
  const SettingValues settings;  // with the defaults
  const Redactor secrets;        // of the settings

  // The log-in there is, or that which `attempt` makes: one at a time, and who waited for an
  // attempt that failed does not make another.
  LoginResult logged_in(Instant now, const std::function<LoginResult()>& attempt);
  // The platform does not take it any longer.
  void forget(const LoginPtr& login);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  LoginPtr login_;                         // guarded by mutex_
  bool busy_ = false;                      // guarded by mutex_
  std::uint64_t attempts_ = 0;             // guarded by mutex_; that have ended
  std::optional<PlatformFailure> failed_;  // guarded by mutex_; the last of them
};

struct Account::Inside {
  AccountState state;
};

}  // namespace iotcard
