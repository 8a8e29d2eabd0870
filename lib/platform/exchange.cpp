// SPDX-License-Identifier: Apache-2.0
#include "platform/exchange.h"

#include <algorithm>

#include "platform/amount.h"
#include "platform/request_builder.h"

namespace iotcard {
namespace {

using std::chrono::seconds;

constexpr std::size_t most_notes = 50;

PlatformFault fault_of(HttpError::Kind kind) {
  switch (kind) {
    case HttpError::Kind::timeout:
      return PlatformFault::timeout;
    case HttpError::Kind::interrupted:
      return PlatformFault::interrupted;
    case HttpError::Kind::unreachable:
    case HttpError::Kind::tls:
    case HttpError::Kind::too_large:
    case HttpError::Kind::refused:
      break;
  }
  return PlatformFault::unreachable;
}

PlatformFault fault_of(Verdict verdict, Purpose purpose) {
  switch (verdict) {
    case Verdict::rate_limited:
      return PlatformFault::rate_limited;
    case Verdict::try_again:
      return PlatformFault::unavailable;
    case Verdict::unreadable:
      return PlatformFault::unreadable;
    case Verdict::login_again:
    case Verdict::denied:
      return PlatformFault::log_in;
    case Verdict::ok:
    case Verdict::not_found:
    case Verdict::refused:
      break;
  }
  // A log-in that is refused says that our credentials are not taken, whatever the status.
  return purpose == Purpose::login ? PlatformFault::log_in : PlatformFault::refused;
}

// With the digit that belongs behind 19 others.
std::string with_luhn(const std::string& iccid) {
  if (iccid.size() != 19) return iccid;
  for (char digit = '0'; digit <= '9'; ++digit) {
    const auto longer = Iccid::from_canonical(iccid + digit);
    if (longer && luhn(*longer) == Luhn::valid) return iccid + digit;
  }
  return iccid;
}

}  // namespace

Values Exchange::values_for(const Question& question, const LoginPtr& login) const {
  Values values{profile().vars, ports_.now(), ports_.random};
  for (const Setting& setting : profile().settings) {
    const auto value = account_.settings.find(setting.name);
    if (value == account_.settings.end()) continue;
    values.set(setting.name, {value->second, setting.secret ? "…" : value->second, setting.secret});
  }
  const auto plain = [&](const std::string& name, const std::string& text) {
    values.set(name, {text, text, false});
  };
  if (!question.iccids.empty()) {
    const std::string& iccid = question.iccids.front();
    plain("iccid", iccid);
    plain("iccid19", iccid.size() == 20 ? iccid.substr(0, 19) : iccid);
    plain("iccid20", with_luhn(iccid));
    std::string all;
    for (const std::string& one : question.iccids)
      all += (all.empty() ? "" : profile().joiner) + one;
    plain("iccids", all);
  }
  for (const auto& [name, text] : question.saved) plain(name, text);
  if (login) {
    for (const auto& [name, text] : login->values) values.set("login." + name, {text, "…", true});
  }
  return values;
}

Reply Exchange::once(const Question& question, const LoginPtr& login) {
  Reply reply;
  reply.redactor = account_.secrets;
  if (login) {
    for (const auto& [name, text] : login->values) reply.redactor.add(text);
  }
  reply.trace.step = question.step.name;
  const std::string before = question.step.name + ": ";
  if (!ports_.admit()) {
    reply.failure = PlatformFailure{PlatformFault::interrupted, before + "interrupted"};
    return reply;
  }
  Values values = values_for(question, login);
  try {
    auto built = build_request(profile(), account_.base_url, question.step,
                               question.purpose != Purpose::login, values, question.iccids);
    for (const std::string& made : values.derived()) reply.redactor.add(made);
    if (const auto* problem = std::get_if<std::string>(&built)) {
      reply.verdict = Verdict::unreadable;
      reply.failure =
          PlatformFailure{PlatformFault::unreadable, before + reply.redactor.quote(*problem)};
      return reply;
    }
    auto& request = std::get<BuiltRequest>(built);
    request.sent.once = question.purpose == Purpose::action;
    reply.trace.method = request.sent.method;
    reply.trace.url = std::move(request.url);
    reply.trace.headers = std::move(request.headers);
    reply.trace.body = std::move(request.body);
    send(question, reply, values, request.sent);
  } catch (const HttpError& error) {
    reply.failure =
        PlatformFailure{fault_of(error.kind()), before + reply.redactor.quote(error.what())};
  } catch (const std::runtime_error& error) {  // a digest that OpenSSL has not
    reply.failure = PlatformFailure{PlatformFault::refused, before + error.what()};
  }
  return reply;
}

void Exchange::send(const Question& question, Reply& reply, Values& values,
                    const HttpRequest& request) {
  reply.sent = true;
  const auto start = std::chrono::steady_clock::now();
  const auto took = [&] {
    reply.trace.took = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start);
  };
  HttpResponse response;
  try {
    response = ports_.http.send(request);
  } catch (...) {
    took();
    throw;
  }
  took();
  for (const std::string& made : values.derived()) reply.redactor.add(made);
  judge_reply(question, reply, response);
}

