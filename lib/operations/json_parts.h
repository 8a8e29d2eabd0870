// SPDX-License-Identifier: Apache-2.0
// json_parts.h - Members that several JSON objects of operators have.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/json_text.h"
#include "base/utf8.h"
#include "domain/device.h"
#include "domain/iccid.h"

namespace iotcard {

template <typename Rows, typename Write>
JsonText& array_member(JsonText& json, std::string_view name, const Rows& rows,
                       const Write& write) {
  json.key(name).begin_array();
  for (const auto& row : rows) write(json, row);
  return json.end_array();
}

inline void write_iccids(JsonText& json, const char* name, const std::vector<Iccid>& iccids) {
  array_member(json, name, iccids,
               [](JsonText& inner, const Iccid& iccid) { inner.text(iccid.text()); });
}

inline void device_members(JsonText& json, const DeviceKey& device) {
  json.member("product", device.product).member("device", device.number);
}

inline void device_member(JsonText& json, std::string_view name,
                          const std::optional<DeviceKey>& device) {
  json.key(name);
  if (!device) return static_cast<void>(json.null());
  json.begin_object();
  device_members(json, *device);
  json.end_object();
}

// Bytes that somebody sent: NAME_base64 if they are not UTF-8.
inline void payload_member(JsonText& json, std::string_view name, const std::string& payload) {
  if (is_utf8(payload)) {
    json.member(name, payload);
  } else {
    json.member(std::string{name} + "_base64", base64(payload));
  }
}

}  // namespace iotcard
