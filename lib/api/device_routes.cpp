// SPDX-License-Identifier: Apache-2.0
// One device: what is known of it, and asking it for a report.
#include "api/envelope.h"
#include "api/handlers.h"
#include "operations/json.h"

namespace iotcard {

void handle_device(const Call& call) {
  const DeviceDetails device = describe_device(call.store(), device_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_device(json, device, call.context); });
}

// The device answers with a report, if it does.
void handle_device_ask(const Call& call, JsonBody& body) {
  body.finish();
  const AskResult asked = call.host.ask(device_of(call.request));
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

}  // namespace iotcard
