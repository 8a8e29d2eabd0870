// SPDX-License-Identifier: Apache-2.0
// The log: its times are UTC and say so, its level and format come from the configuration and from
// a reload, and hostile text stays one valid line.
#include <rapidjson/document.h>

#include <csignal>
#include <regex>
#include <sstream>

#include "base/time.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void check_json_line(const std::string& line) {
  CAPTURE(line);
  rapidjson::Document json;
  json.Parse(line.c_str());
  REQUIRE(json.IsObject());
  static const std::regex utc{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"};
  CHECK(std::regex_match(json["time"].GetString(), utc));
  const std::string level = json["level"].GetString();
  CHECK((level == "info" || level == "warning" || level == "error"));
  CHECK(json["message"].IsString());
  CHECK(json["thread"].GetStringLength() > 0);
}

}  // namespace

TEST_CASE("the text log is in UTC and says so, wherever the machine is") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.env = {{"TZ", "Asia/Shanghai"}}}};
  const std::string before = to_rfc3339(SystemClock{}.now());
  daemon.wait_online();
  static const std::regex line{R"((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) info: .*)"};
  const auto lines = lines_of(daemon.log());
  REQUIRE_FALSE(lines.empty());
  for (const std::string& text : lines) {
    CAPTURE(text);
    std::smatch found;
    REQUIRE(std::regex_match(text, found, line));
    CHECK(found[1].str().substr(0, 13) >= before.substr(0, 13));  // the hour of UTC
    CHECK(found[1].str().substr(0, 13) <= to_rfc3339(SystemClock{}.now()).substr(0, 13));
  }
}

TEST_CASE("a log in JSON has an object on each line, also of hostile text and at the end") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"log", "format = \"json\""}}}};
  daemon.wait_online();
  // Text that others made up comes into the log.
  MqttProbe{world.broker.url()}.publish(
      "iotcard/status", "{\"state\":\"online\",\"client\":\"x\\\"}\\n<3>\\u001b[2J\\u202e\"}");
  REQUIRE(daemon.wait_for_log("publishes on iotcard/status too"));
  daemon.write_config({{"log", "format = \"json\""}, {"broker", "urll = \"\\u0007\""}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log("not reloaded"));
  CHECK(daemon.terminate() == 0);
  const std::string log = daemon.log();
  CHECK(log.find('\x1b') == std::string::npos);
  CHECK(log.find("\u202e") == std::string::npos);
  for (const std::string& line : lines_of(log)) check_json_line(line);
}

TEST_CASE("an error that ends the start is in the format of the log") {
  const TempDir dir;
  Daemon daemon{
      dir,
      "mqtt://127.0.0.1:1",
      {.store_url = "sqlite:" + dir.file("none/cards.db"), .toml = {{"log", "format = \"json\""}}}};
  CHECK(daemon.process().wait() == 1);
  const auto lines = lines_of(daemon.process().err());
  REQUIRE(lines.size() == 1);
  check_json_line(lines[0]);
  CHECK(lines[0].find("there is no folder") != std::string::npos);
}

TEST_CASE("a reload changes the level and the format of the log") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.toml = {{"log", "level = \"warning\""}}}};
  daemon.wait_online();
  CHECK(daemon.log().empty());
  daemon.write_config({{"log", "level = \"info\"\nformat = \"json\""}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log(": reloaded\""));
  for (const std::string& line : lines_of(daemon.log())) check_json_line(line);
  daemon.write_config({{"log", "level = \"loud\""}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log("log.level: expected one of"));
  daemon.write_config({{"log", "level = \"error\""}});
  daemon.process().signal(SIGHUP);
  CHECK(daemon.terminate() == 0);  // SIGHUP, the lower number, is taken first
  CHECK(daemon.times_in_log(": reloaded") == 1);
  CHECK(daemon.times_in_log("stopping") == 0);
  CHECK(daemon.times_in_log("stopped; ") == 0);
}

TEST_CASE("under the journal a line of JSON carries its priority, too") {
  WatchedBroker world;
  const std::string log = world.dir.file("iotcardd-log.err");
  Daemon daemon{
      world.dir,
      world.broker.url(),
      {.toml = {{"log", "format = \"json\""}}, .env = {{"JOURNAL_STREAM", journal_stream(log)}}}};
  daemon.wait_online();
  for (const std::string& line : lines_of(daemon.log())) {
    CAPTURE(line);
    REQUIRE(line.rfind("<6>{", 0) == 0);
    check_json_line(line.substr(3));
  }
}
