// SPDX-License-Identifier: Apache-2.0
#include "api_reading.h"

#include <fmt/core.h>

#include "base/base64.h"
#include "domain/card_fields.h"

namespace iotcard {
namespace {

template <typename Read>
auto all(const JsonSlice& array, const Read& read) {
  std::vector<decltype(read(array))> values;
  for (const JsonSlice& item : array.items()) values.push_back(read(item));
  return values;
}

std::string text_from(const JsonSlice& json) {
  return json.text();
}

Iccid iccid_of(const JsonSlice& json) {
  if (auto iccid = Iccid::from_canonical(json.text())) return *std::move(iccid);
  throw JsonSliceError{fmt::format("iccid: {} is none", json.raw())};
}

std::optional<Iccid> optional_iccid(const JsonSlice& json) {
  return json.is_null() ? std::nullopt : std::optional{iccid_of(json)};
}

DeviceKey device_of(const JsonMembers& json) {
  return {json["product"].text(), json["device"].text()};
}

std::optional<DeviceKey> optional_device(const JsonSlice& json) {
  return json.is_null() ? std::nullopt : std::optional{device_of(JsonMembers{json})};
}

template <typename Table>
auto named(const JsonMembers& json, std::string_view name, const Table& table) {
  const std::string word = json[name].text();
  const auto value = table.find(word);
  if (value) return *value;
  throw JsonSliceError{fmt::format("{}: this program does not know \"{}\"", name, word)};
}

// A text member, or the same in base64 under another name.
std::string bytes_of(const JsonMembers& json, const std::string& name) {
  const JsonSlice encoded = json[name + "_base64"];
  if (encoded.is_null()) return json[name].text();
  if (auto bytes = from_base64(encoded.text())) return *std::move(bytes);
  throw JsonSliceError{fmt::format("{}_base64: not in base64", name)};
}

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

}  // namespace

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

BindResult bind_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.binding = binding_from(slice),
          .created = json["created"].boolean(),
          .released = all(json["released"], binding_from)};
}

std::vector<Binding> released_from(const JsonSlice& removed) {
  std::vector<Binding> released;
  for (const auto& card : all(removed, [](const JsonSlice& one) { return JsonMembers{one}; })) {
    std::ranges::move(all(card["released"], binding_from), std::back_inserter(released));
  }
  return released;
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

Acceptance acceptance_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  Acceptance acceptance{.mismatch = {},
                        .binding = binding_from(json["binding"]),
                        .card_added = json["card_added"].boolean(),
                        .released = all(json["released"], binding_from)};
  acceptance.mismatch.id = json.integer("mismatch");
  return acceptance;
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

MismatchFailure mismatch_failure_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json["id"].text(), json["reason"].text()};
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

MismatchBatchResult mismatch_batch_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.matching = json.integer("matching"),
          .done = json.integer("done"),
          .failed = all(json["failed"], mismatch_failure_from),
          .bound = json.integer("bound"),
          .ended = json.integer("ended"),
          .cards_added = json.integer("cards_added"),
          .accepted = all(json["accepted"], acceptance_from),
          .settled = all(json["settled"], mismatch_from)};
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

BatchResult batch_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.matching = json.integer("matching"),
          .done = json.integer("done"),
          .failed = all(json["failed"],
                        [](const JsonSlice& item) {
                          const JsonMembers failure{item};
                          return CardFailure{failure["iccid"].text(), failure["reason"].text()};
                        }),
          .requests = {},
          .spelled = all(json["spelled"], [](const JsonSlice& item) {
            const JsonMembers spelling{item};
            return CardSpelling{iccid_of(spelling["iccid"]), iccid_of(spelling["stored"])};
          })};
}

CardLookup card_lookup_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {
      .found = all(json["found"], stored_card_from),
      .near = all(
          json["near"],
          [](const JsonSlice& item) {
            const JsonMembers near{item};
            return CardLookup::Near{iccid_of(near["iccid"]), all(near["cards"], stored_card_from)};
          }),
      .unknown = all(json["unknown"], iccid_of),
      .invalid = {}};
}

namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;
Columns columns_from(const JsonSlice& array, std::string_view first, std::string_view second) {
  return all(array, [&](const JsonSlice& item) {
    const JsonMembers json{item};
    return std::pair{json[first].text(), json[second].text()};
  });
}

std::optional<EncodingDoubt> doubt_from(const JsonSlice& slice) {
  if (slice.is_null()) return std::nullopt;
  const JsonMembers json{slice};
  const Encoding other = named(json, "encoding", encoding_names);
  return EncodingDoubt{other, json["text"].text(), json["other_text"].text()};
}

ListReading list_reading_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  const std::string delimiter = json["delimiter"].text();
  const JsonSlice first = json["first"];
  return {.encoding = named(json, "encoding", encoding_names),
          .delimiter = delimiter.empty() ? ',' : delimiter[0],
          .header_line = json.integer("header_line"),
          .columns = columns_from(json["columns"], "column", "field"),
          .constants = columns_from(json["constants"], "field", "value"),
          .unused = all(json["unused"], text_from),
          .missing = all(json["missing"], text_from),
          .passed_over = json.integer("passed_over"),
          .passed_lines = all(json["passed_lines"],
                              [](const JsonSlice& line) { return line.integer().value_or(0); }),
          .first = first.is_null() ? std::nullopt : std::optional{card_of(JsonMembers{first})},
          .doubt = doubt_from(json["doubt"])};
}

// The name of a field as long as the program runs, which FieldDifference refers to.
std::string_view lasting_name(const std::string& field) {
  const CardField* known = find_card_field(field);
  return known != nullptr ? known->name : "device";
}

CardDifference difference_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {iccid_of(json["iccid"]), all(json["fields"], [](const JsonSlice& item) {
            const JsonMembers field{item};
            return FieldDifference{lasting_name(field["field"].text()), field["before"].text(),
                                   field["after"].text()};
          })};
}

std::vector<CellsNotTaken> cells_not_taken_from(const JsonSlice& array) {
  auto cells = all(array, [](const JsonSlice& item) {
    const JsonMembers json{item};
    return CellsNotTaken{find_card_field(json["field"].text()), json.integer("cells"),
                         json.integer("first_line")};
  });
  std::erase_if(cells, [](const auto& one) { return one.field == nullptr; });  // a newer daemon's
  return cells;
}

}  // namespace

ImportResult import_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.rows = json.integer("rows"),
          .added = json.integer("added"),
          .updated = json.integer("updated"),
          .unchanged = json.integer("unchanged"),
          .refused = json.integer("refused"),
          .bound = json.integer("bound"),
          .settled = json.integer("settled"),
          .luhn_invalid = json.integer("luhn_invalid"),
          .luhn_first = all(json["luhn_first"], iccid_of),
          .changes = all(json["changes"], difference_from),
          .problems = all(json["problems"],
                          [](const JsonSlice& item) {
                            const JsonMembers problem{item};
                            return RefusedRow{{problem.integer("line"), problem["reason"].text()},
                                              problem["of_stored_card"].boolean()};
                          }),
          .list = list_reading_from(json["list"]),
          .stored_before = json.integer("stored_before"),
          .withheld = json["withheld"].boolean(),
          .not_taken = cells_not_taken_from(json["not_taken"])};
}

}  // namespace iotcard
