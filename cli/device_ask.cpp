// SPDX-License-Identifier: Apache-2.0
// device ask: asks a device to report now.
#include <fmt/core.h>

#include <memory>

#include "broker_client.h"
#include "domain/topic_pattern.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds ask_timeout{10};

int ask_device(Program& program, const std::string& name) {
  const DeviceKey device = device_from_operator(name);
  const Config& config = program.config();
  const TopicPattern pattern{config.reports.topics.front()};
  const auto topic = pattern.request_topic(device);
  if (!topic) throw std::runtime_error{no_request_topic(pattern)};
  watch_for_interrupts();
  BrokerClient client{tool_options(config.broker, {})};
  client.connect(ask_timeout);
  client.publish(*topic, {}, ask_timeout);
  if (!client.drain(ask_timeout) || client.acknowledged() == 0) {
    throw BrokerError{"the broker at " + config.broker.url + " did not take the request"};
  }
  return print_result(
      program.json,
      [&](JsonText& json) {
        json.begin_object().member("topic", *topic).member("acknowledged", true).end_object();
      },
      [&] {
        say(fmt::format("asked device {} by {}; \"tail --device {}\" shows its answer",
                        device.text(), *topic, device.text()));
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
