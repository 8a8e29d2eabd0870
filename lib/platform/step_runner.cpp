// SPDX-License-Identifier: Apache-2.0
#include "platform/step_runner.h"

#include <algorithm>

#include "base/byte_size.h"
#include "base/text.h"
#include "http/retry_after.h"
#include "platform/request_builder.h"

namespace iotcard {
namespace {

using std::chrono::seconds;

constexpr std::size_t max_notes = 50;

ServiceFault fault_of(HttpError::Kind kind) {
  if (kind == HttpError::Kind::timeout) return ServiceFault::timeout;
  if (kind == HttpError::Kind::interrupted) return ServiceFault::interrupted;
  return ServiceFault::unreachable;
}

ServiceFault fault_of(Classification classification, Purpose purpose) {
  switch (classification) {
    case Classification::rate_limited:
      return ServiceFault::rate_limited;
    case Classification::try_again:
      return ServiceFault::unavailable;
    case Classification::unreadable:
      return ServiceFault::unreadable;
    case Classification::login_again:
    case Classification::denied:
      return ServiceFault::log_in;
    case Classification::ok:
    case Classification::not_found:
    case Classification::refused:
      break;
  }
  // If a login is refused, our credentials are not accepted, whatever the status.
  return purpose == Purpose::login ? ServiceFault::log_in : ServiceFault::refused;
}

// With the Luhn digit after 19 others.
std::string with_luhn(const std::string& iccid) {
  if (iccid.size() != 19) return iccid;
  for (char digit = '0'; digit <= '9'; ++digit) {
    const auto longer = Iccid::from_canonical(iccid + digit);
    if (longer && luhn(*longer) == Luhn::valid) return iccid + digit;
  }
  return iccid;
}

}  // namespace

Values StepRunner::values_for(const StepInput& input, const LoginPtr& login,
                              Redactor& redactor) const {
  Values values{profile().vars, ports_.now(), ports_.random, redactor};
  for (const auto& [name, value] : account_.settings()) values.set(name, value);
  if (!input.iccids.empty()) {
    const std::string& iccid = input.iccids.front();
    values.set("iccid", iccid);
    values.set("iccid19", iccid.size() == 20 ? iccid.substr(0, 19) : iccid);
    values.set("iccid20", with_luhn(iccid));
    values.set("iccids", join(input.iccids, profile().joiner));
  }
  for (const auto& [name, text] : input.saved) values.set(name, text);
  if (login) {
    for (const auto& [name, text] : login->values) values.set("login." + name, text);
  }
  return values;
}

StepResult StepRunner::run_once(const StepInput& input, const LoginPtr& login) {
  StepResult result;
  result.redactor = account_.secrets();
  if (login) {
    for (const auto& [name, text] : login->values) result.redactor.add(text);
  }
  result.exchange.step = input.step.name;
  const std::string before = input.step.name + ": ";
  const auto fail = [&](ServiceFault fault, const std::string& text) {
    result.failure = PlatformFailure{fault, before + text};
  };
  if (!ports_.admit()) {
    fail(ServiceFault::interrupted, "interrupted");
    return result;
  }
  Values values = values_for(input, login, result.redactor);
  try {
    const std::string base_url =
        input.base_url == nullptr ? account_.base_url() : values.text(*input.base_url);
    auto request = build_request(profile(), base_url, input.step, input.purpose != Purpose::login,
                                 values, input.iccids);
    if (const auto* problem = std::get_if<std::string>(&request)) {
      result.classification = Classification::unreadable;
      fail(ServiceFault::unreadable, result.redactor.quote(*problem));
    } else {
      send(input, result, std::get<HttpRequest>(std::move(request)));
    }
  } catch (const HttpError& error) {
    fail(fault_of(error.kind()), result.redactor.quote(error.what()));
  } catch (const std::runtime_error& error) {  // OpenSSL does not have the digest
    fail(ServiceFault::refused, error.what());
  }
  return result;
}

void StepRunner::send(const StepInput& input, StepResult& result, HttpRequest request) {
  request.once = input.purpose == Purpose::action;
  HttpExchange& exchange = result.exchange;
  exchange.method = request.method;
  exchange.url = request.url;
  exchange.headers = request.headers;
  exchange.body = request.body;
  result.sent = true;
  struct Timer {
    std::chrono::microseconds& took;
    const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    ~Timer() {  // also if it throws
      took = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now() - start);
    }
  };
  const HttpResponse response = [&] {
    const Timer timer{exchange.took};
    return ports_.http.send(request);
  }();
  classify_answer(input, result, response);
}

