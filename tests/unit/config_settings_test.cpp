// SPDX-License-Identifier: Apache-2.0
// The settings in force: every key of the reference, where it comes from, and no secret.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "config/config.h"
#include "operations/settings.h"

using namespace iotcard;

namespace {

std::map<std::string, SettingInForce> settings_of(const std::string& toml) {
  std::map<std::string, SettingInForce> settings;
  for (const SettingInForce& setting : parse_config(toml, "t.toml").settings) {
    CHECK(settings.emplace(setting.key, setting).second);  // each once
  }
  return settings;
}

// "broker.url" of each line `#url = …` in [broker] of the reference.
std::set<std::string> keys_of_reference() {
  std::ifstream file{IOTCARD_SOURCE_DIR "/examples/iotcardd.toml"};
  std::set<std::string> keys;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) line.erase(0, 1);
    if (line.starts_with('[')) {
      section = line.substr(line.find_first_not_of('['));
      section.erase(section.find(']'));
      continue;
    }
    const std::size_t equals = line.find(" = ");
    const bool is_key =
        equals != line.npos && line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == equals;
    if (is_key) keys.insert(section + '.' + line.substr(0, equals));
  }
  return keys;
}

}  // namespace

TEST_CASE("the settings in force have every key of the reference") {
  const auto settings = settings_of(R"(
[[reports.source]]
topics = ["router/{device}/iccid"]
product = "rutx"
[[platform]]
id = 1
appid = "102420000001"
secret_file = "/etc/secret"
[[webhook]]
name = "ops"
url = "https://ops.example/hook?key=abc"
secret_file = "/etc/secret"
)");
  std::set<std::string> keys;
  for (const auto& [key, setting] : settings) {
    std::string plain = key;
    if (const auto at = plain.find("[1]"); at != plain.npos) plain.erase(at, 3);
    keys.insert(plain);
  }
  for (const std::string& key : keys_of_reference()) {
    INFO(key);
    CHECK(keys.contains(key));
  }
  CHECK(keys_of_reference().size() > 60);
}

TEST_CASE("a setting has its value as the file spells it, and its line") {
  const auto settings = settings_of(R"([broker]
url = "mqtt://broker:1883"
keep_alive = "120s"
[reports]
max_bytes = "64KiB"
[events]
mute = ["binding.confirmed"]
[intake]
max_backlog = 3000000
[[platform]]
id = 7
rate = "600/m"
)");
  const auto check = [&](const char* key, const char* value, int line) {
    INFO(key);
    REQUIRE(settings.contains(key));
    CHECK(settings.at(key).value == value);
    CHECK(settings.at(key).line == line);
  };
  check("broker.url", "mqtt://broker:1883", 2);
  check("broker.keep_alive", "2m", 3);
  check("broker.protocol", "auto", 0);
  check("broker.username", "", 0);
  check("broker.session_expiry", "7d", 0);
  check("reports.max_bytes", "64KiB", 5);
  check("reports.topics", R"(["/{product}/{device}/info/post"])", 0);
  check("reports.qos", "1", 0);
  check("events.mute", R"(["binding.confirmed"])", 7);
  check("events.dismissed", "false", 0);
  check("binding.on_conflict", "hold", 0);
  check("intake.max_backlog", "3000000", 9);
  check("intake.keep", "0s", 0);
  check("log.level", "info", 0);
  check("platform[1].id", "7", 11);
  check("platform[1].rate", "600/m", 12);
  check("platform[1].interval", "", 0);
  CHECK(settings_of("").at("events.mute").value == R"(["report.no_card"])");
  CHECK(settings.at("intake.dir").restart);
  CHECK_FALSE(settings.at("broker.url").restart);
}

TEST_CASE("no secret is among the settings, nor the path of a webhook") {
  const Config config = parse_config(R"(
[[platform]]
id = 1
appid = "102420000001"
secret_file = "/etc/simboss"
[[webhook]]
name = "ops"
url = "https://ops.example/hook?key=abc"
secret_file = "/etc/hook"
)",
                                     "t.toml");
  JsonText json;
  write_settings(json, {"t.toml", config.settings});
  const std::string text = json.take();
  CHECK(text.find("102420000001") == std::string::npos);
  CHECK(text.find("abc") == std::string::npos);
  CHECK(text.find(R"("value":"https://ops.example/…")") != std::string::npos);
  CHECK(text.find(R"({"key":"platform[1].appid","value":null,"origin":"file","line":4,)"
                  R"("secret":true,"restart":false})") != std::string::npos);
  CHECK(text.find(R"("key":"platform[1].secret_file","value":"/etc/simboss")") !=
        std::string::npos);
}
