// SPDX-License-Identifier: Apache-2.0
// sessions.h - Who is signed in with a web browser, which can send a cookie but no token with an
// event stream or a download. A session stands for a token and has its scope; it ends with the
// token, at its own time, or with the daemon, since it is in memory only. A session's id is a
// secret: only its digest is kept, so how long a look-up takes says nothing about it. Not who may
// do what: that is Tokens. Any thread. Source: RFC 6265 (cookies).
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "api/tokens.h"

namespace iotcard {

inline constexpr std::size_t max_sessions = 1024;

// The value of this cookie in the header Cookie; "" if there is none.
std::string cookie_value(std::string_view header, std::string_view name);

class Sessions {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Session {
    TokenDigest token{};
    Time until{};
  };

  // Its id. Of too many sessions the one that is longest unused ends.
  std::string open(const TokenDigest& token, Time now, std::chrono::seconds lifetime);
  // nullopt: there is no such session (any more).
  std::optional<Session> find(std::string_view id, Time now);
  bool close(std::string_view id);  // false: there is none
  // Ends those of all other tokens.
  void keep_only(const Tokens& tokens);
  std::size_t size() const;

 private:
  struct Entry {
    Session session;
    Time used;
  };
  using Entries = std::map<TokenDigest, Entry>;  // by the digest of the id

  mutable std::mutex mutex_;
  Entries entries_;  // guarded by mutex_
};

// Attempts to sign in: from one address only so many may fail in a minute. An address that nobody
// has tried from for a minute is forgotten. Any thread.
class SignInAttempts {
 public:
  using Time = Sessions::Time;
  static constexpr int max_failures = 10;
  static constexpr std::chrono::minutes span{1};

  // Counts an attempt. If there are too many: how long to wait, and it is not counted.
  std::optional<std::chrono::seconds> begin(const std::string& peer, Time now);
  void succeeded(const std::string& peer);  // what begin() counted last was none that failed

 private:
  struct Peer {
    Time since{};
    int attempts = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Peer> peers_;  // guarded by mutex_
};

}  // namespace iotcard
