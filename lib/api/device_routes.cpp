// SPDX-License-Identifier: Apache-2.0
// Devices, and what they reported: one device, asking it for a report, the explanation of a
// payload, rejected reports and the end of mismatches.
#include "api/handlers.h"
#include "operations/explain.h"
#include "operations/json.h"
#include "operations/mismatch_operations.h"

namespace iotcard {

void handle_device(const Call& call) {
  const DeviceDetails device = describe_device(call.store(), device_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_device(json, device, call.context); });
}

// The device answers with a report, if it does.
void handle_device_ask(const Call& call, JsonBody& body) {
  body.finish();
  const DeviceKey device = device_of(call.request);
  // Without the store, the topic that the configuration names first.
  const auto known = call.opened != nullptr ? call.store().find_device(device) : std::nullopt;
  const AskResult asked = call.host.ask(device, known ? known->last_topic : "");
  using enum AskResult::End;
  if (asked.end == no_topic) throw ApiError{409, asked.reason};
  if (asked.end == no_answer) throw ApiError{504, asked.reason};
  if (asked.end != acknowledged) throw ApiError{503, asked.reason, {{"Retry-After", "5"}}};
  respond_one(
      call.response,
      [&](JsonText& json) {
        json.begin_object().member("topic", asked.topic).member("acknowledged", true).end_object();
      },
      202);
}

void handle_mismatch_accept(const Call& call, JsonBody& body) {
  const auto card = body.text("card");
  body.finish();
  std::optional<Iccid> wanted;
  if (card && !card->empty()) wanted = iccid_from_operator(*card);
  const Acceptance accepted =
      accept_mismatch(call.store(), call.context, id_of(call.request), wanted);
  respond_one(call.response, [&](JsonText& json) { write_acceptance(json, accepted); });
}

void handle_mismatch_dismiss(const Call& call, JsonBody& body) {
  body.finish();
  const MismatchDetails details = dismiss_mismatch(call.store(), call.context, id_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_mismatch(json, details); });
}

// Changes nothing. It is a POST because it has a body.
void handle_report_explain(const Call& call, QueryReader& reader) {
  const auto topic = reader.text("topic");
  reader.finish();
  respond_one(call.response,
              explanation_json(explain(&call.store(), call.context, call.request.body, topic)));
}

void handle_rejected(const Call& call) {
  const RejectedReport rejected = require_rejected(call.store(), id_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_rejected(json, rejected); });
}

}  // namespace iotcard
