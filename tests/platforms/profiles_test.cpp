// SPDX-License-Identifier: Apache-2.0
// The shipped profiles as files: they are all there, they load, and there is nothing in them that
// should not be.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "platform/profile.h"
#include "platforms/dialect_cases.h"
#include "support/platforms/dialect.h"
#include "support/wait.h"

using namespace iotcard;

namespace {

const std::string folder = IOTCARD_SOURCE_DIR "/examples/platforms";

std::set<std::string> shipped() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    if (entry.path().extension() == ".toml") names.insert(entry.path().stem());
  }
  return names;
}

}  // namespace

TEST_CASE("sixteen profiles are shipped, each with a case and a dialect to try it on") {
  const std::set<std::string> expected = {
      "jasper",          "unicom-cmp",  "onelink-v5",    "ctwing-5gcmp",
      "simboss",         "quectel-cmp", "huawei-gsl",    "1nce",
      "emnify",          "soracom",     "hologram",      "telnyx",
      "twilio-supersim", "onomondo",    "kore-supersim", "verizon-thingspace"};
  CHECK(shipped() == expected);
  std::set<std::string> cases;
  for (const DialectCase& one : dialect_cases()) cases.insert(one.profile);
  CHECK(cases == expected);
  const auto dialects = simulated::dialect_names();
  CHECK(std::set<std::string>(dialects.begin(), dialects.end()) == expected);
}

TEST_CASE("each shipped profile loads without a mistake and is found by its name") {
  std::set<std::string> names;
  for (const std::string& name : shipped()) {
    INFO(name);
    const auto path = find_profile(name, {folder});
    REQUIRE(path);
    std::shared_ptr<const Profile> profile;
    REQUIRE_NOTHROW(profile = load_profile(*path));
    CHECK(names.insert(profile->name).second);
    CHECK(profile->limits.concurrency >= 1);
    CHECK(profile->can(CardAction::suspend) == profile->can(CardAction::resume));
  }
}

TEST_CASE("a shipped profile takes its secrets as settings, and all that lets one in is one") {
  for (const DialectCase& one : dialect_cases()) {
    INFO(one.profile);
    const auto profile = load_profile(folder + "/" + one.profile + ".toml");
    const Setting* secret = profile->find_setting(one.secret);
    CHECK((secret != nullptr && secret->secret));
    const std::string text = read_file(folder + "/" + one.profile + ".toml");
    for (const auto& [name, value] : simulated::make_dialect(one.profile)->settings()) {
      INFO(name);
      CHECK(text.find("[settings." + name + "]") != std::string::npos);
      // A secret has no default.
      const std::size_t section = text.find("[settings." + name + "]");
      const std::string body = text.substr(section, text.find("\n[", section) - section);
      if (body.find("secret = true") != std::string::npos) {
        CHECK(body.find("default") == std::string::npos);
      }
    }
  }
}

TEST_CASE("a shipped profile speaks https and has no credentials in its address") {
  for (const std::string& name : shipped()) {
    INFO(name);
    const auto profile = load_profile(folder + "/" + name + ".toml");
    if (profile->base_url.empty()) continue;  // the customer's own
    CHECK(profile->base_url.rfind("https://", 0) == 0);
    CHECK(profile->base_url.find('@') == std::string::npos);
  }
}

TEST_CASE("a shipped profile says as of when it was read") {
  for (const std::string& name : shipped()) {
    INFO(name);
    CHECK(read_file(folder + "/" + name + ".toml").find("\n# As of 20") != std::string::npos);
  }
}

TEST_CASE("no shipped profile has the lock of a card set by what a network has seen") {
  for (const DialectCase& one : dialect_cases()) CHECK(one.found.count("imei") == 0);
}
