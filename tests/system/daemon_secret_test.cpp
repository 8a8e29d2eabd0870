// SPDX-License-Identifier: Apache-2.0
// A secret stays in its file: neither the daemon nor the operator's tool repeats it, whatever goes
// wrong with it. And what the journal is told of that, with which priority.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <sstream>

#include "system/watched_broker.h"

using namespace iotcard;

namespace {

const std::string secret = "correct-horse-7";
const std::string wrong_secret = "battery-staple-8";

bool has_secret(const std::string& text) {
  return text.find("correct") != std::string::npos || text.find("battery") != std::string::npos;
}

}  // namespace

TEST_CASE("a password is in no log, no output and no argument, whatever the broker says to it") {
  const TempDir dir;
  const Mosquitto broker{dir, with_password(dir, secret)};
  const std::string file = dir.file("iotcardd.broker-password");
  write_file(file, wrong_secret + "\n");
  Daemon daemon{
      dir,
      broker.url(),
      {.toml = {{"broker",
                 "username = \"user\"\n"
                 "password_file = \"$CREDENTIALS_DIRECTORY/iotcardd.broker-password\"\n"}},
       .env = {{"CREDENTIALS_DIRECTORY", dir.path()}}}};
  REQUIRE(daemon.wait_for_log("refuses the connection"));
  CHECK_FALSE(
      has_secret(read_file("/proc/" + std::to_string(daemon.process().pid()) + "/cmdline")));

  // The path may be told, and helps.
  std::filesystem::remove(file);
  REQUIRE(daemon.wait_for_log("cannot read the password from " + file));

  write_file(file, secret + "\n");
  REQUIRE(daemon.wait_for_log("connected to "));
  const CtlResult status = ctl(dir, daemon, {"status"});
  CHECK_FALSE(has_secret(status.out + status.err));
  Process check{{.command = {IOTCARDD, "--check-config", "--config", daemon.config_path()},
                 .output = dir.file("check"),
                 .env = {},
                 .input = {}}};
  CHECK(check.wait() == 0);
  CHECK_FALSE(has_secret(check.out() + check.err()));
  CHECK(daemon.terminate() == 0);
  CHECK_FALSE(has_secret(daemon.log()));
}

TEST_CASE("a password in the configuration is refused and not repeated") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url()};
  daemon.wait_online();
  int reloads = 0;
  for (const char* line : {"password = \"correct-horse\"", "password = \"correct-horse",
                           "password = correct-horse", "pasword = \"correct-horse\""}) {
    CAPTURE(line);
    daemon.write_config({{"broker", line}});
    Process check{{.command = {IOTCARDD, "--check-config", "--config", daemon.config_path()},
                   .output = world.dir.file("check-" + std::to_string(++reloads)),
                   .env = {},
                   .input = {}}};
    CHECK(check.wait() == 3);
    CHECK(check.err().rfind(daemon.config_path() + ":", 0) == 0);
    CHECK_FALSE(has_secret(check.out() + check.err()));
    const CtlResult result = ctl(world.dir, daemon, {"status"});
    CHECK(result.status != 0);
    CHECK_FALSE(has_secret(result.out + result.err));
    const std::size_t before = daemon.log().size();
    daemon.process().signal(SIGHUP);
    REQUIRE(eventually(
        [&] { return daemon.log().substr(before).find("not reloaded") != std::string::npos; }));
  }
  CHECK(daemon.terminate() == 0);
  CHECK_FALSE(has_secret(daemon.log()));
}

TEST_CASE("a password in store.url is not repeated by the error that refuses it") {
  const TempDir dir;
  write_file(dir.file("c.toml"), "[store]\nurl = \"postgresql://user:correct-horse@h/cards\"\n");
  Process run{{.command = {IOTCARDD, "--config", dir.file("c.toml")},
               .output = dir.file("run"),
               .env = {},
               .input = {}}};
  CHECK(run.wait() == 3);
  CHECK(run.err().find("store.url: expected sqlite:PATH") != std::string::npos);
  CHECK_FALSE(has_secret(run.out() + run.err()));
}

TEST_CASE("under the journal, every line carries its priority") {
  WatchedBroker world;
  const std::string log = world.dir.file("iotcardd-log.err");
  Daemon daemon{world.dir, world.broker.url(), {.env = {{"JOURNAL_STREAM", journal_stream(log)}}}};
  daemon.wait_online();
  daemon.write_config({{"broker", "urll = \"x\"\npassword = \"y\"\n"}});
  daemon.process().signal(SIGHUP);
  REQUIRE(daemon.wait_for_log("broker.password"));
  daemon.terminate();
  daemon.start();  // with that file it ends at once
  CHECK(daemon.process().wait() == 3);

  std::istringstream lines{daemon.log()};
  int errors = 0;
  int life_cycle = 0;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    errors += line.rfind("<3>", 0) == 0 ? 1 : 0;
    life_cycle += line.rfind("<6>", 0) == 0 ? 1 : 0;
    CHECK(line.rfind("<", 0) == 0);
    if (line.find("expected") != std::string::npos) CHECK(line.rfind("<3>", 0) == 0);
  }
  CHECK(errors == 5);  // "not reloaded" and two mistakes, and these again
  CHECK(life_cycle >= 3);
}

TEST_CASE("a variable of another service's does not make a terminal the journal") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.env = {{"JOURNAL_STREAM", "8:1"}}}};
  daemon.wait_online();
  CHECK(daemon.log().rfind("<", 0) == std::string::npos);
}
