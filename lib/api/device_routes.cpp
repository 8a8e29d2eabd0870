// SPDX-License-Identifier: Apache-2.0
// Devices, and what they reported: one device, asking it for a report, the explanation of a
// payload, and rejected reports.
#include <limits>

#include "api/handlers.h"
#include "api/rejected_query.h"
#include "base/text.h"
#include "operations/binding_operations.h"
#include "operations/explain.h"
#include "operations/json.h"

namespace iotcard {

void handle_device(const Call& call) {
  const DeviceDetails device = describe_device(call.store(), device_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_device(json, device, call.context); });
}

void handle_device_unbind(const Call& call, JsonBody& body) {
  body.finish();
  const Binding released = unbind_device(call.store(), call.context, device_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_binding(json, released); });
}

void handle_device_remove(const Call& call, QueryReader& reader) {
  const bool force = reader.boolean("force").value_or(false);
  const bool dry_run = reader.boolean("dryRun").value_or(false);
  reader.finish();
  const DeviceRemoval removal =
      remove_device(call.store(), call.context, device_of(call.request), force, dry_run);
  respond_one(call.response, [&](JsonText& json) { write_removed(json, removal); });
}

// The device answers with a report, if it does.
void handle_device_ask(const Call& call, JsonBody& body) {
  const bool force = body.boolean("force").value_or(false);
  body.finish();
  const DeviceKey device = device_of(call.request);
  const AskResult asked = call.host.ask(device, force);
  const auto about = [&](ErrorKey key) { return ErrorCause{key, {{"device", device.text()}}}; };
  using enum AskResult::End;
  if (asked.end == unheard_of)
    throw ApiError{404, about(ErrorKey::device_unheard_of), asked.reason};
  if (asked.end == no_topic) throw ApiError{409, about(ErrorKey::no_request_topic), asked.reason};
  if (asked.end == no_answer) throw ApiError{504, asked.reason};
  if (asked.end != acknowledged) {
    throw ApiError{503, {ErrorKey::broker_not_connected}, asked.reason, {{"Retry-After", "5"}}};
  }
  respond_one(
      call.response,
      [&](JsonText& json) {
        json.begin_object().member("topic", asked.topic).member("acknowledged", true).end_object();
      },
      202);
}

// Changes nothing. It is a POST because it has a body.
void handle_report_explain(const Call& call, QueryReader& reader) {
  auto topic = reader.text("topic");
  const auto device = reader.text("device");
  reader.finish();
  if (device) {
    const auto key = DeviceKey::parse(*device);
    if (!key || topic)
      throw wrong_parameter("device", "device: expected PRODUCT/NUMBER, and no topic beside it");
    topic = report_topic(&call.store(), call.context, *key);
  }
  respond_one(call.response,
              explanation_json(explain(&call.store(), call.context, call.request.body, topic)));
}

void handle_rejected(const Call& call) {
  const RejectedReport rejected = require_rejected(call.store(), id_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_rejected(json, rejected); });
}

void handle_rejected_remove(const Call& call, QueryReader& reader) {
  RejectedSelection selection;
  const auto ids = reader.text("ids");
  selection.filter.reasons = rejection_reasons_of(reader);
  selection.filter.before = reader.time("before", call.context.now);
  const auto expected = reader.integer("expected", 0, std::numeric_limits<std::int64_t>::max());
  const bool dry_run = reader.boolean("dryRun").value_or(false);
  reader.finish();
  const bool filtered = !selection.filter.reasons.empty() || selection.filter.before;
  if (ids.has_value() == filtered) {
    throw ApiError{400, "name rejected reports by ids, or all that fit by reason and before"};
  }
  if (ids) {
    for (const std::string_view id : split(*ids, ',')) {
      const auto number = parse_integer(id);
      if (!number) throw wrong_parameter("ids", "ids: expected numbers with commas between them");
      selection.ids.push_back(*number);
    }
  }
  const RejectedRemoval removal = remove_rejected(call.store(), selection, expected, dry_run);
  respond_one(call.response, [&](JsonText& json) { write_removal(json, removal); });
}

}  // namespace iotcard
