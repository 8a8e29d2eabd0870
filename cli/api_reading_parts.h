// SPDX-License-Identifier: Apache-2.0
// api_reading_parts.h - What the readers of api_reading.h have in common. Each throws
// JsonSliceError for what does not fit. Pure; any thread.
#pragma once

#include <fmt/core.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/card.h"
#include "domain/device.h"
#include "json_slice.h"

namespace iotcard {

template <typename Read>
auto all(const JsonSlice& array, const Read& read) {
  std::vector<decltype(read(array))> values;
  for (const JsonSlice& item : array.items()) values.push_back(read(item));
  return values;
}

inline std::string text_from(const JsonSlice& json) {
  return json.text();
}

inline Iccid iccid_of(const JsonSlice& json) {
  if (auto iccid = Iccid::from_canonical(json.text())) return *std::move(iccid);
  throw JsonSliceError{fmt::format("iccid: {} is none", json.raw())};
}

inline std::optional<Iccid> optional_iccid(const JsonSlice& json) {
  return json.is_null() ? std::nullopt : std::optional{iccid_of(json)};
}

inline DeviceKey device_of(const JsonMembers& json) {
  return {json["product"].text(), json["device"].text()};
}

inline std::optional<DeviceKey> optional_device(const JsonSlice& json) {
  return json.is_null() ? std::nullopt : std::optional{device_of(JsonMembers{json})};
}

template <typename Table>
auto named(const JsonMembers& json, std::string_view name, const Table& table) {
  const std::string word = json[name].text();
  const auto value = table.find(word);
  if (value) return *value;
  throw JsonSliceError{fmt::format("{}: this program does not know \"{}\"", name, word)};
}

Card card_of(const JsonMembers& json);

}  // namespace iotcard
