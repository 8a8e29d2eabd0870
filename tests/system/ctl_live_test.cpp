// SPDX-License-Identifier: Apache-2.0
// The verbs that talk to a broker, on a real one and with a real daemon.
#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "support/daemon.h"
#include "support/mosquitto.h"
#include "support/mqtt_probe.h"

using namespace iotcard;

namespace {

const std::string one = "898604293620C0000970";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

// A configuration that names the broker; no daemon needed.
std::string write_config(const TempDir& dir, const std::string& url) {
  const std::string path = dir.file("ctl.toml");
  write_file(path, "[broker]\nurl = \"" + url +
                       "\"\n[store]\nurl = \"sqlite:" + dir.file("cards.db") + "\"\n");
  return path;
}

}  // namespace

TEST_CASE("tail shows events as they come, raw or for people, and ends at its count") {
  const TempDir dir;
  Mosquitto mosquitto{dir};
  const std::string config = write_config(dir, mosquitto.url());
  Process raw{{.command = {IOTCARDCTL, "--config", config, "tail", "--json", "--count", "1"},
               .output = dir.file("raw"),
               .env = {},
               .input = {}}};
  Process people{{.command = {IOTCARDCTL, "--config", config, "tail", "--kind", "mismatch",
                              "--device", "1/D1"},
                  .output = dir.file("people"),
                  .env = {},
                  .input = {}}};
  REQUIRE(eventually([&] { return has(raw.err(), "listening to iotcard/event/#"); }));
  REQUIRE(eventually([&] { return has(people.err(), "listening to"); }));
  MqttProbe probe{mosquitto.url()};
  const std::string event =
      R"({"specversion":"1.0","type":"iotcard.mismatch.card_in_use","subject":"1/D1",)"
      R"("time":"2026-11-24T08:00:00.000Z","data":{"iccid":"898604293620C0000970",)"
      R"("suspect":"moved","holder":{"product":"1","number":"D\u001b[2J"}}})";
  probe.publish("iotcard/event/binding/created/1/D1", "{}");
  probe.publish("iotcard/event/mismatch/card_in_use/1/D2", "{}");
  probe.publish("iotcard/event/mismatch/card_in_use/1/D1", event);
  CHECK(raw.wait() == 0);
  CHECK(raw.out() == "{}\n");
  REQUIRE(eventually([&] { return has(people.out(), "\n"); }));
  CHECK(people.out() == "2026-11-24T08:00:00.000Z mismatch.card_in_use           1/D1 " + one +
                            " suspect=moved holder=1/D\\x1b[2J\n");
  people.signal(SIGINT);
  CHECK(people.wait() == 0);
}

TEST_CASE("tail takes several kinds, and says when it is connected again") {
  const TempDir dir;
  Mosquitto mosquitto{dir};
  Process tail{{.command = {IOTCARDCTL, "--config", write_config(dir, mosquitto.url()), "tail",
                            "--kind", "mismatch,binding.created"},
                .output = dir.file("tail"),
                .env = {},
                .input = {}}};
  REQUIRE(eventually([&] { return has(tail.err(), "listening to iotcard/event/mismatch/+/#"); }));
  CHECK(has(tail.err(), "listening to iotcard/event/binding/created/#"));
  CHECK_FALSE(has(tail.err(), "connected again"));
  mosquitto.stop();
  REQUIRE(eventually([&] { return has(tail.err(), "; trying again"); }));
  mosquitto.start();
  REQUIRE(eventually([&] { return has(tail.err(), "connected again"); }));
  MqttProbe probe{mosquitto.url()};
  probe.publish("iotcard/event/binding/created/1/D1", "{}");
  REQUIRE(eventually([&] { return has(tail.out(), "binding/created/1/D1"); }));
  tail.signal(SIGINT);
  CHECK(tail.wait() == 0);
}

TEST_CASE("tail ends when nobody reads its events any more") {
  const TempDir dir;
  Mosquitto mosquitto{dir};
  const std::string config = write_config(dir, mosquitto.url());
  Process tail{{.command = {"sh", "-c",
                            "{ " IOTCARDCTL " --config " + config +
                                " tail; echo \"status $?\" >&2; } | head -1"},
                .output = dir.file("tail"),
                .env = {},
                .input = {}}};
  REQUIRE(eventually([&] { return has(tail.err(), "listening to"); }));
  MqttProbe probe{mosquitto.url()};
  // The first write behind the end of `head` fails, whichever it is.
  REQUIRE(eventually([&] {
    probe.publish("iotcard/event/binding/created/1/D1", "{}");
    return has(tail.err(), "status 1");
  }));
  CHECK(has(tail.err(), "could not write to standard output"));
}

TEST_CASE("a verb says that the broker cannot be reached") {
  const TempDir dir;
  const std::string config = write_config(dir, "mqtt://127.0.0.1:" + std::to_string(free_port()));
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"tail"}, {"device", "ask", "1/D1"}, {"simulate"}}) {
    std::vector<std::string> arguments{"--config", config};
    arguments.insert(arguments.end(), verb.begin(), verb.end());
    const auto result = ctl(dir, arguments);
    CHECK(result.status == 1);
    CHECK(has(result.err, "broker.url"));
  }
  REQUIRE(ctl(dir, {"--config", config, "card", "add", one}).status == 0);
  const auto status = ctl(dir, {"--config", config, "status", "--json"});
  CHECK(status.status == 0);
  const auto object = parse(status.out);
  CHECK(object["store"]["cards"].GetInt() == 1);
  CHECK(object["daemon"].IsNull());
  CHECK(has(object["problem"].GetString(), "broker not reachable"));
}

