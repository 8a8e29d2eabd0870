// SPDX-License-Identifier: Apache-2.0
#include "operations/error_key.h"

#include "base/text_sanitizer.h"

namespace iotcard {

ErrorKey error_key_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorKey::unauthorized;
    case 403:
      return ErrorKey::forbidden;
    case 404:
      return ErrorKey::not_found;
    case 405:
      return ErrorKey::method_not_allowed;
    case 408:
      return ErrorKey::request_timeout;
    case 409:
      return ErrorKey::conflict;
    case 412:
      return ErrorKey::changed_meanwhile;
    case 413:
      return ErrorKey::too_large;
    case 414:
      return ErrorKey::uri_too_long;
    case 415:
      return ErrorKey::unsupported_media_type;
    case 416:
      return ErrorKey::range_not_satisfiable;
    case 429:
      return ErrorKey::too_many_attempts;
    case 502:
      return ErrorKey::platform_unavailable;
    case 503:
      return ErrorKey::store_unavailable;
    case 504:
      return ErrorKey::broker_no_answer;
    default:
      return status >= 500 ? ErrorKey::internal : ErrorKey::invalid_request;
  }
}

void write_error_cause(JsonText& json, const ErrorCause& cause) {
  json.begin_object().member("key", error_key_names[cause.key]);
  json.key("params").begin_object();
  for (const auto& [name, value] : cause.parameters) {
    json.key(name);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      json.integer(*number);
    } else {
      json.text(escape_controls_in_lines(std::get<std::string>(value)));  // may be the request's
    }
  }
  json.end_object().end_object();
}

}  // namespace iotcard
