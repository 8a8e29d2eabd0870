// SPDX-License-Identifier: Apache-2.0
#include "broker/reasons.h"

#include <MQTTAsync.h>
#include <fmt/format.h>

namespace iotcard {
namespace {

constexpr int unacceptable_protocol_v3 = 1;
constexpr int unsupported_protocol_v5 = 0x84;

}  // namespace

bool refuses_version(int connack_code) {
  return connack_code == unacceptable_protocol_v3 || connack_code == unsupported_protocol_v5;
}

std::string connack_reason(int code) {
  switch (code) {
    case unacceptable_protocol_v3:
      return "it does not speak this version of MQTT";
    case 2:
      return "it refuses the client id";
    case 3:
      return "it is not available";
    case 4:
      return reason_text(MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD);
    case 5:
      return reason_text(MQTTREASONCODE_NOT_AUTHORIZED);
    default:
      return reason_text(code);
  }
}

std::string reason_text(int code) {
  switch (code) {
    case MQTTREASONCODE_UNSUPPORTED_PROTOCOL_VERSION:
      return "it does not speak this version of MQTT";
    case MQTTREASONCODE_CLIENT_IDENTIFIER_NOT_VALID:
      return "it refuses the client id";
    case MQTTREASONCODE_BAD_USER_NAME_OR_PASSWORD:
      return "bad user name or password";
    case MQTTREASONCODE_NOT_AUTHORIZED:
      return "not authorised";
    case MQTTREASONCODE_SERVER_SHUTTING_DOWN:
      return "it is shutting down";
    case MQTTREASONCODE_SESSION_TAKEN_OVER:
      return "session taken over (0x8e): another client has connected with the same client id";
    default:
      break;
  }
  const char* const text = MQTTReasonCode_toString(static_cast<MQTTReasonCodes>(code));
  return text != nullptr ? fmt::format("{} (0x{:02x})", text, code) : fmt::format("code {}", code);
}

}  // namespace iotcard
