// SPDX-License-Identifier: Apache-2.0
// exchange.h - One question to a platform and its answer, told apart: with the log-in before it,
// and once more after another where the platform wants that. What the answer says of cards is
// not its business. One thread at a time. For lib/platform alone.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/account_state.h"
#include "platform/answer_reading.h"

namespace iotcard {

constexpr std::size_t most_saved_bytes = 16384;  // of a value that a step keeps for later ones

// What a step is asked with.
struct Question {
  const Step& step;
  Purpose purpose;
  std::vector<std::string> iccids{};           // one, or those of a batch
  std::map<std::string, std::string> saved{};  // by earlier steps
};

struct Reply {
  Verdict verdict = Verdict::refused;
  std::optional<PlatformFailure> failure{};  // none for ok and not_found
  std::unique_ptr<JsonAnswer> answer{};      // there, if the verdict is ok
  CallTrace trace{};
  bool sent = false;      // so there is something to trace
  bool of_login = false;  // the failure is of the log-in before it
  // Whether the failure says something of the cards asked about only, not of the platform.
  bool is_of_card() const {
    return !of_login && failure &&
           (failure->fault == PlatformFault::refused ||
            failure->fault == PlatformFault::unreadable);
  }
  Redactor redactor{};
};

class Exchange {
 public:
  Exchange(AccountState& account, ClientPorts ports)
      : account_(account), ports_(std::move(ports)) {}

  Reply ask(const Question& question);
  std::optional<PlatformFailure> log_in();
  // Hands the reply's trace to its owner, with what was read in the meantime.
  void tell(Reply& reply);
  const ClientPorts& ports() const { return ports_; }

 private:
  const ProfileSpec& profile() const { return account_.profile->inside(); }
  LoginResult login();
  LoginResult attempt_login();
  Reply once(const Question& question, const LoginPtr& login);
  void send(const Question& question, Reply& reply, Values& values, const HttpRequest& request);
  void judge_reply(const Question& question, Reply& reply, const HttpResponse& response);
  Values values_for(const Question& question, const LoginPtr& login) const;
  std::optional<Instant> good_until(const JsonValue& root) const;

  AccountState& account_;
  ClientPorts ports_;
};

}  // namespace iotcard
