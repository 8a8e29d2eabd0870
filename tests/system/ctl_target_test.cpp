// SPDX-License-Identifier: Apache-2.0
// What iotcardctl works on: options, and the variables that stand in for them.
#include <catch2/catch.hpp>
#include <map>

#include "system/desk.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const std::string card = "898604293620C0000970";
using Environment = std::map<std::string, std::string>;

CtlResult run_with(const TempDir& dir, const Environment& env, std::vector<std::string> arguments) {
  static int count = 0;
  arguments.insert(arguments.begin(), IOTCARDCTL);
  Process process{{.command = arguments,
                   .output = dir.file("env-" + std::to_string(++count)),
                   .env = env,
                   .input = {}}};
  const auto status = process.wait();
  REQUIRE(status);
  UNSCOPED_INFO(process.out() << process.err());
  return {*status, process.out(), process.err()};
}

}  // namespace

TEST_CASE("IOTCARDCTL_STORE and IOTCARDCTL_CONFIG name what to work on, and an option wins") {
  Desk desk;
  REQUIRE(desk.run({"card", "add", card}).status == 0);
  const std::string other = "sqlite:" + desk.dir.file("other.db");
  REQUIRE(ctl(desk.dir, {"--store", other, "card", "add", "89860325740000000017"}).status == 0);
  const std::string config = desk.dir.file("c.toml");
  write_file(config, "[store]\nurl = \"" + other + "\"\n");

  CHECK_THAT(run_with(desk.dir, {{"IOTCARDCTL_STORE", desk.store}}, {"card", "list"}).out,
             Contains(card));
  CHECK_THAT(run_with(desk.dir, {{"IOTCARDCTL_CONFIG", config}}, {"card", "list"}).out,
             Contains("89860325740000000017"));
  CHECK_THAT(
      run_with(desk.dir, {{"IOTCARDCTL_CONFIG", config}}, {"--store", desk.store, "card", "list"})
          .out,
      Contains(card));
  CHECK_THAT(
      run_with(desk.dir, {{"IOTCARDCTL_STORE", desk.store}}, {"--config", config, "card", "list"})
          .out,
      Contains("89860325740000000017"));
  // Empty is unset.
  CHECK_THAT(run_with(desk.dir, {{"IOTCARDCTL_CONFIG", config}, {"IOTCARDCTL_STORE", ""}},
                      {"card", "list"})
                 .out,
             Contains("89860325740000000017"));
  const CtlResult broken =
      run_with(desk.dir, {{"IOTCARDCTL_CONFIG", desk.dir.file("none.toml")}}, {"card", "list"});
  CHECK(broken.status == 3);
  CHECK_THAT(broken.err, Contains("none.toml"));
}

TEST_CASE("two answers to what iotcardctl works on are an error that names both") {
  const TempDir dir;
  const CtlResult options =
      ctl(dir, {"--config", "c.toml", "--store", "sqlite:a.db", "card", "list"});
  CHECK(options.status == 2);
  CHECK_THAT(options.err, Contains("--config and --store are both given and exclude each other"));
  CHECK_THAT(ctl(dir, {"--store", "sqlite:a.db", "--api", "https://a", "card", "list"}).err,
             Contains("--store and --api are both given"));
  const CtlResult variables =
      run_with(dir, {{"IOTCARDCTL_STORE", "sqlite:a.db"}, {"IOTCARDCTL_API", "https://a"}},
               {"card", "list"});
  CHECK(variables.status == 2);
  CHECK_THAT(variables.err, Contains("IOTCARDCTL_STORE and IOTCARDCTL_API are both given"));
  CHECK(ctl(dir, {"--token-file", "f", "--store", "sqlite:a.db", "card", "list"}).status == 2);
  CHECK(ctl(dir, {"--insecure-http", "--store", "sqlite:a.db", "card", "list"}).status == 2);
}

TEST_CASE("--help names the variables") {
  const TempDir dir;
  const std::string help = ctl(dir, {"--help"}).out;
  for (const char* name :
       {"IOTCARDCTL_CONFIG", "IOTCARDCTL_STORE", "IOTCARDCTL_API", "IOTCARDCTL_TOKEN_FILE"}) {
    CHECK_THAT(help, Contains(name));
  }
}