void Exchange::judge_reply(const Question& question, Reply& reply, const HttpResponse& response) {
  reply.trace.status = response.status;
  reply.answer = std::make_unique<JsonAnswer>(response.body);
  const AnswerRules& rules = profile().answer;
  reply.verdict = judge(rules, question.step, question.purpose, response, *reply.answer);
  if (reply.verdict == Verdict::ok || reply.verdict == Verdict::not_found) return;
  if (question.purpose == Purpose::login && reply.answer->is_json()) {
    for (const auto& [name, path] : question.step.save) {
      if (const auto text = find_text(reply.answer->root(), path)) reply.redactor.add(*text);
    }
  }
  std::string text = question.step.name + ": HTTP " + std::to_string(response.status);
  const std::string message = reply.redactor.quote(message_of(rules, *reply.answer));
  if (reply.verdict == Verdict::unreadable) {
    text = question.step.name + ": the answer " + reply.answer->problem() + " (HTTP " +
           std::to_string(response.status) + ')';
  } else if (!message.empty()) {
    text += ": " + message;
  } else if (reply.verdict == Verdict::refused) {
    const std::string why = why_not_ok(rules, question.step, response, *reply.answer);
    if (!why.empty()) text += ", but by the profile not ok: " + reply.redactor.quote(why);
  }
  reply.failure = PlatformFailure{fault_of(reply.verdict, question.purpose), text,
                                  retry_after(response, ports_.now())};
}

std::optional<Instant> Exchange::good_until(const JsonValue& root) const {
  const Login& login = *profile().login;
  seconds ttl = login.ttl;
  if (login.ttl_at) {
    const auto text = find_text(root, *login.ttl_at);
    const auto told = text ? amount_in_bytes(*text, 1) : std::nullopt;
    constexpr std::int64_t year = 31'536'000;
    if (told && *told > 0) ttl = seconds{std::min(*told, year)};
  }
  if (ttl <= seconds{0}) return std::nullopt;
  // Early, so that no request is under way with a token that ends.
  const std::chrono::milliseconds early =
      std::min<std::chrono::milliseconds>(std::chrono::milliseconds{ttl} / 10, seconds{60});
  return ports_.now() + ttl - early;
}

LoginResult Exchange::attempt_login() {
  const Step& step = profile().login->step;
  Reply reply = once({step, Purpose::login}, nullptr);
  auto state = std::make_shared<LoginState>();
  if (!reply.failure) {
    const JsonValue& root = reply.answer->root();
    for (const auto& [name, path] : step.save) {
      const auto text = find_text(root, path);
      if (text) reply.redactor.add(*text);
      if (text && text->size() <= most_saved_bytes) {
        state->values[name] = *text;
      } else if (!reply.failure) {
        reply.failure = PlatformFailure{
            PlatformFault::unreadable,
            step.name + (text ? ": too long a text" : ": nothing") + " at " + path.text};
      }
    }
    state->until = good_until(root);
  }
  tell(reply);
  if (reply.failure) return *reply.failure;
  return LoginPtr{std::move(state)};
}

LoginResult Exchange::login() {
  if (!profile().login) return LoginPtr{};
  return account_.logged_in(ports_.now(), [this] { return attempt_login(); });
}

std::optional<PlatformFailure> Exchange::log_in() {
  const LoginResult result = login();
  const auto* failure = std::get_if<PlatformFailure>(&result);
  return failure == nullptr ? std::nullopt : std::optional{*failure};
}

Reply Exchange::ask(const Question& question) {
  for (bool again = false;; again = true) {
    LoginResult logged_in = login();
    if (auto* failure = std::get_if<PlatformFailure>(&logged_in)) {
      Reply reply;
      reply.of_login = true;
      reply.failure = std::move(*failure);
      return reply;
    }
    const LoginPtr& login = std::get<LoginPtr>(logged_in);
    Reply reply = once(question, login);
    const bool wants_login = reply.verdict == Verdict::login_again;
    if (login && (wants_login || reply.verdict == Verdict::denied)) account_.forget(login);
    if (!login || !wants_login || again) return reply;
    reply.failure.reset();  // it is in the ordinary course of things that a token ends
    reply.trace.notes.emplace_back("the platform wants us to log in again");
    tell(reply);
  }
}

void Exchange::tell(Reply& reply) {
  if (!reply.sent || !ports_.trace) return;
  CallTrace trace = reply.trace;
  const Redactor& redactor = reply.redactor;
  trace.failure = reply.failure;
  trace.url = redactor.clean(trace.url);
  trace.body = redactor.clean(trace.body);
  for (auto& [name, value] : trace.headers) value = redactor.clean(value);
  for (FieldChange& field : trace.fields) field.value = redactor.clean(field.value);
  if (trace.notes.size() > most_notes) trace.notes.resize(most_notes);
  for (std::string& note : trace.notes) note = redactor.clean(note);
  ports_.trace(trace);
}

}  // namespace iotcard
