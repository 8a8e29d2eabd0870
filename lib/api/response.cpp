// SPDX-License-Identifier: Apache-2.0
#include "api/response.h"

#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

void finish(Response& response, JsonText& json, int status) {
  response.status = status;
  response.content_type = "application/json";
  response.body = json.end_object().take();
}

JsonText opened(int status, std::string_view message) {
  JsonText json;
  json.begin_object().member("code", std::int64_t{status}).member("msg", message);
  return json;
}

}  // namespace

const std::string* header_of(const Response& response, std::string_view name) {
  for (const auto& [known, value] : response.headers) {
    if (equal_ignoring_case(known, name)) return &value;
  }
  return nullptr;
}

void respond_one(Response& response, std::string_view data, int status, std::string_view message) {
  JsonText json = opened(status, message);
  json.key("data").raw(data);
  finish(response, json, status);
}

void respond_one(Response& response, const std::function<void(JsonText&)>& data, int status) {
  JsonText json;
  data(json);
  respond_one(response, json.view(), status);
}

void respond_list(Response& response, const ListHead& head, std::string_view rows) {
  JsonText json = opened(200, "ok");
  json.member("total", head.total).member("totalIsLowerBound", head.total_is_lower_bound);
  json.member("nextCursor", or_null(head.next_cursor));
  json.key("rows").raw(rows);
  if (head.is_partial) json.member("partial", true);
  finish(response, json, 200);
}

void respond_error(Response& response, int status, const ErrorCause& cause,
                   std::string_view message, const HeaderList& headers) {
  response = {};
  response.headers = headers;
  // The message may repeat parts of the request.
  JsonText json = opened(status, escape_controls_in_lines(message));
  json.key("error");
  write_error_cause(json, cause);
  finish(response, json, status);
}

void respond_error(Response& response, int status, std::string_view message,
                   const HeaderList& headers) {
  respond_error(response, status, {error_key_of_status(status)}, message, headers);
}

void respond_error(Response& response, const ApiError& error) {
  respond_error(response, error.status(), error.cause(), error.what(), error.headers());
}

}  // namespace iotcard
