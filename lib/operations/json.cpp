// SPDX-License-Identifier: Apache-2.0
#include "operations/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "base/utf8.h"
#include "domain/card_fields.h"
#include "operations/json_parts.h"

namespace iotcard {
namespace {

void write_field(JsonText& json, const CardField& field, const Card& card) {
  const std::string value = field.get(card);
  if (field.kind == CardField::Kind::text) {
    json.member(field.name, or_null(value));
  } else {
    json.member(field.name, parse_integer(value));
  }
}

void binding_members(JsonText& json, const Binding& binding) {
  device_members(json, binding.device);
  json.member("iccid", binding.iccid.text())
      .member("match", match_names[binding.match])
      .member("since", binding.since)
      .member("last_seen", binding.last_seen)
      .member("until", binding.until)
      .member("created_by", binding.created_by)
      .member("ended_by", or_null(binding.ended_by));
}

void card_members(JsonText& json, const StoredCard& card, const Context& context) {
  json.member("iccid", card.card.iccid.text());
  for (const CardField& field : card_fields()) write_field(json, field, card.card);
  if (card.binding) {
    device_members(json, card.binding->device);
    json.member("bound_since", card.binding->since);
  } else {
    for (const char* name : {"product", "device", "bound_since"}) json.key(name).null();
  }
  json.member("luhn", luhn_names[luhn(card.card.iccid)])
      .member("abnormal", reasons_of(card, context).names(abnormal_names));
}

void row_members(JsonText& json, const DeviceRow& row) {
  device_members(json, row.device);
  json.member("iccid", or_null(row.binding ? row.binding->iccid.text() : ""))
      .member("bound_since", row.binding ? std::optional{row.binding->since} : std::nullopt)
      .member("reports", row.reports)
      .member("first_seen", row.first_seen)
      .member("last_seen", row.last_seen)
      .member("outcome", or_null(row.outcome))
      .member("reported_iccid", or_null(row.reported_iccid))
      .member("platform", row.platform)
      .member("rssi", row.rssi)
      .member("status", row.status)
      .member("firmware_version", or_null(row.firmware_version))
      .member("user_id", or_null(row.user_id))
      .member("imei", or_null(row.imei))
      .member("longitude", row.longitude)
      .member("latitude", row.latitude)
      .key("summary");
  row.summary.empty() ? json.null() : json.raw(on_one_line(row.summary));
  json.member("leniencies", row.leniencies).member("issues", row.issues);
}

void newer_members(JsonText& json, const DeviceRow& row, const std::optional<DeviceKey>& holder) {
  json.member("silent_since", row.silent_since);
  device_member(json, "holder", holder);
}

// {"active":17,…}
template <typename Counts>
void counts_member(JsonText& json, std::string_view name, const Counts& counts) {
  json.key(name).begin_object();
  for (const auto& [of, count] : counts) json.text(fmt::format("{}", of)).integer(count);
  json.end_object();
}

void mismatch_rows(JsonText& json, const std::vector<Mismatch>& mismatches) {
  array_member(json, "mismatches", mismatches,
               [](JsonText& inner, const Mismatch& mismatch) { write_mismatch(inner, mismatch); });
}

void history_members(JsonText& json, const std::vector<Binding>& bindings,
                     const std::vector<Mismatch>& mismatches) {
  array_member(json, "bindings", bindings, write_binding);
  mismatch_rows(json, mismatches);
}

void request_members(JsonText& json, const PlatformRequest& request) {
  json.member("id", request.id)
      .member("iccid", request.iccid.text())
      .member("platform", request.platform)
      .member("kind", platform_request_kind_names[request.kind])
      .member("requested_by", request.requested_by)
      .member("requested_at", request.requested_at)
      .member("done_at", request.done_at)
      .member("failure", or_null(request.failure))
      .member("status", or_null(request.status));
}

void write_difference(JsonText& json, const CardDifference& card) {
  json.begin_object().member("iccid", card.iccid.text());
  array_member(json, "fields", card.fields, [](JsonText& inner, const FieldDifference& field) {
    inner.begin_object()
        .member("field", field.field)
        .member("before", or_null(field.before))
        .member("after", or_null(field.after))
        .end_object();
  }).end_object();
}

}  // namespace

void write_card(JsonText& json, const StoredCard& card, const Context& context) {
  json.begin_object();
  card_members(json, card, context);
  json.end_object();
}

void write_card(JsonText& json, const CardDetails& details, const Context& context) {
  json.begin_object();
  card_members(json, details.card, context);
  history_members(json, details.bindings, details.mismatches);
  array_member(json, "usage", details.usage, [](JsonText& inner, const UsageSample& sample) {
    inner.begin_object()
        .member("day", sample.day)
        .member("used_bytes", sample.used_bytes)
        .end_object();
  });
  array_member(json, "requests", details.requests,
               [](JsonText& inner, const PlatformRequest& request) {
                 inner.begin_object();
                 request_members(inner, request);
                 inner.end_object();
               });
  array_member(json, "changes", details.changes, write_change).end_object();
}

void write_device(JsonText& json, const ListedDevice& device) {
  json.begin_object();
  row_members(json, device.row);
  newer_members(json, device.row, device.holder);
  json.end_object();
}

void write_device(JsonText& json, const DeviceDetails& details, const Context& context) {
  json.begin_object();
  row_members(json, details.device);
  json.member("last_topic", or_null(replace_invalid_utf8(details.device.last_topic)));
  payload_member(json, "last_payload", details.device.last_payload);
  history_members(json, details.bindings, details.mismatches);
  json.key("card");
  details.card ? write_card(json, *details.card, context) : static_cast<void>(json.null());
  newer_members(json, details.device, details.holder);
  json.end_object();
}

void write_binding(JsonText& json, const Binding& binding) {
  json.begin_object();
  binding_members(json, binding);
  json.end_object();
}

void write_bind_result(JsonText& json, const BindResult& result) {
  json.begin_object();
  binding_members(json, result.binding);
  json.member("created", result.created);
  array_member(json, "released", result.released, write_binding).end_object();
}

void write_change(JsonText& json, const LoggedChange& change) {
  json.begin_object()
      .member("at", change.at)
      .member("by", change.by)
      .member("kind", logged_change_names[change.kind])
      .member("field", or_null(change.field))
      .member("before", or_null(change.before))
      .member("after", or_null(change.after))
      .end_object();
}

void write_rejected(JsonText& json, const RejectedReport& rejected) {
  json.begin_object()
      .member("id", rejected.id)
      .member("at", rejected.report.arrival)
      .member("topic", replace_invalid_utf8(rejected.report.topic))
      .member("reason", rejection_reason_names[rejected.reason])
      .member("offset", rejected.offset)
      .member("size", std::int64_t{rejected.report.size});
  payload_member(json, "payload", rejected.report.payload);
  json.end_object();
}

void write_rejection(JsonText& json, const Rejection& rejection) {
  json.begin_object()
      .member("reason", rejection_reason_names[rejection.reason])
      .member("offset", static_cast<std::int64_t>(rejection.offset))
      .end_object();
}

void write_statistics(JsonText& json, const StoreStatistics& statistics, const CardOrigins& origins,
                      const std::vector<StoredCard>& top, const Context& context) {
  json.begin_object()
      .member("cards", statistics.cards)
      .member("bound", statistics.open_bindings)
      .member("devices", statistics.devices);
  counts_member(json, "by_status", statistics.by_status);
  counts_member(json, "by_platform", origins.by_platform);
  counts_member(json, "by_operator", origins.by_operator);
  counts_member(json, "by_reason", statistics.by_reason);
  counts_member(json, "open_mismatches", statistics.open_mismatches);
  array_member(json, "top_usage", top,
               [&](JsonText& inner, const StoredCard& card) { write_card(inner, card, context); });
  json.member("silent_devices", statistics.silent_devices).end_object();
}

void write_platform(JsonText& json, const PlatformFacts& facts) {
  const PlatformHealth& health = facts.row.health;
  json.begin_object()
      .member("id", facts.row.id)
      .member("name", or_null(facts.row.name))
      .member("profile", or_null(facts.row.profile))
      .member("state", platform_state_names[state_of(facts)])
      .member("cards", facts.age.cards)
      .member("unasked", facts.age.never)
      .member("oldest_answer", facts.age.oldest)
      .member("last_answer", health.last_answer)
      .member("failures", health.failures)
      .member("next_try", health.next_try)
      .member("last_failure", health.last_failure)
      .member("fault", or_null(health.fault))
      .member("failure", or_null(health.failure))
      .member("asked_by", or_null(facts.asked_by))
      .member("held_back", facts.row.round.held)
      .member("held_back_since", facts.row.round.wave_since)
      .end_object();
}

void write_platform_request(JsonText& json, const PlatformRequest& request, const StoredCard& card,
                            const Context& context) {
  json.begin_object();
  request_members(json, request);
  write_card(json.key("card"), card, context);
  json.end_object();
}

namespace {

// Each a column and the field that it became, or a field and its constant.
void write_list_columns(JsonText& json, const char* name,
                        const std::vector<std::pair<std::string, std::string>>& columns,
                        const char* first, const char* second) {
  array_member(json, name, columns, [&](JsonText& inner, const auto& column) {
    inner.begin_object().member(first, column.first).member(second, column.second).end_object();
  });
}

// Only what the list says of it.
JsonText& write_list_card(JsonText& json, const Card& card) {
  json.begin_object().member("iccid", card.iccid.text());
  const Card empty{card.iccid};
  for (const CardField& field : card_fields()) {
    if (field.get(card) != field.get(empty)) write_field(json, field, card);
  }
  return json.end_object();
}

void write_list_reading(JsonText& json, const ListReading& list) {
  json.begin_object()
      .member("encoding", encoding_names[list.encoding])
      .member("delimiter", std::string_view{&list.delimiter, 1})
      .member("header_line", list.header_line);
  const auto text = [](JsonText& inner, const std::string& name) { inner.text(name); };
  write_list_columns(json, "columns", list.columns, "column", "field");
  write_list_columns(json, "constants", list.constants, "field", "value");
  array_member(json, "unused", list.unused, text);
  array_member(json, "missing", list.missing, text);
  json.member("passed_over", list.passed_over);
  array_member(json, "passed_lines", list.passed_lines,
               [](JsonText& inner, std::int64_t line) { inner.integer(line); });
  json.key("first");
  list.first ? write_list_card(json, *list.first) : json.null();
  json.key("doubt");
  if (!list.doubt) {
    json.null().end_object();
    return;
  }
  json.begin_object()
      .member("encoding", encoding_names[list.doubt->other])
      .member("text", list.doubt->text)
      .member("other_text", list.doubt->other_text)
      .end_object()
      .end_object();
}

}  // namespace

void write_import(JsonText& json, const ImportResult& result, bool dry_run) {
  json.begin_object()
      .member("rows", result.rows)
      .member("imported", result.imported())
      .member("added", result.added)
      .member("updated", result.updated)
      .member("unchanged", result.unchanged)
      .member("refused", result.refused)
      .member("bound", result.bound)
      .member("settled", result.settled)
      .member("luhn_invalid", result.luhn_invalid);
  array_member(json, "luhn_first", result.luhn_first, [](JsonText& inner, const Iccid& iccid) {
    inner.text(iccid.text());
  }).member("dry_run", dry_run);
  array_member(json, "changes", result.changes, write_difference);
  array_member(json, "problems", result.problems, [](JsonText& inner, const RefusedRow& problem) {
    inner.begin_object()
        .member("line", problem.line)
        .member("reason", problem.reason)
        .member("of_stored_card", problem.of_stored_card)
        .end_object();
  });
  write_list_reading(json.key("list"), result.list);
  json.member("stored_before", result.stored_before).member("withheld", result.withheld);
  array_member(json, "not_taken", result.not_taken, [](JsonText& inner, const CellsNotTaken& one) {
    inner.begin_object()
        .member("field", one.field->name)
        .member("cells", one.cells)
        .member("first_line", one.first_line)
        .end_object();
  }).end_object();
}

void write_batch(JsonText& json, const BatchResult& result, bool dry_run) {
  json.begin_object().member("matching", result.matching).member("done", result.done);
  array_member(json, "failed", result.failed, [](JsonText& inner, const CardFailure& failure) {
    inner.begin_object()
        .member("iccid", failure.iccid)
        .member("reason", failure.reason)
        .end_object();
  });
  array_member(json, "requests", result.requests,
               [](JsonText& inner, const PlatformRequest& request) { inner.integer(request.id); })
      .member("dry_run", dry_run);
  array_member(json, "spelled", result.spelled, [](JsonText& inner, const CardSpelling& spelling) {
    inner.begin_object()
        .member("iccid", spelling.named.text())
        .member("stored", spelling.stored.text())
        .end_object();
  }).end_object();
}

void write_removed(JsonText& json, const Iccid& iccid, const std::vector<Binding>& released) {
  std::vector<Binding> own;
  std::ranges::copy_if(released, std::back_inserter(own),
                       [&](const Binding& binding) { return binding.iccid == iccid; });
  json.begin_object().member("iccid", iccid.text()).member("removed", true);
  array_member(json, "released", own, write_binding).end_object();
}

void write_removed(JsonText& json, const DeviceRemoval& removal) {
  json.begin_object();
  device_members(json, removal.device);
  json.member("removed", !removal.dry_run).member("dry_run", removal.dry_run).key("released");
  removal.released ? write_binding(json, *removal.released) : static_cast<void>(json.null());
  mismatch_rows(json, removal.mismatches);
  json.end_object();
}

std::string on_one_line(std::string_view json) {
  std::string line;
  bool in_string = false;
  bool escaped = false;
  for (const char c : json) {
    if (in_string) {
      in_string = escaped || c != '"';
      escaped = !escaped && c == '\\';
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      continue;
    } else {
      in_string = c == '"';
    }
    line += c;
  }
  return line;
}

}  // namespace iotcard
