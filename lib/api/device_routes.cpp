// SPDX-License-Identifier: Apache-2.0
// One device: what is known of it, and asking it for a report.
#include "api/envelope.h"
#include "api/handlers.h"
#include "operations/json.h"

namespace iotcard {

void handle_device(const Call& call) {
  QueryReader{call.request}.finish();
  const DeviceDetails device = describe_device(call.store(), device_of(call.request));
  respond_one(call.response, [&](JsonText& json) { write_device(json, device, call.context); });
}

// The device answers with a report, if it does.
void handle_device_ask(const Call& call) {
  QueryReader{call.request}.finish();
  JsonBody{call.request}.finish();
  const AskResult asked = call.host.ask(device_of(call.request));
  switch (asked.end) {
    case AskResult::End::acknowledged:
      return respond_one(
          call.response,
          [&](JsonText& json) {
            json.begin_object()
                .member("topic", asked.topic)
                .member("acknowledged", true)
                .end_object();
          },
          202);
    case AskResult::End::no_topic:
      throw ApiError{409, asked.reason};
    case AskResult::End::not_connected:
    case AskResult::End::refused:
      throw ApiError{503, asked.reason, {{"Retry-After", "5"}}};
    case AskResult::End::no_answer:
      throw ApiError{504, asked.reason};
  }
}

}  // namespace iotcard
