// SPDX-License-Identifier: Apache-2.0
#include "domain/device_silence.h"

#include "base/json_text.h"

namespace iotcard {
namespace {

std::string silence_data(const DeviceKey& device, const std::optional<Instant>& last_seen,
                         Instant silent_since) {
  JsonText json;
  json.begin_object().key("device").begin_object();
  json.member("product", device.product).member("number", device.number).end_object();
  json.member("last_seen", last_seen).member("silent_since", silent_since);
  return json.end_object().take();
}

}  // namespace

Event silent_event(const DeviceKey& device, Instant last_seen, Instant at) {
  return {EventKind::device_silent, device, std::nullopt, at, silence_data(device, last_seen, at)};
}

Event heard_event(const DeviceKey& device, const std::optional<Instant>& last_seen,
                  Instant silent_since, Instant at) {
  return {EventKind::device_heard, device, std::nullopt, at,
          silence_data(device, last_seen, silent_since)};
}

}  // namespace iotcard
