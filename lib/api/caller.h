// SPDX-License-Identifier: Apache-2.0
// caller.h - Who sends a request: whose token or session it has, and what it may do with that.
// Values and pure functions, except that a look-up marks the session as used. Any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "api/request.h"
#include "api/sessions.h"
#include "api/tokens.h"

namespace iotcard {

inline constexpr std::string_view session_cookie_name = "iotcard_session";

struct Caller {
  bool needs_token = true;  // there is a token file
  bool known = true;        // it has a valid token or session, or needs none
  std::string name{};       // of the token; "" if none is needed
  Scope scope = Scope::write;
  bool shows_token = false;  // valid or not
  std::string session{};     // what its cookie has; read only if there is no token
  std::optional<std::chrono::seconds> session_left{};  // of a valid session

  std::string by() const { return name.empty() ? "api" : "api:" + name; }
};

// A token goes before a session.
Caller caller_of(const RequestHead& head, const Tokens& tokens, Sessions& sessions,
                 Sessions::Time now);
// Throws ApiError if the caller may not use a route of this scope.
void require_scope(const Caller& caller, Scope scope);
// Throws ApiError if a browser sends a change with a session for a page that is not ours. A cookie
// comes along whatever page asks for it, so the page has to be named.
void require_own_page(const Caller& caller, const RequestHead& head);

ApiError unknown_token();
ApiError refusal_of(const Caller& caller);  // that is not known

}  // namespace iotcard
