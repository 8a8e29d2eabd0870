// SPDX-License-Identifier: Apache-2.0
// device ask: asks a device to report now.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "broker_client.h"
#include "device_argument.h"
#include "domain/topic_pattern.h"
#include "interrupt.h"
#include "program.h"
#include "terminal.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds ask_patience{10};

int ask(Program& program, const std::string& name) {
  const DeviceKey device = device_from_operator(name);
  const Config& config = program.config();
  const TopicPattern pattern{config.reports.topics.front()};
  const auto topic = pattern.request_topic(device);
  if (!topic) throw std::runtime_error{no_request_topic(pattern)};
  watch_for_interrupts();
  BrokerClient client{config.broker, {}, {}};
  client.connect(ask_patience);
  client.publish(*topic, {}, ask_patience);
  if (!client.drain(ask_patience) || client.acknowledged() == 0) {
    throw BrokerError{"the broker at " + config.broker.url + " did not take the request"};
  }
  if (program.json) {
    JsonText json;
    json.begin_object().member("topic", *topic).member("acknowledged", true).end_object();
    std::printf("%s\n", json.take().c_str());
  } else {
    say(fmt::format("asked device {} by {}; \"tail --device {}\" shows its answer", device.text(),
                    *topic, device.text()));
  }
  return success;
}

}  // namespace

void add_device_ask(CLI::App& device, Program& program) {
  CLI::App* verb =
      device.add_subcommand("ask", "PendingPublishes a device, through the broker, to report now");
  auto name = std::make_shared<std::string>();
  verb->add_option("PRODUCT/NUMBER", *name, "The device")->required();
  verb->footer("Waits at most 10 s for the broker, not for the device. With --json: one object.");
  verb->callback(
      [&program, name] { program.verb = [&program, name] { return ask(program, *name); }; });
}

}  // namespace iotcard
