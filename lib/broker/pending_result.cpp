// SPDX-License-Identifier: Apache-2.0
#include "broker/pending_result.h"

#include "broker/reasons.h"

namespace iotcard {

PendingResult::Result PendingResult::read(const mqtt::token& token, bool ok) {
  Result result;
  const mqtt::ReasonCode reason = token.get_reason_code();
  const bool has_reason = reason >= first_refusal && reason != mqtt::MQTTPP_V3_CODE;
  result.code = has_reason ? static_cast<int>(reason) : token.get_return_code();
  result.ok = ok && !has_reason;
  try {  // of a failed request the response throws, with the library's message
    if (token.get_type() == mqtt::token::CONNECT) {
      const mqtt::connect_response response = token.get_connect_response();
      result.session_present = response.is_session_present();
      const mqtt::properties& properties = response.get_properties();
      if (properties.contains(mqtt::property::RECEIVE_MAXIMUM)) {
        result.receive_maximum =
            mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
      }
      if (properties.contains(mqtt::property::MAXIMUM_PACKET_SIZE)) {
        result.maximum_packet_size = static_cast<std::uint32_t>(
            mqtt::get<std::int32_t>(properties, mqtt::property::MAXIMUM_PACKET_SIZE));
      }
    } else if (token.get_type() == mqtt::token::SUBSCRIBE && result.ok) {
      const mqtt::subscribe_response response = token.get_subscribe_response();
      for (const mqtt::ReasonCode code : response.get_reason_codes()) {
        result.granted.push_back(code);
      }
    }
  } catch (const mqtt::exception& error) {
    result.ok = false;
    result.message = error.get_message();
  }
  return result;
}

bool PendingResult::wait_for(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, time, [&] { return known_; });
}

void PendingResult::take(const mqtt::token& token, bool ok) noexcept {
  Result result = read(token, ok);
  if (hook_) hook_(result);
  {
    const std::lock_guard lock{mutex_};
    result_ = std::move(result);
    known_ = true;
  }
  changed_.notify_all();
}

}  // namespace iotcard
