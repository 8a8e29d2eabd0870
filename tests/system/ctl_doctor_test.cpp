// SPDX-License-Identifier: Apache-2.0
// doctor on real installations: one that is well, and each way in which one is not. It disturbs
// nothing and loses nothing.
#include <rapidjson/document.h>

#include <filesystem>

#include "store/store.h"
#include "support/store_writes.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;

namespace {

struct Diagnosis {
  int status = -1;
  std::string text;
  std::map<std::string, std::string> health;    // by check; of several lines the last
  std::map<std::string, std::string> findings;  // likewise, with the advice behind it

  std::string of(const std::string& check) const {
    const auto found = health.find(check);
    return found == health.end() ? "no line" : found->second;
  }
  std::string said(const std::string& check) const {
    const auto found = findings.find(check);
    return found == findings.end() ? "" : found->second;
  }
};

Diagnosis diagnose(const TempDir& dir, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"doctor", "--json"});
  const CtlResult result = ctl(dir, arguments);
  INFO(result.err);
  rapidjson::Document array;
  array.Parse(result.out.c_str());
  REQUIRE(array.IsArray());
  Diagnosis diagnosis{result.status, result.out, {}, {}};
  for (const auto& line : array.GetArray()) {
    REQUIRE(line.MemberCount() == 4);
    const std::string check = line["check"].GetString();
    diagnosis.health.emplace(check, line["status"].GetString());  // of several the first
    diagnosis.findings.emplace(check,
                               std::string{line["finding"].GetString()} + " | " +
                                   (line["advice"].IsString() ? line["advice"].GetString() : ""));
  }
  return diagnosis;
}

Diagnosis diagnose(const TempDir& dir, const Daemon& daemon) {
  return diagnose(dir, {"--config", daemon.config_path()});
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// Says nothing of this machine's disk and clock.
void check_well(const Diagnosis& diagnosis) {
  INFO(diagnosis.text);
  CHECK(diagnosis.status == 0);
  for (const char* check : {"configuration",
                            "configuration file",
                            "intake.dir",
                            "store folder",
                            "store",
                            "store integrity",
                            "store size",
                            "open mismatches",
                            "outbox",
                            "journal backlog",
                            "broker",
                            "session",
                            "last will",
                            "keep alive",
                            "session expiry",
                            "publishing",
                            "retained status",
                            "packet size",
                            "receive maximum",
                            "subscription",
                            "publication",
                            "quarantine",
                            "broker queues",
                            "daemon",
                            "clock"}) {
    INFO(check);
    CHECK(diagnosis.of(check) == "ok");
  }
}

}  // namespace

