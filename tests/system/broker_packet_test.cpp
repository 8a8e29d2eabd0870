// SPDX-License-Identifier: Apache-2.0
// Packets that cost more than they should: what the broker may send, what memory the largest of
// them takes, and a packet that ends each connection that receives it.
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <stdexcept>

#include "support/byte_server.h"
#include "support/byte_stream.h"
#include "support/http_client.h"
#include "support/mqtt_wire.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_our_own = false;  // the sanitizer keeps what is freed
#else
constexpr bool memory_is_our_own = true;
#endif

// docs/reliability.md names it.
constexpr std::int64_t memory_bound = std::int64_t{128} << 20;

constexpr std::size_t max_packet = 256 << 10;
const char* const protocol_3_1_1 = "protocol = \"3.1.1\"";

// Of /proc/PID/status, such as VmHWM; in bytes.
std::int64_t memory(pid_t pid, const std::string& what) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(what + ":")) return std::stoll(line.substr(what.size() + 1)) * 1024;
  }
  return 0;
}

std::string variable_length(std::size_t value) {
  std::string bytes;
  do {
    bytes += static_cast<char>((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
    value >>= 7;
  } while (value > 0);
  return bytes;
}

// A PUBLISH of exactly so many bytes, nearly all of them user properties of 7 bytes each: nothing
// costs the receiver more memory.
std::string worst_packet(std::size_t bytes, const std::string& topic) {
  const std::string property = "\x26" + wire::text("k") + wire::text("v");
  const std::size_t head = 1 + 3 + 2 + topic.size() + 2 + 3;  // both lengths take 3 bytes here
  std::string properties;
  while (head + properties.size() + property.size() <= bytes) properties += property;
  const std::string payload(bytes - head - properties.size(), ' ');
  return wire::packet(wire::publish, 1 << 1,
                      wire::text(topic) + wire::number(7) + variable_length(properties.size()) +
                          properties + payload);
}

// A device that speaks MQTT 5 and sends what it likes.
class RawDevice {
 public:
  explicit RawDevice(const std::string& url) : stream_(url, {}) {
    stream_.write(wire::packet(wire::connect, 0,
                               wire::text("MQTT") + "\x05\x02" + wire::number(0) +
                                   std::string(1, '\0') + wire::text("raw")));
    answer(wire::connack);
  }
  void publish(const std::string& packet) {
    stream_.write(packet);
    answer(wire::puback);
  }

 private:
  void answer(wire::Type type) {
    std::array<char, 1024> bytes;
    for (;;) {
      if (const auto packet = wire::take_packet(received_)) {
        if (packet->type == type) return;
        continue;
      }
      const std::size_t size = stream_.read(bytes.data(), bytes.size());
      if (size == 0) throw std::runtime_error("the broker ends the connection");
      received_.append(bytes.data(), size);
    }
  }
  ByteStream stream_;
  std::string received_;
};

}  // namespace

TEST_CASE("an MQTT 5 broker drops a packet above broker.max_packet, and other reports arrive") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  world.report("LARGE", std::string(max_packet, 'x'));
  world.report("GOOD", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/GOOD"));
  CHECK(world.seen() == std::vector<std::string>{"mismatch/card_unknown/1/GOOD"});

  // What fits arrives, though it is too long for a report.
  world.report("LONG", std::string(max_packet - 100, 'x'));
  CHECK(world.wait_for("report/rejected/1/LONG"));
}

TEST_CASE("the memory of the largest allowed packets stays below its bound") {
  if (!memory_is_our_own) return;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  const pid_t pid = daemon.process().pid();
  const std::int64_t before = memory(pid, "VmHWM");
  RawDevice device{world.broker.url()};
  for (const std::size_t bytes : {max_packet - 64, max_packet, max_packet + 64}) {
    for (int i = 0; i < 10; ++i) device.publish(worst_packet(bytes, "/1/WORST/info/post"));
  }
  world.report("GOOD", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/GOOD"));
  CHECK(world.wait_for("report/rejected/1/WORST", 10));
  INFO("VmHWM: " << before / 1024 << " KiB before, " << memory(pid, "VmHWM") / 1024
                 << " KiB with the largest packets; VmRSS " << memory(pid, "VmRSS") / 1024);
  CHECK(memory(pid, "VmHWM") < memory_bound);
}

// With MQTT 3.1.1 no client can say how much it takes.
TEST_CASE(
    "a packet that ends the process three times stays at the broker, and the daemon says so") {
  if (!memory_is_our_own) return;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"broker", protocol_3_1_1}}, .api = true}};
  daemon.wait_online();
  CHECK(eventually([&] { return http_get(daemon.api_port(), "/readyz").status == 200; }));
  const std::int64_t usual = memory(daemon.process().pid(), "VmData");
  REQUIRE(daemon.terminate() == 0);
  world.report("HUGE", std::string(std::size_t{64} << 20, 'x'));
  world.report("GOOD", documented_payload);

  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_DATA, &before) == 0);
  // The library's buffer fits, its copies do not.
  const rlimit small{.rlim_cur = static_cast<rlim_t>(usual) + (rlim_t{75} << 20),
                     .rlim_max = before.rlim_max};
  const auto start = [&](const rlimit& limit) {
    REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);  // inherited
    daemon.start();
    REQUIRE(setrlimit(RLIMIT_DATA, &before) == 0);
  };
  for (int i = 0; i < 3; ++i) {
    start(small);
    CHECK(daemon.process().wait() == 128 + SIGABRT);
  }
  start(small);
  REQUIRE(world.wait_for_status("max_packet_size 262144"));
  CHECK(world.status().find("\"state\":\"degraded\"") != std::string::npos);
  CHECK(http_get(daemon.api_port(), "/readyz").status == 503);
  CHECK(daemon.process().running());
  CHECK(daemon.terminate() == 0);

  // Nothing was acknowledged: with enough memory the daemon takes what waits.
  start(before);
  CHECK(world.wait_for("report/rejected/1/HUGE"));
  CHECK(world.wait_for("mismatch/card_unknown/1/GOOD"));
  CHECK(world.wait_for_status("online"));
}

TEST_CASE("a packet that the MQTT library cannot read three times ends the attempts") {
  WatchedBroker world;
  const std::string connack_with_session = wire::packet(wire::connack, 0, {"\x01\x00", 2});
  const std::string damaged = wire::packet(wire::publish, 1 << 1, wire::number(5000) + "short");
  std::atomic<int> connections{0};
  ByteServer broker{[&](ByteServer::Connection& client) {
    if (++connections > 3) return client.carry_to(world.broker.port());
    client.read();
    client.send(connack_with_session + damaged);
    client.wait_for_end();
  }};
  Daemon daemon{world.dir,
                "mqtt://127.0.0.1:" + std::to_string(broker.port()),
                {.toml = {{"broker", protocol_3_1_1}}}};
  REQUIRE(daemon.wait_for_log("connecting without subscriptions: reports stay at the broker"));
  CHECK(daemon.times_in_log("the MQTT library cannot read a packet: Bad MQTT packet") == 1);
  REQUIRE(world.wait_for_status("reports stay at the broker"));
  CHECK(connections == 4);
  // A reload tries again.
  daemon.process().signal(SIGHUP);
  REQUIRE(world.wait_for_status("online"));
  world.report("GOOD", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/1/GOOD"));
}
