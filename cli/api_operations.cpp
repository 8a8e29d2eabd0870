// SPDX-License-Identifier: Apache-2.0
// Operations through the HTTP API of a daemon.
#include "api_operations.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "api_client.h"
#include "api_reading.h"
#include "base/digest.h"
#include "base/text.h"
#include "operations.h"
#include "operations/card_operations.h"

namespace iotcard {
namespace {

using Query = ApiClient::Query;

template <typename Table, typename Value>
void add_named(Query& query, const char* name, const std::optional<Value>& value,
               const Table& table) {
  if (value) query.emplace_back(name, table[*value]);
}

void add_boolean(Query& query, const char* name, const std::optional<bool>& value) {
  if (value) query.emplace_back(name, *value ? "true" : "false");
}

// `sent` is made of what the query says. A filter that it does not say must not be lost in silence.
template <typename Filter>
void require_complete(const Filter& asked, const Filter& sent) {
  if (asked == sent) return;
  throw UsageError{
      fmt::format("one of these filters needs the store: run it on the host of the daemon, without "
                  "--api and {}",
                  api_variable)};
}

// Durations have whole numbers, and a long one in a small unit has too many digits.
std::string text_of_duration(Duration time) {
  using std::chrono::floor;
  const auto seconds = floor<std::chrono::seconds>(time);
  if (seconds != time) return fmt::format("{}ms", time.count());
  const auto days = floor<std::chrono::days>(time);
  return days == time ? fmt::format("{}d", days.count()) : fmt::format("{}s", seconds.count());
}

// A parameter that may be a list has a backslash before a comma of a name.
std::string as_one_of_list(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == ',' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

// As the API's list of cards reads it.
Query query_of(const CardQuery& asked) {
  const CardFilter& filter = asked.filter;
  Query query;
  add_text(query, "iccid", filter.iccid_prefix);
  add_named(query, "status", filter.status, card_status_names);
  if (filter.platform) query.emplace_back("platform", std::to_string(*filter.platform));
  add_text(query, "operator", as_one_of_list(filter.operator_name));
  add_boolean(query, "bound", filter.bound);
  add_named(query, "reason", filter.reason, abnormal_names);
  add_flag(query, "abnormal", asked.abnormal);
  add_text(query, "text", filter.text);
  if (filter.expires_after && filter.expires_until) {
    query.emplace_back("expiringWithin",
                       text_of_duration(*filter.expires_until - *filter.expires_after));
  }
  if (filter.device) {
    query.emplace_back("product", filter.device->product);
    query.emplace_back("device", filter.device->number);
  }
  if (filter.used_share_from) {
    query.emplace_back("over", fmt::format("{:.0f}", *filter.used_share_from * 100));
  }
  query.emplace_back("orderByColumn", card_order_names[filter.order]);
  query.emplace_back("isAsc", filter.descending ? "desc" : "asc");
  require_complete(filter, {.iccid_prefix = filter.iccid_prefix,
                            .status = filter.status,
                            .platform = filter.platform,
                            .bound = filter.bound,
                            .operator_name = filter.operator_name,
                            .reason = filter.reason,
                            .expires_after = filter.expires_after,
                            .expires_until = filter.expires_until,
                            .used_share_from = filter.used_share_from,
                            .text = filter.text,
                            .device = filter.device,
                            .order = filter.order,
                            .descending = filter.descending});
  return query;
}

// The query of the API's list of devices.
Query query_of(const DeviceFilter& filter) {
  Query query;
  add_text(query, "product", filter.product);
  add_text(query, "device", filter.number_prefix);
  add_boolean(query, "bound", filter.bound);
  add_text(query, "iccid", filter.iccid_prefix);
  add_boolean(query, "silent", filter.silent);
  if (filter.seen_before) query.emplace_back("lastSeenBefore", to_rfc3339(*filter.seen_before));
  if (filter.seen_after) query.emplace_back("lastSeenAfter", to_rfc3339(*filter.seen_after));
  if (filter.outcome) query.emplace_back("outcome", outcome_name(*filter.outcome));
  add_named(query, "leniency", filter.leniency, leniency_names);
  add_text(query, "issue", filter.issue);
  add_text(query, "firmware", filter.firmware);
  if (filter.rssi_below) query.emplace_back("rssiBelow", std::to_string(*filter.rssi_below));
  add_text(query, "text", filter.text);
  query.emplace_back("orderByColumn", device_order_names[filter.order]);
  query.emplace_back("isAsc", filter.descending ? "desc" : "asc");
  require_complete(filter, {.product = filter.product,
                            .bound = filter.bound,
                            .number_prefix = filter.number_prefix,
                            .iccid_prefix = filter.iccid_prefix,
                            .silent = filter.silent,
                            .seen_before = filter.seen_before,
                            .seen_after = filter.seen_after,
                            .outcome = filter.outcome,
                            .leniency = filter.leniency,
                            .issue = filter.issue,
                            .firmware = filter.firmware,
                            .rssi_below = filter.rssi_below,
                            .text = filter.text,
                            .order = filter.order,
                            .descending = filter.descending});
  return query;
}

Query query_of(const MismatchFilter& filter) {
  Query query;
  std::string kinds;
  filter.kinds.each(
      [&](Outcome kind) { kinds.append(kinds.empty() ? "" : ",").append(short_name(kind)); });
  add_text(query, "kind", kinds);
  add_text(query, "state", join(filter.states.names(mismatch_state_names), ","));
  add_text(query, "product", filter.device ? filter.device->product : filter.product);
  if (filter.device) query.emplace_back("device", filter.device->number);
  add_named(query, "suspect", filter.suspect, suspect_names);
  if (filter.platform) query.emplace_back("platform", std::to_string(*filter.platform));
  add_text(query, "iccid", filter.iccid_prefix);
  add_text(query, "text", filter.text);
  if (filter.since) query.emplace_back("since", to_rfc3339(*filter.since));
  if (filter.until) query.emplace_back("until", to_rfc3339(*filter.until));
  query.emplace_back("all", filter.standing_only ? "false" : "true");
  query.emplace_back("orderByColumn", mismatch_order_names[filter.order]);
  query.emplace_back("isAsc", filter.newest_first ? "desc" : "asc");
  return query;
}

constexpr std::size_t ids_in_a_request = MismatchBatchResult::max_results;

std::string batch_body(const MismatchBatch& batch, std::span<const std::int64_t> ids,
                       bool dry_run) {
  JsonText json;
  json.begin_object().key("ids").begin_array();
  for (const std::int64_t id : ids) json.integer(id);
  json.end_array().member("dryRun", dry_run);
  if (!batch.reason.empty()) json.member("reason", batch.reason);
  return json.end_object().take();
}

std::string path_of_mismatch(std::int64_t id, const char* action) {
  return fmt::format("/mismatch/{}/{}", id, action);
}

class ApiOperations final : public Operations {
 public:
  explicit ApiOperations(const Target& target) : api_(target) {}

  const Context& context() const override { return context_; }

  RowList<StoredCard> cards(const CardQuery& query) override {
    return api_.list<StoredCard>("/card/list", query_of(query), stored_card_from);
  }
  RowList<ListedDevice> devices(const DeviceFilter& filter) override {
    return api_.list<ListedDevice>("/device/list", query_of(filter), listed_device_from);
  }
  RowList<Mismatch> mismatches(const MismatchFilter& filter) override {
    return api_.list<Mismatch>("/mismatch/list", query_of(filter), mismatch_from);
  }
  RowList<RejectedReport> rejected_reports(const RejectedQuery& asked) override {
    const RejectedFilter& filter = asked.filter;
    Query query;
    add_text(query, "reason", join(filter.reasons.names(rejection_reason_names), ","));
    if (asked.device) query.emplace_back("device", asked.device->text());
    add_text(query, "topic", filter.topic_part);
    if (filter.since) query.emplace_back("since", to_rfc3339(*filter.since));
    if (filter.before) query.emplace_back("until", to_rfc3339(*filter.before));
    return api_.list<RejectedReport>("/rejected/list", query, rejected_from);
  }
  RowList<QuarantinedEvent> quarantined() override {
    return api_.list<QuarantinedEvent>("/event/quarantine", {}, quarantined_from);
  }
  RowList<OutboxRow> events(const EventFilter& filter) override {
    Query query;
    add_text(query, "kind", join(filter.kinds.names(event_names), ","));
    if (filter.device) query.emplace_back("device", filter.device->text());
    if (filter.iccid) query.emplace_back("iccid", filter.iccid->text());
    if (filter.since) query.emplace_back("since", to_rfc3339(*filter.since));
    if (filter.before) query.emplace_back("before", to_rfc3339(*filter.before));
    const auto read = [](const JsonSlice& event) {
      return OutboxRow{.sequence = 0, .topic = {}, .payload = std::string{event.raw()}};
    };
    return api_.list<OutboxRow>("/event/list", query, read, ApiClient::Paged::by_limit);
  }

  CardDetails card(const Iccid& iccid) override {
    return api_.get(path_of_card(iccid), {}, card_details_from);
  }
  DeviceDetails device(const DeviceKey& device) override {
    return api_.get(path_of_device(device), {}, device_details_from);
  }
  MismatchDetails mismatch(std::int64_t id) override {
    return api_.get(fmt::format("/mismatch/{}", id), {}, mismatch_details_from);
  }
  std::vector<MismatchCount> mismatch_counts() override {
    return api_.get("/mismatch/statistics", {}, mismatch_counts_from);
  }
  RejectedReport rejected(std::int64_t id) override {
    return api_.get(fmt::format("/rejected/{}", id), {}, rejected_from);
  }

  StoredCard add_card(const Iccid& iccid, std::span<const FieldChange> fields,
                      Duration zone) override {
    JsonText json;
    json.begin_object().member("iccid", iccid.text());
    write_fields(json, iccid, fields, zone);
    return api_.change("POST", "/card", {}, json.end_object().take(), stored_card_from);
  }
  StoredCard set_card(const Iccid& iccid, std::span<const FieldChange> fields, Duration zone,
                      const std::optional<Instant>& updated_at) override {
    JsonText json;
    json.begin_object();
    write_fields(json, iccid, fields, zone);
    ApiClient::Headers headers;
    if (updated_at) headers.emplace_back("If-Match", '"' + to_rfc3339(*updated_at) + '"');
    return api_.change("PUT", path_of_card(iccid), {}, json.end_object().take(), stored_card_from,
                       headers);
  }
  std::vector<Binding> remove_card(const Iccid& iccid, bool force) override {
    Query query;
    add_flag(query, "force", force);
    return api_.change("DELETE", path_of_card(iccid), query, "", released_from);
  }
  BindResult bind(const DeviceKey& device, const Iccid& iccid, bool force) override {
    JsonText json;
    json.begin_object()
        .member("product", device.product)
        .member("device", device.number)
        .member("force", force)
        .end_object();
    return api_.change("POST", path_of_card(iccid) + "/bind", {}, json.take(), bind_result_from);
  }
  Binding unbind(const DeviceKey& device) override {
    return api_.change("POST", path_of_device(device) + "/unbind", {}, "", binding_from);
  }
  Binding unbind(const Iccid& iccid) override {
    return api_.change("POST", path_of_card(iccid) + "/unbind", {}, "", binding_from);
  }
  DeviceRemoval remove_device(const DeviceKey& device, bool force, bool dry_run) override {
    Query query;
    add_flag(query, "force", force);
    add_flag(query, "dryRun", dry_run);
    return api_.change("DELETE", path_of_device(device), query, "", device_removal_from);
  }
  RejectedRemoval remove_rejected(const RejectedSelection& selection,
                                  std::optional<std::int64_t> expected, bool dry_run) override {
    Query query;
    add_text(query, "ids",
             join(selection.ids, ",", [](std::int64_t id) { return std::to_string(id); }));
    add_text(query, "reason", join(selection.filter.reasons.names(rejection_reason_names), ","));
    if (selection.filter.before) {
      query.emplace_back("before", to_rfc3339(*selection.filter.before));
    }
    if (expected) query.emplace_back("expected", std::to_string(*expected));
    add_flag(query, "dryRun", dry_run);
    return api_.change("DELETE", "/rejected", query, "", rejected_removal_from);
  }
  Acceptance accept(std::int64_t mismatch, const std::optional<Iccid>& card,
                    const std::string& reason) override {
    JsonText json;
    json.begin_object();
    if (card) json.member("card", card->text());
    if (!reason.empty()) json.member("reason", reason);
    return api_.change("POST", path_of_mismatch(mismatch, "accept"), {}, json.end_object().take(),
                       acceptance_from);
  }
  Mismatch dismiss(std::int64_t mismatch, const std::string& reason) override {
    JsonText json;
    json.begin_object();
    if (!reason.empty()) json.member("reason", reason);
    return api_.change("POST", path_of_mismatch(mismatch, "dismiss"), {}, json.end_object().take(),
                       mismatch_from);
  }
  Mismatch reopen(std::int64_t mismatch) override {
    return api_.change("POST", path_of_mismatch(mismatch, "reopen"), {}, "", mismatch_from);
  }
  MismatchBatchResult settle(
      const MismatchBatch& batch, SelectedMismatches selected, bool dry_run,
      const std::function<void(std::int64_t, std::int64_t)>& progress) override {
    MismatchBatchResult result{.matching = std::ssize(selected.ids),
                               .failed = std::move(selected.failed)};
    const std::span<const std::int64_t> ids{selected.ids};
    for (std::size_t done = 0; done < ids.size();) {
      const auto piece = ids.subspan(done, std::min(ids_in_a_request, ids.size() - done));
      result.append(api_.change("POST",
                                fmt::format("/mismatch/{}", mismatch_batch_names[batch.action]), {},
                                batch_body(batch, piece, dry_run), mismatch_batch_result_from));
      done += piece.size();
      progress(static_cast<std::int64_t>(done), result.matching);
    }
    return result;
  }

 private:
  ApiClient api_;
  const Context context_ = api_context();
};

}  // namespace

void add_text(ApiClient::Query& query, const char* name, const std::string& value) {
  if (!value.empty()) query.emplace_back(name, value);
}

void add_flag(ApiClient::Query& query, const char* name, bool value) {
  if (value) query.emplace_back(name, "true");
}

Context api_context() {
  Context context;
  context.now = now();
  context.judged_by_daemon = true;
  return context;
}

std::string path_of_card(const Iccid& iccid) {
  return fmt::format("/card/{}", iccid.text());
}

std::string path_of_device(const DeviceKey& device) {
  return fmt::format("/device/{}/{}", percent_encoded(device.product),
                     percent_encoded(device.number));
}

void write_fields(JsonText& json, const Iccid& iccid, std::span<const FieldChange> fields,
                  Duration zone) {
  Card card{iccid};
  set_card_fields(card, fields, zone);
  for (const FieldChange& change : fields) {
    const CardField* field = find_card_field(change.name);
    json.member(change.name, change.value.empty() ? "" : field->get(card));
  }
}

std::unique_ptr<Operations> operations_through_api(const Target& target) {
  return std::make_unique<ApiOperations>(target);
}

}  // namespace iotcard
