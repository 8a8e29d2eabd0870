// SPDX-License-Identifier: Apache-2.0
// What the API says of the daemon and of payloads, read back.
#include "api_reading.h"
#include "api_reading_parts.h"

namespace iotcard {
namespace {

DaemonFacts daemon_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.state = json["state"].text(),
          .version = json["version"].text(),
          .since = json["since"].text(),
          .reason = json["reason"].text(),
          .client = json["client"].text(),
          .warnings = all(json["warnings"], text_from),
          .topic = json["topic"].text()};
}

Attention attention_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json["subject"].text(), json["text"].text(), json["command"].text()};
}

DeviceReport report_from(const JsonMembers& json) {
  DeviceReport report;
  report.iccid.iccid = optional_iccid(json["iccid"]);
  if (!json["iccid_raw"].is_null()) report.iccid.raw = json["iccid_raw"].text();
  report.iccid_key = json["iccid_key"].text();
  report.imei = json["imei"].text();
  report.platform = json["platform"].integer();
  report.issues = all(json["issues"], text_from);
  for (const JsonSlice& name : json["leniencies"].items()) {
    // One of a newer daemon has no name here.
    if (const auto known = leniency_names.find(name.text())) report.leniencies.add(*known);
  }
  return report;
}

std::optional<PayloadSpan> span_from(const JsonSlice& slice) {
  if (slice.is_null()) return std::nullopt;
  const JsonMembers json{slice};
  return PayloadSpan{static_cast<std::size_t>(json.integer("offset")),
                     static_cast<std::size_t>(json.integer("length"))};
}

ExplainedWrite write_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json["kind"].text(), DeviceKey::parse(json["device"].text()),
          optional_iccid(json["iccid"])};
}

ExplainedEvent explained_event_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json["type"].text(), std::string{json["data"].raw()}};
}

// A null is nullopt.
template <typename Table>
auto optional_named(const JsonMembers& json, std::string_view name, const Table& table) {
  using Value = decltype(named(json, name, table));
  return json[name].is_null() ? std::optional<Value>{} : named(json, name, table);
}

}  // namespace

StatusReport status_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  const JsonMembers store{json["store"]};
  StatusReport report;
  report.store_id = store["id"].text();
  report.schema_version = static_cast<int>(store.integer("schema_version"));
  report.store_bytes = store.integer("bytes");
  report.log.bytes = store.integer("log_bytes");
  report.statistics.cards = store.integer("cards");
  report.statistics.devices = store.integer("devices");
  report.statistics.open_bindings = store.integer("bindings");
  report.inputs.daemons.others = all(json["daemons"], daemon_from);
  report.attention = all(json["attention"], attention_from);
  report.well = all(json["well"], text_from);
  return report;
}

Finding finding_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json["check"].text(), named(json, "status", health_names), json["finding"].text(),
          json["advice"].text()};
}

SettingsInForce settings_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  const auto setting_from = [](const JsonSlice& one) {
    const JsonMembers setting{one};
    return SettingInForce{.key = setting["key"].text(),
                          .value = setting["value"].text(),
                          .line = setting["line"].integer().value_or(0),
                          .secret = setting["secret"].boolean(),
                          .restart = setting["restart"].boolean()};
  };
  return {json["file"].text(), all(json["settings"], setting_from)};
}

Explanation explanation_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  Explanation explanation{.reading = report_from(json),
                          .pattern = json["topic_pattern"].text(),
                          .problem = optional_named(json, "iccid_problem", iccid_problem_names),
                          .outcome = outcome_named(json["outcome"].text()),
                          .match = optional_named(json, "match", match_names),
                          .holder = DeviceKey::parse(json["holder"].text()),
                          .bound = optional_iccid(json["bound_iccid"]),
                          .suspect = optional_named(json, "suspect", suspect_names),
                          .candidates = all(json["candidates"], iccid_of),
                          .writes = all(json["writes"], write_from),
                          .events = all(json["events"], explained_event_from)};
  if (!json["spans"].is_null()) {
    const JsonMembers spans{json["spans"]};
    explanation.iccid_span = span_from(spans["iccid"]);
    explanation.error_span = span_from(spans["error"]);
  }
  if (!json["rejection"].is_null()) {
    const JsonMembers rejection{json["rejection"]};
    explanation.reading =
        Rejection{.reason = named(rejection, "reason", rejection_reason_names),
                  .offset = static_cast<std::size_t>(rejection.integer("offset"))};
  }
  return explanation;
}

DeviceRemoval device_removal_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  DeviceRemoval removal{.device = device_of(json),
                        .released = {},
                        .mismatches = all(json["mismatches"], mismatch_from),
                        .dry_run = json["dry_run"].boolean()};
  if (!json["released"].is_null()) removal.released = binding_from(json["released"]);
  return removal;
}

RejectedRemoval rejected_removal_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json.integer("matching"), json.integer("removed"), json["dry_run"].boolean()};
}

}  // namespace iotcard
