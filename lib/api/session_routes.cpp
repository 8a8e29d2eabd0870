// SPDX-License-Identifier: Apache-2.0
// Signing in with a web browser: a token becomes a session, whose id is in a cookie.
#include <fmt/core.h>

#include "api/dispatcher.h"
#include "api/handlers.h"
#include "base/text.h"
#include "operations/card_lookup.h"
#include "operations/mismatch_batch.h"

namespace iotcard {
namespace {

// Without Path: a browser then sends it to the folder of /session and below, which is the API's
// wherever a proxy has put it.
std::string session_cookie(const Call& call, std::string_view id, std::chrono::seconds age) {
  const RequestHead& head = call.request.head;
  const bool secure = head.secure || equal_ignoring_case(head.header("x-forwarded-proto"), "https");
  return fmt::format("{}={}; HttpOnly; SameSite=Strict; Max-Age={}{}", session_cookie_name, id,
                     age.count(), secure ? "; Secure" : "");
}

void write_days(JsonText& json, std::string_view name, Duration time) {
  const auto days = std::chrono::duration_cast<std::chrono::days>(time);
  if (days == time) {
    json.member(name, std::int64_t{days.count()});
  } else {
    json.member(name, std::chrono::duration<double, std::chrono::days::period>{time}.count());
  }
}

void write_session(JsonText& json, const Call& call, const Caller& caller) {
  const ServiceIdentity identity = call.host.identity();
  const Policy& policy = call.context.policy;
  json.begin_object().member("name", caller.name).member("scope", scope_names[caller.scope]);
  json.member("mode", caller.needs_token ? "token" : "open").member("version", identity.version);
  std::optional<Instant> until;
  if (caller.session_left) until = call.context.now + *caller.session_left;
  json.member("expires_at", until).member("policy", on_conflict_names[policy.on_conflict]);
  json.member("prefix", identity.prefix).member("history", identity.keeps_events);
  json.key("thresholds").begin_object();
  json.member("near_limit_percent", std::int64_t{policy.alerts.usage_percent});
  write_days(json, "expiring_within_days", policy.alerts.expires_within);
  json.member("device_silent_seconds", std::int64_t{identity.device_silent.count()}).end_object();
  json.key("limits").begin_object().member("page_size", max_page_rows);
  json.member("import_bytes", static_cast<std::int64_t>(call.limits.upload));
  json.member("lookup", static_cast<std::int64_t>(max_lookup));
  json.member("batch", static_cast<std::int64_t>(max_mismatch_ids));
  json.member("streams", std::int64_t{call.limits.streams});
  json.member("connections", std::int64_t{call.limits.connections}).end_object().end_object();
}

void respond_session(const Call& call, const Caller& caller) {
  respond_one(call.response, [&](JsonText& json) { write_session(json, call, caller); });
}

}  // namespace

void handle_session_open(const Call& call, JsonBody& body) {
  const auto token = body.text("token");
  body.finish();
  if (!call.caller.needs_token) return respond_session(call, call.caller);
  if (!token) throw wrong_parameter("token", "token: expected in the body");
  const auto now = std::chrono::steady_clock::now();
  const std::string& peer = call.request.head.peer;
  if (const auto wait = call.sign_in.attempts.begin(peer, now)) {
    throw ApiError{429,
                   fmt::format("too many tokens from your address were wrong; try again in {} s",
                               wait->count()),
                   {{"Retry-After", std::to_string(wait->count())}}};
  }
  const TokenDigest digest = digest_of_token(*token);
  const auto owner = call.sign_in.tokens.find_digest(digest);
  if (!owner) throw unknown_token();
  call.sign_in.attempts.succeeded(peer);
  const std::chrono::seconds lifetime = call.sign_in.session_lifetime;
  const std::string id = call.sign_in.sessions.open(digest, now, lifetime);
  call.response.headers.emplace_back("Set-Cookie", session_cookie(call, id, lifetime));
  Caller caller = call.caller;
  caller.name = owner->name;
  caller.scope = owner->scope;
  caller.session_left = lifetime;
  respond_session(call, caller);
}

void handle_session(const Call& call) {
  if (!call.caller.known) throw refusal_of(call.caller);
  respond_session(call, call.caller);
}

void handle_session_close(const Call& call) {
  const bool ended =
      !call.caller.session.empty() && call.sign_in.sessions.close(call.caller.session);
  call.response.headers.emplace_back("Set-Cookie", session_cookie(call, "", {}));
  respond_one(call.response,
              [&](JsonText& json) { json.begin_object().member("ended", ended).end_object(); });
}

}  // namespace iotcard
