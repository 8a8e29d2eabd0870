// SPDX-License-Identifier: Apache-2.0
#include "api_reading.h"

#include <fmt/core.h>

#include "api_reading_parts.h"
#include "base/base64.h"
#include "domain/card_fields.h"

namespace iotcard {
namespace {

// A text member, or the same in base64 under another name.
std::string bytes_of(const JsonMembers& json, const std::string& name) {
  const JsonSlice encoded = json[name + "_base64"];
  if (encoded.is_null()) return json[name].text();
  if (auto bytes = from_base64(encoded.text())) return *std::move(bytes);
  throw JsonSliceError{fmt::format("{}_base64: not in base64", name)};
}

// What a row says of its open binding.
std::optional<Binding> open_binding(const JsonMembers& json) {
  if (json["bound_since"].is_null()) return std::nullopt;
  return Binding{.device = device_of(json),
                 .iccid = iccid_of(json["iccid"]),
                 .since = json.time("bound_since"),
                 .last_seen = {},
                 .until = {},
                 .created_by = {},
                 .ended_by = {}};
}

// The same with all that the history says.
void complete(std::optional<Binding>& open, const std::vector<Binding>& history) {
  for (const Binding& binding : history) {
    if (open && !binding.until) open = binding;
  }
}

UsageSample usage_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json["day"].text(), json.integer("used_bytes")};
}

LoggedChange change_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.at = json.time("at"),
          .by = json["by"].text(),
          .kind = named(json, "kind", logged_change_names),
          .field = json["field"].text(),
          .before = json["before"].text(),
          .after = json["after"].text()};
}

Outcome outcome_of(const JsonMembers& json) {
  const std::string kind = json["outcome"].text();
  if (const auto outcome = mismatch_named(kind)) return *outcome;
  throw JsonSliceError{fmt::format("outcome: this program does not know \"{}\"", kind)};
}

DeviceRow device_row_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.device = device_of(json),
          .reports = json.integer("reports"),
          .first_seen = json["first_seen"].time(),
          .last_seen = json["last_seen"].time(),
          .last_topic = json["last_topic"].text(),
          .last_payload = bytes_of(json, "last_payload"),
          .reported_iccid = json["reported_iccid"].text(),
          .platform = json["platform"].integer(),
          .rssi = json["rssi"].integer(),
          .status = json["status"].integer(),
          .firmware_version = json["firmware_version"].text(),
          .user_id = json["user_id"].text(),
          .imei = json["imei"].text(),
          .longitude = json["longitude"].number(),
          .latitude = json["latitude"].number(),
          .summary = json["summary"].is_null() ? "" : std::string{json["summary"].raw()},
          .leniencies = all(json["leniencies"], text_from),
          .issues = all(json["issues"], text_from),
          .outcome = json["outcome"].text(),
          .silent_since = json["silent_since"].time(),
          .binding = open_binding(json)};
}

}  // namespace

Card card_of(const JsonMembers& json) {
  Card card{iccid_of(json["iccid"])};
  for (const CardField& field : card_fields()) {
    const JsonSlice value = json[field.name];
    if (value.is_null()) continue;
    const bool is_text = field.kind == CardField::Kind::text;
    const auto wrong = field.set(card, is_text ? value.text() : std::string{value.raw()});
    if (wrong) throw JsonSliceError{fmt::format("{}: {}", field.name, wrong->text)};
  }
  return card;
}

StoredCard stored_card_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  StoredCard stored{.card = card_of(json), .binding = open_binding(json), .announced = {}};
  for (const JsonSlice& reason : json["abnormal"].items()) {
    // One of a newer daemon has no name here.
    if (const auto known = abnormal_names.find(reason.text())) stored.announced.add(*known);
  }
  return stored;
}

CardDetails card_details_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  CardDetails details{.card = stored_card_from(slice),
                      .bindings = all(json["bindings"], binding_from),
                      .mismatches = all(json["mismatches"], mismatch_from),
                      .usage = all(json["usage"], usage_from),
                      .requests = all(json["requests"], platform_request_from),
                      .changes = all(json["changes"], change_from)};
  complete(details.card.binding, details.bindings);
  return details;
}

ListedDevice listed_device_from(const JsonSlice& slice) {
  return {device_row_from(slice), optional_device(JsonMembers{slice}["holder"])};
}

DeviceDetails device_details_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  const JsonSlice card = json["card"];
  DeviceDetails details{
      .device = device_row_from(slice),
      .holder = optional_device(json["holder"]),
      .bindings = all(json["bindings"], binding_from),
      .mismatches = all(json["mismatches"], mismatch_from),
      .card = card.is_null() ? std::nullopt : std::optional{stored_card_from(card)}};
  complete(details.device.binding, details.bindings);
  return details;
}