TEST_CASE("doctor finds a running daemon well, and leaves it and the broker as they were") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(world.wait_for_status("online"));
  world.report("D1", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_unknown/1/D1"));
  MqttProbe probe{world.broker.url()};
  probe.subscribe("#");
  probe.wait_count(1);
  probe.clear();
  const auto store = open_store(daemon.store_url());
  REQUIRE(eventually([&] { return store->count_outbox("iotcardd") == 0; }));
  const std::int64_t version = store->data_version();
  check_well(diagnose(world.dir, daemon));
  const CtlResult people = ctl(world.dir, daemon, {"doctor", "--thorough"});
  CHECK(people.status == 0);
  CHECK_THAT(people.out, Contains("integrity_check finds nothing"));
  CHECK_THAT(people.out, Contains("\nOK    daemon"));
  CHECK_THAT(people.out, Contains("the broker announces no limit"));

  CHECK(store->data_version() == version);
  probe.settle();
  for (const ProbeMessage& message : probe.messages()) {
    CHECK(message.topic.starts_with("iotcard/doctor/"));
  }
  CHECK(probe.messages().size() == 6);  // of each visit one, a status, and the end of the status
  MqttProbe late{world.broker.url()};
  late.subscribe("iotcard/#");
  late.settle();
  CHECK(late.messages().size() == 1);  // the status, and nothing that we left behind
  CHECK(count(daemon.log(), "connected to") == 1);
  CHECK(count(daemon.log(), "trying again") == 0);
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("doctor takes none of the reports that wait for a daemon that is away") {
  constexpr int reports = 50;
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  REQUIRE(daemon.terminate() == 0);
  for (int i = 0; i < reports; ++i) world.report("W" + std::to_string(i), documented_payload);
  const Diagnosis away = diagnose(world.dir, daemon);
  INFO(away.text);
  CHECK(away.status == 1);
  CHECK(away.of("daemon") == "fail");
  CHECK_THAT(away.said("daemon"), Contains("systemctl start iotcardd"));
  CHECK(away.of("session") != "fail");
  CHECK(away.of("publication") == "ok");
  daemon.start();
  for (int i = 0; i < reports; ++i) {
    CHECK(world.wait_for("mismatch/card_unknown/1/W" + std::to_string(i)));
  }
  CHECK(count(daemon.log(), "resumed session") == 1);
}

TEST_CASE("doctor names a mistake in a platform's section, with which no daemon starts") {
  const TempDir dir;
  Daemon daemon{
      dir,
      "mqtt://127.0.0.1:1",
      {.toml = {{"", "[[platform]]\nid = 3\nprofile = \"nobody-has-this\"\n"}}, .start = false}};
  const Diagnosis wrong = diagnose(dir, daemon);
  INFO(wrong.text);
  CHECK(wrong.status == 1);
  CHECK_THAT(wrong.text, Contains("there is no profile \\\"nobody-has-this\\\""));
}

TEST_CASE("doctor names a mistake in the configuration, and goes on with what is known") {
  const TempDir dir;
  Daemon daemon{dir, "mqtt://127.0.0.1:1", {.toml = {{"broker", "keepalive = 3"}}, .start = false}};
  const Diagnosis wrong = diagnose(dir, daemon);
  INFO(wrong.text);
  CHECK(wrong.status == 1);
  CHECK(wrong.of("configuration") == "fail");
  CHECK_THAT(wrong.said("configuration"), Contains(".toml:6: broker.keepalive"));
  CHECK(wrong.of("store") == "skip");
  CHECK(wrong.of("clock") != "no line");
  REQUIRE(ctl(dir, {"--store", daemon.store_url(), "card", "add", documented_iccid}).status == 0);
  CHECK(diagnose(dir, {"--store", daemon.store_url()}).of("store") == "ok");
}

TEST_CASE("doctor says that the broker is down, or does not take the password") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.start = false}};
  world.forget();
  world.broker.stop();
  const Diagnosis down = diagnose(world.dir, daemon);
  CHECK(down.status == 1);
  CHECK(down.of("broker") == "fail");
  CHECK_THAT(down.said("broker"), Contains("no broker listens there"));
  CHECK(down.of("daemon") == "skip");

  const std::string passwords = world.dir.file("passwords");
  Process tool{{.command = {"mosquitto_passwd", "-c", "-b", passwords, "user", "right"},
                .output = world.dir.file("mosquitto_passwd"),
                .env = {},
                .input = {}}};
  REQUIRE(tool.wait() == 0);
  const Mosquitto guarded{world.dir, {.anonymous = false, .lines = {"password_file " + passwords}}};
  const std::string secret = world.dir.file("secret");
  write_file(secret, "wrong\n");
  std::filesystem::permissions(secret, std::filesystem::perms{0644});
  Daemon other{world.dir,
               guarded.url(),
               {.client_id = "other",
                .toml = {{"broker", "username = \"user\"\npassword_file = \"" + secret + "\""}},
                .start = false}};
  const Diagnosis refused = diagnose(world.dir, other);
  CHECK(refused.of("broker") == "fail");
  CHECK_THAT(refused.said("broker"), Contains("refuses the connection"));
  // And the secret is for everybody to read.
  CHECK(refused.of("broker.password_file") == "warn");
  CHECK_THAT(refused.said("broker.password_file"), Contains("chmod 640 " + secret));
  std::filesystem::permissions(secret, std::filesystem::perms{0640});
  write_file(secret, "right\n");
  const Diagnosis mended = diagnose(world.dir, other);
  CHECK(mended.of("broker") == "ok");
  CHECK(mended.of("broker.password_file") == "ok");
}

TEST_CASE("doctor names the subscription that the broker refuses") {
  const TempDir dir;
  const Mosquitto broker{dir, without_subscriptions(dir)};
  for (const std::string protocol : {"5", "3.1.1"}) {
    Daemon daemon{dir,
                  broker.url(),
                  {.toml = {{"broker", "protocol = \"" + protocol + "\""}}, .start = false}};
    const Diagnosis diagnosis = diagnose(dir, daemon);
    INFO(diagnosis.text);
    CHECK(diagnosis.of("broker") == "ok");
    CHECK(diagnosis.of("subscription") == "fail");
    CHECK_THAT(diagnosis.said("subscription"), Contains("/+/+/info/post"));
    CHECK_THAT(diagnosis.text, Contains("let the daemon's account read iotcard/card/+/state/set"));
    CHECK(diagnosis.of("publication") == (protocol == "5" ? "ok" : "skip"));
    CHECK(diagnosis.of("broker queues") == "skip");
    CHECK(diagnosis.of("daemon") == "skip");
  }
}

