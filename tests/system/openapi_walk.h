// SPDX-License-Identifier: Apache-2.0
// openapi_walk.h - Calls the operations of a running daemon's API, and holds each request and each
// answer against schemas/openapi.yaml. Knows at the end what was never called. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "support/openapi.h"

namespace iotcard {

class OpenApiWalk {
 public:
  struct Body {
    std::string text{};
    std::string type{};
  };
  static Body json(const std::string& text) { return {text, "application/json"}; }

  OpenApiWalk(std::uint16_t port, std::string read_token, std::string write_token);

  // Must come to `status`, 2xx, as described. What the answer says.
  rapidjson::Document good(int status, const std::string& method, const std::string& target,
                           const Body& body = {"", ""});
  // Must come to `status`, 4xx or 5xx, as described: of a request that the page does not allow.
  void bad(int status, const std::string& method, const std::string& target,
           const Body& body = {"", ""});
  // The same of one that it allows: what is asked for is not there, or cannot be just now.
  void refused(int status, const std::string& method, const std::string& target,
               const Body& body = {"", ""});
  // Reads the first row of a list of several rows, and the others behind it; and refuses what is no
  // cursor.
  void read_by_cursor(const std::string& list);
  // Opens a stream and waits for `text` in it. What has come by then, without the head.
  std::string stream(const std::string& target, const std::string& last_event_id,
                     const std::string& text);

  // What must hold for each operation: it and each of its parameters came to a good end, it fails
  // with a parameter that there is not, and without the token that it takes.
  void finish();

 private:
  HttpCall request(const std::string& method, const std::string& target, const Body& body) const;
  HttpReply call(const HttpCall& request, int status);
  void note(const HttpCall& request);

  const OpenApi page_;
  const std::uint16_t port_;
  const std::string read_token_;
  const std::string write_token_;
  std::map<std::string, HttpCall> good_;                // by the operation's id, the last of each
  std::map<std::string, std::set<std::string>> query_;  // names of parameters, likewise
};

}  // namespace iotcard