Binding binding_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.device = device_of(json),
          .iccid = iccid_of(json["iccid"]),
          .match = named(json, "match", match_names),
          .since = json.time("since"),
          .last_seen = json.time("last_seen"),
          .until = json["until"].time(),
          .created_by = json["created_by"].text(),
          .ended_by = json["ended_by"].text()};
}

Mismatch mismatch_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  Mismatch mismatch{.id = json.integer("id"),
                    .device = device_of(json),
                    .outcome = outcome_of(json),
                    .reported = json["reported"].text(),
                    .platform = json["platform"].integer(),
                    .state = named(json, "state", mismatch_state_names),
                    .count = json.integer("count"),
                    .first_seen = json.time("first_seen"),
                    .last_seen = json.time("last_seen"),
                    .ended = json["ended"].time(),
                    .ended_by = json["ended_by"].text(),
                    .dismissed = json["dismissed"].time(),
                    .dismissed_by = json["dismissed_by"].text(),
                    .reason = json["reason"].text(),
                    .against = {.bound = optional_iccid(json["bound_iccid"]),
                                .holder = optional_device(json["holder"]),
                                .card_platform = json["card_platform"].integer(),
                                .suspect = suspect_names.find(json["suspect"].text())},
                    .reported_text = json["reported_text"].text(),
                    .candidates = all(json["candidates"], iccid_of)};
  for (const JsonSlice& name : json["leniencies"].items()) {
    if (const auto known = leniency_names.find(name.text())) mismatch.leniencies.add(*known);
  }
  return mismatch;
}

namespace {

// A binding of which only card and device are said.
Binding bound_pair_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {device_of(json), iccid_of(json["iccid"]), {}, {}, {}, {}, "", ""};
}

AcceptancePlan plan_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.obstacle = json["obstacle"].text(),
          .card = optional_iccid(json["iccid"]),
          .card_added = json["card_added"].boolean(),
          .new_platform = json["new_platform"].integer(),
          .bound = !json["binding"].is_null(),
          .ended = all(json["ended"], bound_pair_from),
          .choices = all(json["choices"], iccid_of)};
}

MismatchCount mismatch_count_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {{named(json, "state", mismatch_state_names), outcome_of(json),
           suspect_names.find(json["suspect"].text())},
          json.integer("count"),
          json["count_is_lower_bound"].boolean()};
}

}  // namespace

MismatchDetails mismatch_details_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  MismatchDetails details{.mismatch = mismatch_from(slice),
                          .device = {},
                          .cards = all(json["cards"], stored_card_from),
                          .bound = {},
                          .accept = plan_from(json["accept_would"])};
  DeviceRow& row = details.device.emplace();
  row.device = details.mismatch.device;
  row.last_seen = json["last_report"].time();
  row.last_topic = json["last_topic"].text();
  row.last_payload = bytes_of(json, "last_payload");
  if (!json["bound_card"].is_null()) details.bound = stored_card_from(json["bound_card"]);
  return details;
}

std::vector<MismatchCount> mismatch_counts_from(const JsonSlice& json) {
  return all(json, mismatch_count_from);
}

RejectedReport rejected_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.id = json.integer("id"),
          .report = {.topic = json["topic"].text(),
                     .payload = bytes_of(json, "payload"),
                     .size = static_cast<std::uint32_t>(json.integer("size")),
                     .arrival = json.time("at")},
          .reason = named(json, "reason", rejection_reason_names),
          .offset = json.integer("offset")};
}

QuarantinedEvent quarantined_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.id = json.integer("id"),
          .topic = json["topic"].text(),
          .payload = std::string{json["event"].raw()},
          .reason = json["reason"].text(),
          .at = json.time("at")};
}

PlatformFacts platform_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  PlatformFacts facts;
  facts.row.id = json.integer("id");
  facts.row.name = json["name"].text();
  facts.row.profile = json["profile"].text();
  facts.age = {.cards = json.integer("cards"),
               .never = json.integer("unasked"),
               .oldest = json["oldest_answer"].time()};
  facts.row.health = {.failures = json.integer("failures"),
                      .next_try = json["next_try"].time(),
                      .last_answer = json["last_answer"].time(),
                      .last_failure = json["last_failure"].time(),
                      .fault = json["fault"].text(),
                      .failure = json["failure"].text()};
  facts.row.round.held = json.integer("held_back");
  facts.row.round.wave_since = json["held_back_since"].time();
  facts.asked_by = json["asked_by"].text();
  return facts;
}

PlatformRequest platform_request_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.id = json.integer("id"),
          .iccid = iccid_of(json["iccid"]),
          .platform = json.integer("platform"),
          .kind = named(json, "kind", platform_request_kind_names),
          .requested_by = json["requested_by"].text(),
          .requested_at = json.time("requested_at"),
          .taken_at = {},
          .done_at = json["done_at"].time(),
          .failure = json["failure"].text(),
          .status = json["status"].text()};
}

}  // namespace iotcard
