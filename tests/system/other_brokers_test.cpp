// SPDX-License-Identifier: Apache-2.0
// The daemon on brokers that are not mosquitto: a report, its event, the status, and what doctor
// says. docs/reliability.md has their versions and what each lacks.
#include "support/other_brokers.h"

#include <algorithm>

#include "support/rabbitmq.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;

namespace {

// Returns what doctor says.
std::string check_works(const TempDir& dir, Daemon& daemon, const std::string& url,
                        const MqttProbe::Options& account) {
  REQUIRE(daemon.wait_for_log("connected to"));
  MqttProbe watch{url, account};
  watch.subscribe("iotcard/event/#");
  watch.subscribe("iotcard/status");  // RabbitMQ sends retained messages to whole topics only
  for (int i = 1; i <= 3; ++i) {
    watch.publish("/1/D" + std::to_string(i) + "/info/post", documented_payload);
  }
  CHECK(watch.wait_until([](const MqttProbe::Messages& messages) {
    return std::ranges::count_if(messages, [](const ProbeMessage& message) {
             return message.topic.starts_with("iotcard/event/mismatch/card_unknown/1/D");
           }) >= 3;
  }));
  CHECK(watch.wait_until([](const MqttProbe::Messages& messages) {
    return std::ranges::any_of(messages, [](const ProbeMessage& message) {
      return message.topic == "iotcard/status" && message.retained;
    });
  }));
  const CtlResult doctor = ctl(dir, daemon, {"doctor"});
  INFO(doctor.out);
  CHECK(doctor.status == 0);
  for (const char* check : {"keep alive", "publishing", "packet size"}) {
    CHECK_THAT(doctor.out, Contains(check));
  }
  CHECK(daemon.times_in_log("connected to") == 1);
  CHECK(daemon.terminate() == 0);
  CHECK(watch.wait_until([](const MqttProbe::Messages& messages) {
    return messages.back().payload.find("offline") != std::string::npos;
  }));
  return doctor.out;
}

}  // namespace

TEST_CASE("RabbitMQ: reports, events and the status come through") {
  if (!Rabbitmq::installed()) {
    WARN("rabbitmq-server is not installed: not tested");
    return;
  }
  TempDir dir;
  const Rabbitmq broker{dir};
  Daemon daemon{dir, broker.url()};
  check_works(dir, daemon, broker.url(), {.mqtt5 = false});
}

TEST_CASE("ejabberd: reports, events and the status come through") {
  if (!Ejabberd::installed()) {
    WARN("ejabberd is not installed: not tested");
    return;
  }
  TempDir dir;
  const Ejabberd broker{dir};
  write_file(dir.file("password"), "any\n");
  const std::string account =
      "username = \"daemon\"\npassword_file = \"" + dir.file("password") + "\"";
  Daemon daemon{dir, broker.url(), {.toml = {{"broker", account}}}};
  check_works(dir, daemon, broker.url(), {.username = "watch", .password = "any"});
  CHECK(daemon.log().find("with MQTT 5") != std::string::npos);
}

TEST_CASE("aedes: reports, events and the status come through") {
  TempDir dir;
  std::string why;
  const auto broker = Aedes::start(dir, why);
  if (!broker) {
    WARN(why);
    return;
  }
  Daemon daemon{dir, broker->url()};
  check_works(dir, daemon, broker->url(), {.mqtt5 = false});
  CHECK(daemon.log().find("with MQTT 3.1.1") != std::string::npos);
}
