// SPDX-License-Identifier: Apache-2.0
#include "api/caller.h"

#include <fmt/core.h>

#include "base/text_sanitizer.h"

namespace iotcard {

Caller caller_of(const RequestHead& head, const Tokens& tokens, Sessions& sessions,
                 Sessions::Time now) {
  Caller caller;
  caller.needs_token = tokens.needed();
  if (!caller.needs_token) return caller;
  caller.scope = Scope::none;
  const std::string authorization = head.header("authorization");
  caller.shows_token = !authorization.empty();
  std::optional<Tokens::Owner> owner;
  if (caller.shows_token) {
    owner = tokens.find(authorization);
  } else {
    caller.session = cookie_value(head.header("cookie"), session_cookie_name);
    if (const auto session = sessions.find(caller.session, now)) {
      owner = tokens.find_digest(session->token);
      if (owner) {
        caller.session_left = std::chrono::ceil<std::chrono::seconds>(session->until - now);
      }
    }
  }
  caller.known = owner.has_value();
  if (owner) caller.name = owner->name;
  if (owner) caller.scope = owner->scope;
  return caller;
}

void require_scope(const Caller& caller, Scope scope) {
  if (scope == Scope::none) return;
  if (!caller.known) throw refusal_of(caller);
  if (caller.scope >= scope) return;
  throw ApiError{403,
                 {ErrorKey::read_only_token, {{"name", caller.name}}},
                 fmt::format("the token of {} may read, and not change anything", caller.name),
                 {{"WWW-Authenticate",
                   "Bearer realm=\"iotcardd\", error=\"insufficient_scope\", scope=\"write\""}}};
}

void require_own_page(const Caller& caller, const RequestHead& head) {
  if (!caller.session_left) return;
  const std::string origin = head.header("origin");
  if (same_origin(origin, head.header("host"))) return;
  throw ApiError{403,
                 {ErrorKey::origin_refused, {{"origin", printable(origin, 200)}}},
                 "a change with a session needs the header Origin, of a page from this server; a "
                 "proxy must leave Origin and Host as they are"};
}

ApiError unknown_token() {
  return {401,
          "this is not a token that is known here",
          {{"WWW-Authenticate", "Bearer realm=\"iotcardd\", error=\"invalid_token\""}}};
}

ApiError refusal_of(const Caller& caller) {
  if (caller.shows_token) return unknown_token();
  const HeaderList header{{"WWW-Authenticate", "Bearer realm=\"iotcardd\""}};
  if (!caller.session.empty()) {
    return {401, {ErrorKey::session_ended}, "the session has ended; sign in again", header};
  }
  return {401, "expected a token: Authorization: Bearer TOKEN", header};
}

}  // namespace iotcard