void StepRunner::classify_answer(const StepInput& input, StepResult& result,
                                 const HttpResponse& response) {
  result.exchange.status = response.status;
  result.answer = std::make_unique<JsonAnswer>(response.body);
  const AnswerRules& rules = profile().answer;
  result.classification = classify(rules, input.step, input.purpose, response, *result.answer);
  const Classification found = result.classification;
  if (found == Classification::ok || found == Classification::not_found) return;
  if (input.purpose == Purpose::login && result.answer->is_json()) {
    for (const auto& [name, path] : input.step.save) {
      if (const auto text = find_text(result.answer->root(), path)) result.redactor.add(*text);
    }
  }
  std::string text = input.step.name + ": HTTP " + std::to_string(response.status);
  const std::string message = result.redactor.quote(message_of(rules, *result.answer));
  if (found == Classification::unreadable) {
    text = input.step.name + ": the answer " + result.answer->problem() + " (HTTP " +
           std::to_string(response.status) + ')';
  } else if (!message.empty()) {
    text += ": " + message;
  } else if (found == Classification::refused) {
    const std::string why = why_not_ok(rules, input.step, response, *result.answer);
    if (!why.empty()) text += ", but not ok by the profile: " + result.redactor.quote(why);
  }
  result.failure =
      PlatformFailure{fault_of(found, input.purpose), text, retry_after(response, ports_.now())};
}

std::optional<Instant> StepRunner::valid_until(const LoginStep& login,
                                               const JsonValue& root) const {
  seconds ttl = login.ttl;
  if (login.ttl_at) {
    const auto text = find_text(root, *login.ttl_at);
    const auto given = text ? amount_in_bytes(*text, 1) : std::nullopt;
    constexpr std::int64_t year = 31'536'000;
    if (given && *given > 0) ttl = seconds{std::min(*given, year)};
  }
  if (ttl <= seconds{0}) return std::nullopt;
  // Early, so that no token expires while a request is under way.
  const std::chrono::milliseconds early =
      std::min<std::chrono::milliseconds>(std::chrono::milliseconds{ttl} / 10, seconds{60});
  return ports_.now() + ttl - early;
}

void StepRunner::keep(const LoginStep& step, StepResult& result, Login& login) {
  const JsonValue& root = result.answer->root();
  for (const auto& [name, path] : step.step.save) {
    const auto text = find_text(root, path);
    if (text) result.redactor.add(*text);
    if (text && text->size() <= max_saved_bytes) {
      login.values[name] = *text;
    } else if (!result.failure) {
      result.failure = PlatformFailure{
          ServiceFault::unreadable,
          step.step.name + (text ? ": too long a text" : ": nothing") + " at " + path.text};
    }
  }
  const auto until = valid_until(step, root);
  if (until && (!login.until || *until < *login.until)) login.until = until;
}

// All steps, of which each knows what those before it have saved. The login ends with the first of
// its tokens that expires.
LoginResult StepRunner::attempt_login() {
  auto login = std::make_shared<Login>();
  for (const LoginStep& step : profile().login) {
    StepInput input{step.step, Purpose::login};
    if (step.base_url) input.base_url = &*step.base_url;
    StepResult result = run_once(input, login);
    if (!result.failure) keep(step, result, *login);
    trace(result);
    if (result.failure) return *result.failure;
  }
  return LoginPtr{std::move(login)};
}

LoginResult StepRunner::log_in() {
  if (profile().login.empty()) return LoginPtr{};
  return account_.log_in(ports_.now(), [this] { return attempt_login(); });
}

StepResult StepRunner::run(const StepInput& input) {
  for (bool again = false;; again = true) {
    LoginResult logged_in = log_in();
    if (auto* failure = std::get_if<PlatformFailure>(&logged_in)) {
      StepResult result;
      result.of_login = true;
      result.failure = std::move(*failure);
      return result;
    }
    const LoginPtr& login = std::get<LoginPtr>(logged_in);
    StepResult result = run_once(input, login);
    const bool wants_login = result.classification == Classification::login_again;
    if (login && (wants_login || result.classification == Classification::denied)) {
      account_.forget(login);
    }
    if (!login || !wants_login || again) return result;
    result.failure.reset();  // a token that has expired is not a failure
    result.exchange.notes.emplace_back("the platform wants a new login");
    trace(result);
  }
}

void StepRunner::trace(StepResult& result) {
  if (!result.sent || !ports_.trace) return;
  HttpExchange exchange = result.exchange;
  const Redactor& redactor = result.redactor;
  exchange.failure = result.failure;
  exchange.url = redactor.clean_request(exchange.url);
  exchange.body = redactor.clean_request(exchange.body);
  for (auto& [name, value] : exchange.headers) value = redactor.clean_request(value);
  for (FieldChange& field : exchange.fields) field.value = redactor.clean(field.value);
  if (exchange.notes.size() > max_notes) exchange.notes.resize(max_notes);
  for (std::string& note : exchange.notes) note = redactor.clean(note);
  ports_.trace(exchange);
}

}  // namespace iotcard
