// SPDX-License-Identifier: Apache-2.0
#include "api/device_query.h"

#include "operations/device_operations.h"

namespace iotcard {
DeviceFilter device_filter_of(QueryReader& reader, Instant now) {
  DeviceFilter filter;
  filter.product = reader.text("product").value_or("");
  filter.number_prefix = reader.text("device").value_or("");
  filter.bound = reader.boolean("bound");
  if (const auto before = reader.time("lastSeenBefore", now)) set_seen_before(filter, *before);
  if (const auto after = reader.time("lastSeenAfter", now)) set_seen_after(filter, *after);
  filter.silent = reader.boolean("silent");
  if (const auto iccid = reader.text("iccid")) {
    filter.iccid_prefix = iccid_prefix_from_operator(*iccid);
    if (filter.order == DeviceOrder::device) filter.order = DeviceOrder::iccid;
  }
  if (const auto outcome = reader.text("outcome")) filter.outcome = outcome_from_operator(*outcome);
  filter.leniency = reader.choice("leniency", leniency_names);
  filter.issue = reader.text("issue").value_or("");
  filter.firmware = reader.text("firmware").value_or("");
  filter.rssi_below = reader.integer("rssiBelow", -1'000'000, 1'000'000);
  filter.text = reader.text("text").value_or("");
  return filter;
}

std::optional<DeviceKey> device_of(QueryReader& reader) {
  const auto product = reader.text("product");
  const auto number = reader.text("device");
  if (!product && !number) return std::nullopt;
  if (!product || !number)
    throw wrong_parameter("device", "product and device: expected both, or neither");
  return DeviceKey{*product, *number};
}

}  // namespace iotcard
