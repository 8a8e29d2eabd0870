// SPDX-License-Identifier: Apache-2.0
// device ask: asks a device to report now.
#include <fmt/core.h>

#include <memory>

#include "api_requests.h"
#include "broker_client.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds ask_timeout{10};

// Where a store is at hand, the source that the device uses is known.
std::string last_topic(Program& program, const DeviceKey& device) {
  if (!program.has_store()) return {};
  const auto known = program.open_store_to_read()->find_device(device);
  return known ? known->last_topic : std::string{};
}

// Returns the topic once the broker has the request.
std::string ask_through_broker(Program& program, const DeviceKey& device) {
  const Config& config = program.config();
  const auto where =
      report_sources(config.reports).request_topic(device, last_topic(program, device));
  if (const auto* problem = std::get_if<Problem>(&where)) throw std::runtime_error{problem->text};
  const auto& topic = std::get<std::string>(where);
  watch_for_interrupts();
  BrokerClient client{tool_options(config.broker, {})};
  client.connect(ask_timeout);
  client.publish(topic, {}, ask_timeout);
  if (!client.drain(ask_timeout) || client.acknowledged() == 0) {
    throw BrokerError{"the broker at " + config.broker.url + " did not take the request"};
  }
  return topic;
}

int ask_device(Program& program, const std::string& name) {
  const DeviceKey device = device_from_operator(name);
  const std::string topic = program.remote() ? ask_device_through_api(program.target, device)
                                             : ask_through_broker(program, device);
  return print_change(
      program.json,
      [&](JsonText& json) {
        json.begin_object().member("topic", topic).member("acknowledged", true).end_object();
      },
      [&] {
        say(fmt::format("asked device {} by {}; \"tail --device {}\" shows its answer",
                        device.text(), topic, device.text()));
      });
}

}  // namespace

Action device_ask_verb(Arguments& arguments) {
  auto name = std::make_shared<std::string>();
  arguments.required("PRODUCT/NUMBER", *name, "The device");
  arguments.footer(R"(
Waits at most 10 s for the broker, not for the device. With --json: one object.)");
  return [name](Program& program) { return ask_device(program, *name); };
}

}  // namespace iotcard
