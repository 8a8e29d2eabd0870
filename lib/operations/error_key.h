// SPDX-License-Identifier: Apache-2.0
// error_key.h - Why a request of an operator was refused, for programs: a stable word and its
// parameters, beside the message for a person. This is the one table of the words; a console
// translates them, so a word never changes its meaning. Values only; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_text.h"
#include "base/name_table.h"

namespace iotcard {

// The first ones stand for an HTTP status, where nothing more precise is known.
enum class ErrorKey : std::uint8_t {
  invalid_request,
  unauthorized,
  forbidden,
  not_found,
  method_not_allowed,
  request_timeout,
  conflict,
  changed_meanwhile,
  too_large,
  uri_too_long,
  unsupported_media_type,
  range_not_satisfiable,
  too_many_attempts,
  internal,
  store_unavailable,
  broker_no_answer,

  invalid_parameter,     // name
  unknown_parameter,     // name
  invalid_iccid,         // iccid, as it was sent
  card_not_found,        // iccid
  card_exists,           // iccid
  card_bound,            // iccid, device; none of them where several cards are named
  card_not_bound,        // iccid
  device_not_found,      // device
  device_unheard_of,     // device
  device_bound,          // device, iccid
  device_not_bound,      // device
  mismatch_not_found,    // id
  mismatch_settled,      // id, state
  count_differs,         // expected, actual
  iccid_ambiguous,       // iccid, candidates: ICCIDs with commas between them
  platform_not_found,    // platform, if it is known
  platform_unavailable,  // platform
  request_pending,       // iccid
  no_request_topic,      // device
  broker_not_connected,
  rejected_not_found,  // id
  import_running,
  upload_not_found,
  invalid_list,  // reason
  page_too_far,  // page
  session_ended,
  origin_refused,   // origin
  host_refused,     // host
  read_only_token,  // name
  too_many_connections,
  too_many_streams,
  stopping,
};

inline constexpr auto error_key_names = make_name_table<ErrorKey>(
    "invalid_request", "unauthorized", "forbidden", "not_found", "method_not_allowed",
    "request_timeout", "conflict", "changed_meanwhile", "too_large", "uri_too_long",
    "unsupported_media_type", "range_not_satisfiable", "too_many_attempts", "internal",
    "store_unavailable", "broker_no_answer", "invalid_parameter", "unknown_parameter",
    "invalid_iccid", "card_not_found", "card_exists", "card_bound", "card_not_bound",
    "device_not_found", "device_unheard_of", "device_bound", "device_not_bound",
    "mismatch_not_found", "mismatch_settled", "count_differs", "iccid_ambiguous",
    "platform_not_found", "platform_unavailable", "request_pending", "no_request_topic",
    "broker_not_connected", "rejected_not_found", "import_running", "upload_not_found",
    "invalid_list", "page_too_far", "session_ended", "origin_refused", "host_refused",
    "read_only_token", "too_many_connections", "too_many_streams", "stopping");
static_assert(error_key_names.names.size() == static_cast<std::size_t>(ErrorKey::stopping) + 1);

struct ErrorParameter {
  ErrorParameter(std::string_view known_as, std::string_view text)
      : name(known_as), value(std::string{text}) {}
  ErrorParameter(std::string_view known_as, std::int64_t number) : name(known_as), value(number) {}

  std::string_view name;  // a literal
  std::variant<std::string, std::int64_t> value;
};

struct ErrorCause {
  ErrorKey key;
  std::vector<ErrorParameter> parameters{};
};

// Of an error of which only the HTTP status is known.
ErrorKey error_key_of_status(int status);
// {"key":"card_not_found","params":{"iccid":"8986…"}}
void write_error_cause(JsonText& json, const ErrorCause& cause);

}  // namespace iotcard
