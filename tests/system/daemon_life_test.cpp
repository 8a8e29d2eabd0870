// SPDX-License-Identifier: Apache-2.0
// The daemon as a service: status topic, signals, broker away, wrong configuration.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "support/rabbitmq.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

struct Run {
  std::optional<int> status;
  std::string out;
  std::string err;
};

Run run(const TempDir& dir, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), IOTCARDD);
  Process process{{.command = arguments, .output = dir.file("run"), .env = {}, .input = {}}};
  const auto status = process.wait();
  return {status, process.out(), process.err()};
}

}  // namespace

TEST_CASE("the status topic tells a late subscriber how the daemon fares") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(world.wait_for_status(R"("state":"online")"));
  {
    MqttProbe late{world.broker.url()};
    late.subscribe("iotcard/status");
    REQUIRE(late.wait_count(1));
    CHECK(late.messages()[0].retained);
    CHECK(late.messages()[0].payload.find(R"("state":"online","version":")") != std::string::npos);
  }
  CHECK(daemon.terminate() == 0);
  CHECK(world.wait_for_status(R"("state":"offline")"));
  daemon.start();
  REQUIRE(world.wait_for_status(R"("state":"online")"));
  daemon.kill();
  CHECK(world.wait_for_status(R"("state":"offline")"));  // the last will
}

TEST_CASE("a daemon started before its broker works once that is there") {
  WatchedBroker world;
  world.forget();
  world.broker.stop();
  Daemon daemon{world.dir, world.broker.url()};
  REQUIRE(daemon.wait_for_log("trying again"));
  world.broker.start();
  world.watch();
  REQUIRE(world.wait_for_status(R"("state":"online")"));
  world.report("D1", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/1/D1"));
}

TEST_CASE("a broker that restarts, with its sessions or without, is found again") {
  for (const bool persistent : {true, false}) {
    DYNAMIC_SECTION((persistent ? "with" : "without") << " sessions") {
      WatchedBroker world;
      Daemon daemon{world.dir, world.broker.url()};
      daemon.wait_online();
      world.forget();
      world.broker.stop();
      if (!persistent) std::filesystem::remove(world.dir.file("mosquitto.db"));
      world.broker.start();
      world.watch();
      REQUIRE(world.wait_for_status(R"("state":"online")"));
      REQUIRE(eventually([&] {  // subscribed again
        world.report("D1", documented_payload);
        return !world.seen().empty();
      }));
    }
  }
}

TEST_CASE("RabbitMQ takes reports and events in the newest version of MQTT that it speaks") {
  REQUIRE(Rabbitmq::installed());
  const TempDir dir;
  const Rabbitmq broker{dir};
  Daemon daemon{dir, broker.url()};
  INFO(broker.tail());
  REQUIRE(daemon.wait_for_log(Rabbitmq::speaks_mqtt5() ? "with MQTT 5" : "with MQTT 3.1.1"));
  MqttProbe events{broker.url(), {.mqtt5 = false}};
  events.subscribe("iotcard/event/#");
  events.publish("/1/D1/info/post", documented_payload);
  CHECK(events.wait_count(1));
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("SIGHUP takes over a good file and says why not for a bad one") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  add_card(world.dir, daemon, documented_iccid);
  daemon.wait_online();
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/A"));

  daemon.write_config({{"binding", "on_conflict = \"sometimes\""}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log("not reloaded"));
  CHECK(daemon.wait_for_log("binding.on_conflict: expected one of"));
  world.report("B", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/B"));

  daemon.write_config({{"binding", "on_conflict = \"follow\""}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log(": reloaded"));
  world.report("B", documented_payload);
  CHECK(world.wait_for("binding/created/1/B"));

  daemon.write_config({{"events", "prefix = \"other\""}, {"store", ""}});
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a reload with a broken token file changes nothing else either") {
  WatchedBroker world;
  const std::string tokens = world.dir.file("tokens");
  write_file(tokens, "ops write operator-token-0123456789\n");
  std::filesystem::permissions(tokens, std::filesystem::perms{0600});
  const std::map<std::string, std::string> api{{"api", "token_file = \"" + tokens + "\""}};
  Daemon daemon{world.dir, world.broker.url(), {.toml = api, .api = true}};
  add_card(world.dir, daemon, documented_iccid);
  daemon.wait_online();
  world.report("A", documented_payload);
  REQUIRE(world.wait_for("binding/created/1/A"));

  write_file(tokens, "ops write short\n");
  auto follow = api;
  follow["binding"] = "on_conflict = \"follow\"";
  daemon.write_config(follow);
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log("not reloaded"));
  world.report("B", documented_payload);
  REQUIRE(world.wait_for("mismatch/card_in_use/1/B"));
  world.events->settle();
  for (const std::string& topic : world.seen()) CHECK(topic != "binding/created/1/B");
}

TEST_CASE("a reload does not wait for a FIFO in the place of a file") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  const std::string& config = daemon.config_path();
  std::filesystem::rename(config, config + ".kept");
  REQUIRE(mkfifo(config.c_str(), 0600) == 0);
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log(config + ": cannot read this configuration file: a FIFO"));
  std::filesystem::rename(config + ".kept", config);
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log(": reloaded"));
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("a reload that names other topics subscribes to them") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  daemon.write_config({{"reports", "topics = [\"fleet/{product}/{device}\"]"}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log(": reloaded"));
  daemon.wait_online();
  MqttProbe{world.broker.url()}.publish("fleet/9/D1", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/9/D1"));
  // And those that it does not name any more are taken back at the broker.
  world.report("OLD", documented_payload);
  MqttProbe{world.broker.url()}.publish("fleet/9/D2", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/9/D2"));
  for (const std::string& topic : world.seen()) CHECK(topic.find("OLD") == std::string::npos);
  for (const std::string& topic : world.seen()) CHECK(topic.rfind("report/rejected", 0) != 0);
}

TEST_CASE("exit status and message tell a wrong call from a wrong file") {
  const TempDir dir;
  CHECK(run(dir, {"--version"}).status == 0);
  CHECK(run(dir, {"--version"}).out.rfind("iotcardd ", 0) == 0);
  CHECK(run(dir, {"--help"}).status == 0);
  CHECK(run(dir, {"--nonsense"}).status == 2);
  const Run missing = run(dir, {"--config", dir.file("none.toml")});
  CHECK(missing.status == 3);
  CHECK(missing.err.find(dir.file("none.toml")) != std::string::npos);

  write_file(dir.file("bad.toml"), "[broker]\nurll = \"x\"\n");
  const Run bad = run(dir, {"--config", dir.file("bad.toml"), "--check-config"});
  CHECK(bad.status == 3);
  CHECK(bad.err.ends_with(dir.file("bad.toml") +
                          ":2: broker.urll: unknown key, did you mean \"url\"?\n"));
  const std::string good = "[store]\nurl = \"sqlite:" + dir.file("x.db") +
                           "\"\n[intake]\ndir = \"" + dir.file("intake") + "\"\n";
  write_file(dir.file("good.toml"), good);
  CHECK(run(dir, {"--config", dir.file("good.toml"), "--check-config"}).status == 0);
  CHECK_FALSE(std::filesystem::exists(dir.file("x.db")));  // it opens nothing

  write_file(dir.file("x.db"), "this is no database, whatever its name may say of it");
  const Run no_store = run(dir, {"--config", dir.file("good.toml")});
  CHECK(no_store.status == 1);
  CHECK(no_store.err.find(dir.file("x.db")) != std::string::npos);
}
