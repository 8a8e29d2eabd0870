// SPDX-License-Identifier: Apache-2.0
#include "api/device_query.h"

#include <fmt/core.h>

#include "base/text_sanitizer.h"
#include "base/time_spelling.h"
#include "operations/device_operations.h"

namespace iotcard {
namespace {

// A time, or so long ago.
std::optional<Instant> time_of(QueryReader& reader, const char* name, Instant now) {
  const auto text = reader.text(name);
  if (!text) return std::nullopt;
  const auto reading = read_age_or_time(*text, now);
  if (const auto* time = std::get_if<Instant>(&reading)) return *time;
  throw ApiError{400, fmt::format("{}: {}, not \"{}\"", name, std::get<Problem>(reading).text,
                                  printable(*text))};
}

}  // namespace

DeviceFilter device_filter_of(QueryReader& reader, Instant now) {
  DeviceFilter filter;
  filter.product = reader.text("product").value_or("");
  filter.number_prefix = reader.text("device").value_or("");
  filter.bound = reader.boolean("bound");
  if (const auto before = time_of(reader, "lastSeenBefore", now)) set_seen_before(filter, *before);
  if (const auto after = time_of(reader, "lastSeenAfter", now)) set_seen_after(filter, *after);
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
  if (!product || !number) throw ApiError{400, "product and device: expected both, or neither"};
  return DeviceKey{*product, *number};
}

}  // namespace iotcard