TEST_CASE("a device is asked by an empty message on its request topic") {
  const TempDir dir;
  Mosquitto mosquitto{dir};
  MqttProbe probe{mosquitto.url()};
  probe.subscribe("/+/+/info/get");
  CHECK(
      ctl(dir, {"--config", write_config(dir, mosquitto.url()), "device", "ask", "1/D1"}).status ==
      0);
  REQUIRE(probe.wait_count(1));
  CHECK(probe.messages()[0].topic == "/1/D1/info/get");
  CHECK(probe.messages()[0].payload.empty());
}

TEST_CASE("a simulated storm with every fault is read, matched or rejected, each report once") {
  const TempDir dir;
  Mosquitto mosquitto{dir};
  Daemon daemon{dir, mosquitto.url()};
  daemon.wait_online();
  const std::string cards = dir.file("storm.csv");
  const std::vector<std::string> storm{"simulate",        "--devices", "300",    "--faults", "all",
                                       "--fault-percent", "40",        "--seed", "7"};
  auto dry = storm;
  dry.insert(dry.end(), {"--dry-run", "--write-cards", cards});
  const auto printed = ctl(dir, daemon, dry);
  CHECK(count(printed.out, "/info/post ") == 300);
  CHECK(ctl(dir, daemon, dry).out == printed.out);
  REQUIRE(ctl(dir, daemon, {"card", "import", cards}).status == 0);

  auto live = storm;
  live.push_back("--json");
  const auto result = ctl(dir, daemon, live);
  CHECK(result.status == 0);
  const auto tally = parse(result.out);
  CHECK(tally["acknowledged"].GetInt() == 300);
  const int truncated = tally["faults"]["truncated"].GetInt();
  CHECK(truncated > 0);
  CHECK(eventually([&] {
    const auto status = parse(ctl(dir, daemon, {"status", "--json"}).out);
    return status["store"]["devices"].GetInt() + status["store"]["rejected"].GetInt() == 300 &&
           status["store"]["outbox"].GetInt() == 0;
  }));
  const auto status = parse(ctl(dir, daemon, {"status", "--json"}).out);
  CHECK(status["store"]["rejected"].GetInt() == truncated);
  CHECK(std::string{status["daemon"]["state"].GetString()} == "online");
  const std::string words = ctl(dir, daemon, {"status"}).out;
  CHECK(words.find("online since 20") != std::string::npos);
  CHECK(words.find(", version ") != std::string::npos);
  CHECK(words.find('{') == std::string::npos);
  CHECK(parse(ctl(dir, daemon, {"rejected", "list", "--json"}).out).Size() ==
        static_cast<unsigned>(truncated));
  CHECK_FALSE(parse(ctl(dir, daemon, {"mismatch", "list", "--json"}).out).Empty());
}

TEST_CASE("the running daemon publishes the events of an operator's change") {
  const TempDir dir;
  Mosquitto mosquitto{dir};
  Daemon daemon{dir, mosquitto.url()};
  daemon.wait_online();
  MqttProbe probe{mosquitto.url()};
  probe.subscribe("iotcard/event/#");
  probe.publish("/1/D1/info/post", R"({"iccid": )" + one + "}");
  REQUIRE(probe.wait_count(1));
  CHECK(probe.messages()[0].topic == "iotcard/event/mismatch/card_unknown/1/D1");

  const auto mismatches = parse(ctl(dir, daemon, {"mismatch", "list", "--json"}).out);
  REQUIRE(mismatches.Size() == 1);
  const std::string id = std::to_string(mismatches[0]["id"].GetInt());
  CHECK(ctl(dir, daemon, {"mismatch", "accept", id}).status == 0);
  REQUIRE(probe.wait_count(3));
  CHECK(probe.messages()[1].topic == "iotcard/event/mismatch/cleared/1/D1");
  CHECK(probe.messages()[2].topic == "iotcard/event/binding/created/1/D1");
  CHECK(ctl(dir, daemon, {"mismatch", "accept", id}).status == 1);
  CHECK(ctl(dir, daemon, {"mismatch", "dismiss", "99"}).status == 1);
}
