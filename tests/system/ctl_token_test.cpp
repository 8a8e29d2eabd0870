// SPDX-License-Identifier: Apache-2.0
// token add, token list and token remove, on the file of a running daemon.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/http_client.h"
#include "system/watched_broker.h"

using namespace iotcard;
using Catch::Contains;

namespace {

std::string one_line(const std::string& text) {
  REQUIRE(text.ends_with('\n'));
  return text.substr(0, text.size() - 1);
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a token works once the daemon has reloaded, and no longer once it is removed") {
  WatchedBroker world;
  const std::string file = world.dir.file("tokens");
  write_file(file, "# the console on the wall\nconsole read plain-token-0123456789\n");
  chmod(file.c_str(), 0640);
  Daemon daemon{world.dir,
                world.broker.url(),
                {.toml = {{"api", "token_file = \"" + file + "\""}}, .api = true}};
  daemon.wait_online();
  const auto status = [&](const std::string& token) {
    return http_get(daemon.api_port(), "/card/list", {{"Authorization", "Bearer " + token}}).status;
  };
  const auto reload = [&] {
    const std::size_t before = daemon.times_in_log("reloaded");
    daemon.process().signal(SIGHUP);
    REQUIRE(eventually([&] { return daemon.times_in_log("reloaded") > before; }));
  };

  const CtlResult added = ctl(world.dir, daemon, {"token", "add", "ops", "--read"});
  CHECK(added.status == 0);
  const std::string token = one_line(added.out);
  CHECK(token.size() == 64);
  CHECK_THAT(added.err, Contains("it is not shown again") && Contains("SIGHUP"));
  const std::string text = read_file(file);
  CHECK(text.rfind("# the console on the wall\nconsole read plain-token-0123456789\nops read sha",
                   0) == 0);
  CHECK_THAT(text, !Contains(token));
  CHECK(mode_of(file) == 0640);
  CHECK(status(token) == 401);
  reload();
  CHECK(status(token) == 200);
  CHECK(status("plain-token-0123456789") == 200);

  const CtlResult twice = ctl(world.dir, daemon, {"token", "add", "ops", "--write"});
  CHECK(twice.status == 1);
  CHECK_THAT(twice.err, Contains("has a token of ops already"));
  CHECK(read_file(file) == text);

  const CtlResult list = ctl(world.dir, daemon, {"token", "list", "--json"});
  CHECK(list.out ==
        "[\n{\"name\":\"console\",\"scope\":\"read\",\"hashed\":false},\n"
        "{\"name\":\"ops\",\"scope\":\"read\",\"hashed\":true}\n]\n");

  CHECK(ctl(world.dir, daemon, {"token", "remove", "ops"}).status == 0);
  CHECK(read_file(file) == "# the console on the wall\nconsole read plain-token-0123456789\n");
  reload();
  CHECK(status(token) == 401);
  CHECK(status("plain-token-0123456789") == 200);

  CHECK(ctl(world.dir, daemon, {"token", "remove", "console"}).status == 0);
  reload();
  CHECK(status("plain-token-0123456789") == 401);
  CHECK(http_get(daemon.api_port(), "/card/list").status == 401);
  CHECK(ctl(world.dir, daemon, {"token", "remove", "console"}).status == 1);
}

TEST_CASE("a new token file is for its owner alone, and its folder must be there") {
  const TempDir dir;
  const auto config = [&](const std::string& file) {
    write_file(dir.file("c.toml"), "[api]\ntoken_file = \"" + file + "\"\n");
    return dir.file("c.toml");
  };
  const std::string file = dir.file("tokens");
  const CtlResult made =
      ctl(dir, {"--config", config(file), "--json", "token", "add", "ann", "--write"});
  CHECK(made.status == 0);
  CHECK(made.out.rfind(R"({"name":"ann","scope":"write","token":")", 0) == 0);
  CHECK((mode_of(file) == 0600 || mode_of(file) == 0640));
  CHECK((mode_of(file) & 0007) == 0);

  const CtlResult nowhere =
      ctl(dir, {"--config", config(dir.file("none/tokens")), "token", "add", "ann", "--write"});
  CHECK(nowhere.status == 1);
  CHECK(nowhere.out.empty());
  CHECK_THAT(nowhere.err, Contains("none/tokens") && Contains("No such file"));

  CHECK(ctl(dir, {"--config", config(file), "token", "add", "bob"}).status == 2);
  CHECK(ctl(dir, {"--config", config(file), "token", "add", "bob", "--read", "--write"}).status ==
        2);
}

TEST_CASE("a token file with a mistake, or that others may read, is left as it is") {
  const TempDir dir;
  const std::string file = dir.file("tokens");
  write_file(dir.file("c.toml"), "[api]\ntoken_file = \"" + file + "\"\n");
  const auto add = [&] {
    return ctl(dir, {"--config", dir.file("c.toml"), "token", "add", "ann", "--read"});
  };
  write_file(file, "ops admin plain-token-0123456789\n");
  chmod(file.c_str(), 0600);
  CHECK(add().status == 1);
  CHECK_THAT(add().err, Contains("tokens:1: expected \"read\" or \"write\""));
  write_file(file, "ops read plain-token-0123456789\n");
  chmod(file.c_str(), 0644);
  CHECK_THAT(add().err, Contains("others may read this file"));
  CHECK(read_file(file) == "ops read plain-token-0123456789\n");
}
