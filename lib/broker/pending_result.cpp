// SPDX-License-Identifier: Apache-2.0
#include "broker/pending_result.h"

#include "broker/reasons.h"

namespace iotcard {
namespace {

template <typename Value>
std::optional<Value> value_of(const mqtt::properties& properties, mqtt::property::code code) {
  if (!properties.contains(code)) return std::nullopt;
  return mqtt::get<Value>(properties, code);
}

Announcement read_announcement(const mqtt::properties& properties) {
  using Property = mqtt::property;
  Announcement announced;
  const auto flag = [&](Property::code code) {
    return value_of<std::uint8_t>(properties, code).value_or(1) != 0;
  };
  if (const auto seconds = value_of<std::uint16_t>(properties, Property::SERVER_KEEP_ALIVE)) {
    announced.keep_alive = std::chrono::seconds{*seconds};
  }
  if (const auto seconds = value_of<std::uint32_t>(properties, Property::SESSION_EXPIRY_INTERVAL)) {
    announced.session_expiry = std::chrono::seconds{*seconds};
  }
  announced.maximum_qos = value_of<std::uint8_t>(properties, Property::MAXIMUM_QOS).value_or(2);
  announced.retain = flag(Property::RETAIN_AVAILABLE);
  announced.wildcards = flag(Property::WILDCARD_SUBSCRIPTION_AVAILABLE);
  announced.shared = flag(Property::SHARED_SUBSCRIPTION_AVAILABLE);
  announced.max_packet = value_of<std::uint32_t>(properties, Property::MAXIMUM_PACKET_SIZE);
  announced.receive_maximum =
      value_of<std::uint16_t>(properties, Property::RECEIVE_MAXIMUM).value_or(65535);
  return announced;
}

}  // namespace

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
      result.announced = read_announcement(response.get_properties());
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
