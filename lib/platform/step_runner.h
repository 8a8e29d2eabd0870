// SPDX-License-Identifier: Apache-2.0
// step_runner.h - Runs one step of a profile: sends its request and classifies the answer, with the
// login before it, and a second time after a new login if the platform wants that. Does not read
// cards from the answer. One thread at a time. For lib/platform alone.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/answer_reading.h"
#include "platform/platform_client.h"

namespace iotcard {

inline constexpr std::size_t max_saved_bytes = 16384;  // of a value that a step saves

struct StepInput {
  const Step& step;
  Purpose purpose;
  std::vector<std::string> iccids{};           // one, or those of a batch
  std::map<std::string, std::string> saved{};  // by earlier steps
  const Template* base_url = nullptr;          // of a step of the login; null: the platform's
};

struct StepResult {
  Classification classification = Classification::refused;
  std::optional<PlatformFailure> failure{};  // none for ok and not_found
  std::unique_ptr<JsonAnswer> answer{};      // set if the classification is ok
  HttpExchange exchange{};
  bool sent = false;      // so there is an exchange to trace
  bool of_login = false;  // the failure is of the login before the step
  Redactor redactor{};
  // Whether the failure is about the cards that were asked about, not about the platform.
  bool is_of_card() const {
    return !of_login && failure &&
           (failure->fault == ServiceFault::refused || failure->fault == ServiceFault::unreadable);
  }
};

class StepRunner {
 public:
  StepRunner(Account& account, ClientPorts ports) : account_(account), ports_(std::move(ports)) {}

  StepResult run(const StepInput& input);
  LoginResult log_in();
  // Passes the exchange, with what was read from it since, to ClientPorts::trace.
  void trace(StepResult& result);
  const ClientPorts& ports() const { return ports_; }

 private:
  const Profile& profile() const { return account_.profile(); }
  LoginResult attempt_login();
  // Reads what a step of the login saves, from its answer or into its failure.
  void keep(const LoginStep& step, StepResult& result, Login& login);
  StepResult run_once(const StepInput& input, const LoginPtr& login);
  void send(const StepInput& input, StepResult& result, HttpRequest request);
  void classify_answer(const StepInput& input, StepResult& result, const HttpResponse& response);
  Values values_for(const StepInput& input, const LoginPtr& login, Redactor& redactor) const;
  std::optional<Instant> valid_until(const LoginStep& login, const JsonValue& root) const;

  Account& account_;
  ClientPorts ports_;
};

}  // namespace iotcard
