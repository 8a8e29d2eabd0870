// SPDX-License-Identifier: Apache-2.0
// response.h - What a route answers, and how it says no. Not the wire: the headers that every
// answer has are added later. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "operations/error_key.h"

namespace iotcard {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Gives bytes to the client; none only look whether it is there. False: it is gone or too slow, and
// nothing more is wanted.
using WriteBytes = std::function<bool(std::string_view)>;

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HeaderList headers{};
  // In place of a body: called once, after the handler returned, and writes until it is done. The
  // store of the call lives as long. An exception breaks the connection off.
  std::function<void(const WriteBytes&)> stream{};
};

// The value of a response's own header, whatever the case of its name; null: it has none.
const std::string* header_of(const Response& response, std::string_view name);

// The request cannot be answered as asked; becomes the error envelope with this HTTP status.
class ApiError : public std::runtime_error {
 public:
  ApiError(int status, const std::string& message, HeaderList headers = {})
      : ApiError(status, {error_key_of_status(status)}, message, std::move(headers)) {}
  ApiError(int status, ErrorCause cause, const std::string& message, HeaderList headers = {})
      : std::runtime_error(message),
        status_(status),
        cause_(std::move(cause)),
        headers_(std::move(headers)) {}
  int status() const { return status_; }
  const ErrorCause& cause() const { return cause_; }
  const HeaderList& headers() const { return headers_; }

 private:
  int status_;
  ErrorCause cause_;
  HeaderList headers_;
};

// The shape of every JSON response: {"code":200,"msg":"ok","data":…}, for lists
// {"code":200,"msg":"ok","total":N,"totalIsLowerBound":false,"nextCursor":null,"rows":[…]}, for
// errors {"code":404,"msg":"…","error":{"key":"card_not_found","params":{"iccid":"8986…"}}}; code
// is the HTTP status. Source: the conventions of RuoYi, whose clients read code.

// `data` is one complete JSON value, or a function that writes one.
void respond_one(Response& response, std::string_view data, int status = 200,
                 std::string_view message = "ok");
void respond_one(Response& response, const std::function<void(JsonText&)>& data, int status = 200);
struct ListHead {
  std::int64_t total = 0;  // rows on all pages
  bool total_is_lower_bound = false;
  std::string next_cursor{};  // "": this is the last page
  // The page ends since so many rows were looked at; a member "partial" says so.
  bool is_partial = false;
};
// `rows` is a complete JSON array.
void respond_list(Response& response, const ListHead& head, std::string_view rows);
// These replace the response. Without a cause it is that of the status.
void respond_error(Response& response, int status, const ErrorCause& cause,
                   std::string_view message, const HeaderList& headers = {});
void respond_error(Response& response, int status, std::string_view message,
                   const HeaderList& headers = {});
void respond_error(Response& response, const ApiError& error);

}  // namespace iotcard