TEST_CASE("doctor tells a closed event topic from a closed probe topic by what the daemon does") {
  TempDir dir;
  const auto with_acl = [&](const std::string& lines) {
    write_file(dir.file("acl"), lines);
    return Mosquitto::Options{.lines = {"acl_file " + dir.file("acl")}};
  };
  const Mosquitto narrow{dir, with_acl("topic read /+/+/info/post\ntopic readwrite iotcard/status\n"
                                       "topic write iotcard/event/#\n")};
  Daemon daemon{dir, narrow.url()};
  daemon.wait_online();
  const Diagnosis working = diagnose(dir, daemon);
  INFO(working.text);
  CHECK(working.of("publication") == "skip");
  CHECK(working.of("broker queues") == "skip");  // $SYS is closed, too
  CHECK(working.of("daemon") == "ok");
  CHECK(working.status == 0);
  CHECK(daemon.terminate() == 0);

  const Mosquitto closed{dir, with_acl("topic read /+/+/info/post\ntopic read iotcard/status\n")};
  Daemon other{dir, closed.url(), {.client_id = "other", .start = false}};
  const Diagnosis refused = diagnose(dir, other);
  CHECK(refused.of("publication") == "warn");
  CHECK_THAT(refused.said("publication"), Contains("not authorised"));
}

TEST_CASE("doctor tells a store that is missing, no database, or damaged") {
  const TempDir dir;
  Daemon daemon{dir, "mqtt://127.0.0.1:1", {.start = false}};
  const std::string path = dir.file("cards.db");
  const Diagnosis missing = diagnose(dir, daemon);
  CHECK(missing.of("store") == "fail");
  CHECK_THAT(missing.said("store"), Contains("there is no store"));
  CHECK_FALSE(std::filesystem::exists(path));

  write_file(path, std::string(8192, 'x'));
  CHECK(diagnose(dir, daemon).of("store") == "fail");
  CHECK(read_file(path) == std::string(8192, 'x'));
  std::filesystem::remove(path);

  {
    const auto store = open_store(daemon.store_url());
    Transaction transaction{*store};
    for (int i = 0; i < 3000; ++i) {
      add_rejected(*store,
                   {.topic = "t", .payload = std::string(100, 'p'), .size = 100, .arrival = {}},
                   {RejectionReason::empty, 0});
    }
    transaction.commit();
  }
  CHECK(diagnose(dir, daemon).of("store integrity") == "ok");
  std::string bytes = read_file(path);
  bytes.replace(bytes.size() / 2, 40'000, 40'000, '\x7f');
  write_file(path, bytes);
  const Diagnosis damaged = diagnose(dir, daemon);
  INFO(damaged.text);
  CHECK(damaged.status == 1);
  CHECK((damaged.of("store integrity") == "fail" || damaged.of("store") == "fail"));
  CHECK(read_file(path) == bytes);
}

TEST_CASE("doctor counts the reports that wait in the journal") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"intake", "max_backlog = \"1MiB\""}}}};
  daemon.wait_online();
  const auto store = open_store(daemon.store_url());
  store->begin();
  const std::string padding(1000, 'x');
  for (int i = 0; i < 200; ++i) {
    world.report("B", R"({"x":")" + padding + "\"}");
  }
  const Diagnosis waiting = diagnose(world.dir, daemon);
  INFO(waiting.text);
  CHECK(waiting.of("journal backlog") == "warn");
  CHECK(waiting.of("store") == "ok");
  store->rollback();
  REQUIRE(eventually([&] {
    const auto device = store->find_device({"1", "B"});
    return device && device->reports == 200;
  }));
  CHECK(diagnose(world.dir, daemon).of("journal backlog") == "ok");
}

TEST_CASE("doctor passes on that the broker dropped messages for a client that is away") {
  const TempDir dir;
  const Mosquitto broker{
      dir, {.lines = {"max_queued_messages 1", "max_queued_bytes 1", "max_inflight_messages 1"}}};
  Daemon daemon{dir, broker.url(), {.start = false}};
  {
    MqttProbe away{broker.url(), {.client_id = "away", .clean = false}};
    away.subscribe("queue");
    away.disconnect();
  }
  MqttProbe probe{broker.url()};
  for (int i = 0; i < 20; ++i) probe.publish("queue", "x");
  // The broker tells its figures once a second.
  probe.subscribe("$SYS/broker/publish/messages/dropped");
  REQUIRE(probe.wait_until([](const MqttProbe::Messages& messages) {
    return !messages.empty() && messages.back().payload != "0";
  }));
  const Diagnosis dropped = diagnose(dir, daemon);
  INFO(dropped.text);
  CHECK(dropped.of("broker queues") == "warn");
  CHECK_THAT(dropped.said("broker queues"), Contains("max_queued_messages"));
}

TEST_CASE("doctor waits for the broker's figures before it says that a session is gone") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(world.wait_for_status("online"));
  daemon.kill();
  REQUIRE(world.wait_for_status("offline"));
  // The figure of clients that are away may still be that of a second ago.
  const Diagnosis diagnosis = diagnose(world.dir, daemon);
  INFO(diagnosis.text);
  CHECK(diagnosis.of("session") == "skip");
  CHECK_THAT(diagnosis.said("session"), Contains("sessions kept for clients away: "));
}
