// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/duration.h"
#include "unit/config_mistakes.h"

using namespace iotcard;

namespace {

const std::string sample_path = std::string{IOTCARD_SOURCE_DIR} + "/examples/iotcardd.toml";

std::string sample() {
  std::ifstream file{sample_path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "#key = value" and "#[[section]]" are settings; prose has a blank behind the sign.
std::string uncommented(const std::string& text) {
  std::istringstream lines{text};
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    result += (setting ? line.substr(1) : line) + '\n';
  }
  return result;
}

}  // namespace

TEST_CASE("the sample configuration is valid and changes nothing") {
  const Config defaults = parse_config("", "empty");
  const Config loaded = load_config(sample_path);
  CHECK(loaded.broker == defaults.broker);
  CHECK(loaded.reports == defaults.reports);
  CHECK(loaded.events == defaults.events);
  CHECK(loaded.intake == defaults.intake);
  CHECK(loaded.retention == defaults.retention);
}

TEST_CASE("every key of the sample is known and has its default value there") {
  std::string text = uncommented(sample());
  text = std::regex_replace(text, std::regex{"mqtt://127.0.0.1:1883"}, "mqtts://127.0.0.1:8883");
  const Config all = parse_config(text, "sample");
  const Config defaults;
  CHECK(all.broker.keep_alive == defaults.broker.keep_alive);
  CHECK(all.broker.session_expiry == defaults.broker.session_expiry);
  CHECK(all.broker.client_id == defaults.broker.client_id);
  CHECK(all.broker.protocol == defaults.broker.protocol);
  REQUIRE(all.reports.sources.size() == 1);
  ReportsConfig reports = all.reports;
  reports.sources.clear();
  CHECK(reports == defaults.reports);
  CHECK(all.events == defaults.events);
  CHECK(all.on_conflict == defaults.on_conflict);
  CHECK(all.store_url == defaults.store_url);
  CHECK(all.intake == defaults.intake);
  CHECK(all.retention == defaults.retention);
  CHECK(all.api.listen == defaults.api.listen);
  CHECK(all.api.cors_origins == defaults.api.cors_origins);
  CHECK(all.api.session_lifetime == defaults.api.session_lifetime);
  CHECK(all.api.connections == defaults.api.connections);
  CHECK(all.api.streams == defaults.api.streams);
  CHECK(all.alerts.usage_percent == defaults.alerts.usage_percent);
  CHECK(all.alerts.expires_within == defaults.alerts.expires_within);
  CHECK(all.device_silent == defaults.device_silent);
  CHECK(all.refresh == defaults.refresh);
  REQUIRE(all.platforms.size() == 1);
  CHECK(all.platforms[0].rate == Rate{5, std::chrono::seconds{1}});
  CHECK(all.platforms[0].where.rfind("sample:", 0) == 0);
  CHECK(all.platforms[0].values.count("secret_file") == 1);
  REQUIRE(all.webhooks.size() == 1);
  CHECK(all.webhooks[0].timeout == WebhookSettings{}.timeout);
  CHECK(all.webhooks[0].allow_insecure == WebhookSettings{}.allow_insecure);
}

TEST_CASE("the sample has every key that the loader reads") {
  // A section with one unknown key makes the loader list what it knows.
  for (const std::string section : {"broker", "reports", "events", "binding", "store", "intake",
                                    "retention", "api", "alerts", "refresh"}) {
    const std::string text = mistakes("[" + section + "]\nqqqqqqqqqq = 1\n");
    const std::size_t list = text.find("one of ");
    REQUIRE(list != std::string::npos);
    std::istringstream keys{text.substr(list + 7)};
    for (std::string key; std::getline(keys, key, ',');) {
      key.erase(0, key.find_first_not_of(' '));
      CAPTURE(section, key);
      const bool is_section = sample().find("\n#[[" + section + "." + key) != std::string::npos;
      CHECK((is_section || sample().find("\n#" + key + " = ") != std::string::npos));
    }
  }
}

TEST_CASE("all mistakes are reported at once, each with file, line and key") {
  CHECK(mistakes("[broker]\nkeep_alive = \"30\"\n").rfind("x.toml:2: broker.keep_alive: ", 0) == 0);
  CHECK(mistakes("[broker]\nkeep_alive = 30\n").rfind("x.toml:2: broker.keep_alive: ", 0) == 0);
  const std::string several =
      mistakes("[intake]\nsync = \"often\"\n[reports]\nqos = 2\ntopics = [\"/a/b\"]\n[nothing]\n");
  CHECK(std::count(several.begin(), several.end(), '\n') == 3);
  CHECK(several.find("x.toml:2: intake.sync: expected one of \"none\", \"batch\", \"each\"") !=
        std::string::npos);
  CHECK(several.find("x.toml:6: nothing: unknown section") != std::string::npos);
  CHECK(mistakes("a = = b").rfind("x.toml:1: ", 0) == 0);
}

TEST_CASE("a misspelled key is reported with the nearest known key") {
  CHECK(mistakes("[broker]\nclientid = \"x\"\n") ==
        "x.toml:2: broker.clientid: unknown key, did you mean \"client_id\"?");
}

TEST_CASE("a key with a line break is reported on one line") {
  CHECK(mistakes("[\"a\\nb\"]").find("x.toml:1: a\\x0ab: unknown section") == 0);
  CHECK(mistakes("[api]\n\"a\\u0007\" = 1").find("x.toml:2: api.a\\x07: unknown key") == 0);
}

TEST_CASE("a message about a long key or value stays short") {
  const std::string large(100'000, 'k');
  CHECK(mistakes("[broker]\n" + large + " = 1\n").size() < 600);
  CHECK(mistakes("[" + large + "]\n[" + large + "]\n").size() < 400);
  CHECK(mistakes("[broker]\n\"a\\u0000b\" = 1\n")
            .starts_with("x.toml:2: broker.a\\x00b: unknown key"));
}

TEST_CASE("an unclosed value is reported on one line") {
  const std::string mistake = mistakes("[[platform]]\nid = n\nname = \"x\"\n");
  CHECK(mistake.find("x.toml:2: ") == 0);
  CHECK(std::count(mistake.begin(), mistake.end(), '\n') == 0);
}

TEST_CASE("a key with more than 64 dots is refused before it is parsed") {
  std::string key = "a";
  for (int i = 0; i < 100'000; ++i) key += ".a";
  CHECK(mistakes("[api]\n" + key + " = 1") == "x.toml:2: expected at most 64 dots");
  CHECK(mistakes("[" + key + "]").find("x.toml:1: ") == 0);
  CHECK(mistakes("# " + std::string(1000, '.')).empty());
}

TEST_CASE("settings that contradict each other are refused") {
  for (const char* toml : {
           "[broker]\ncert_file = \"c\"\nurl = \"mqtts://h\"",
           "[broker]\nca_file = \"c\"",
           "[broker]\npassword = \"secret\"",
           "[broker]\npassword_file = \"p\"",
           "[broker]\nprotocol = \"3.1.1\"\n[reports]\nshare = \"g\"",
           "[api]\nlisten = \"0.0.0.0:8480\"",
           "[api]\nlisten = \"127.example.org:8480\"",
           "[broker]\nkey_file = \"k\"\nurl = \"mqtts://h\"",
           "[[platform]]\nid = 1\nprofile = \"x\"\n[[platform]]\nid = 1\nprofile = \"x\"",
           "[[platform]]\nid = 1\nprofile = \"x\"\nbase_url = \"http://platform.example\"",
           "[[platform]]\nid = 1\nprofile = \"x\"\nbase_url = \"https://u:p@platform.example\"",
           "[[platform]]\nid = 1\nprofile = \"x\"\nrate = \"5\"",
           "[refresh]\nmax_age = \"10s\"",
           "[refresh]\nnot_found_share = 0",
           "[refresh]\nnot_found_share = 101",
           "[refresh]\nnot_found_count = -1",
           "[[platform]]\nname = \"no id\"",
           "[platform]\nid = 1",
       }) {
    CAPTURE(toml);
    CHECK_FALSE(mistakes(toml).empty());
  }
}

TEST_CASE("a wrong value of any kind is refused") {
  for (const char* toml : {
           "[broker]\nurl = \"tcp://h\"",
           "[broker]\nurl = \"mqtt://\"",
           "[broker]\nurl = \"mqtt://user:secret@h\"",
           "[broker]\nurl = \"mqtt://h:0\"",
           "[broker]\nurl = \"mqtt://h:70000\"",
           "[broker]\nclient_id = \"\"",
           "[broker]\nclient_id = \"a\\tb\"",
           "[broker]\nusername = \"a\\u0085\"",
           "[broker]\nprotocol = \"4\"",
           "[broker]\nkeep_alive = \"1s\"",
           "[broker]\nsession_expiry = \"-1s\"",
           "[reports]\ntopics = []",
           "[reports]\ntopics = \"/{product}/{device}\"",
           "[reports]\nshare = \"a/b\"",
           "[reports]\nmax_bytes = 10",
           "[reports]\nmax_bytes = \"64XB\"",
           "[reports]\niccid_keys = []",
           "[events]\nprefix = \"a/+\"",
           "[events]\nprefix = \"\"",
           "[events]\nprefix = \"a\\tb\"",
           "[events]\nmute = [\"no.such\"]",
           "[binding]\non_conflict = \"maybe\"",
           "[store]\nurl = \"mysql://h\"",
           "[store]\nurl = \"sqlite:\"",
           "[intake]\nmax_backlog = \"1KiB\"",
           "[intake]\nkeep = \"x\"",
           "[api]\nlisten = \"8480\"",
           "[api]\ncors_origins = \"https://h\"",
           "[api]\ncors_origins = [\"*\"]",
           "[api]\ncors_origins = [\"https://h/\"]",
           "[api]\ncors_origins = [\"https://H.example\"]",
           "[api]\ncors_origins = [\"h.example\"]",
           "[api]\ncors_origins = [\"null\"]",
           "[api]\ncert_file = \"/c\"",
           "[api]\nconnections = 3",
           "[api]\nconnections = 16",
           "[alerts]\nusage_percent = 0",
           "[alerts]\nexpires_within = \"soon\"",
           "broker = 1",
       }) {
    CAPTURE(toml);
    CHECK_FALSE(mistakes(toml).empty());
  }
}

TEST_CASE("a packet has room for the longest payload and its topic") {
  const std::string mistake = mistakes("[broker]\n[reports]\nmax_bytes = \"1MiB\"");
  CHECK(mistake.starts_with("x.toml:3: reports.max_bytes: "));
  CHECK(mistake.find("broker.max_packet") != std::string::npos);
  CHECK(mistake.find("1122304") != std::string::npos);
  CHECK(mistakes("[broker]\nmax_packet = 1122304\n[reports]\nmax_bytes = \"1MiB\"").empty());
  CHECK_FALSE(mistakes("[broker]\nmax_packet = 139263").empty());
  CHECK(mistakes("[broker]\nmax_packet = 139264").empty());
  CHECK_FALSE(mistakes("[broker]\nmax_packet = \"257MiB\"").empty());
}

TEST_CASE("a prefix is short enough for the longest topic of an event") {
  const auto prefix = [](std::size_t bytes) {
    return mistakes("[events]\nprefix = \"" + std::string(bytes, 'p') + "\"");
  };
  CHECK(prefix(1024).empty());
  CHECK_FALSE(prefix(1025).empty());
}

TEST_CASE("a missing file is reported with its path") {
  CHECK_THROWS_WITH(load_config("/no/such/file.toml"), Catch::Contains("/no/such/file.toml"));
}

TEST_CASE("durations are whole numbers with a unit") {
  using namespace std::chrono_literals;
  CHECK(parse_duration("100ms") == 100ms);
  CHECK(parse_duration("7d") == 168h);
  CHECK(parse_duration("2w") == 336h);
  for (const char* text : {"", "s", "5", "5 s", "-5s", "5.5s", "99999999999999999999s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a rate is a number in a time") {
  using namespace std::chrono_literals;
  CHECK(parse_rate("5/s") == Rate{5, 1s});
  CHECK(parse_rate("600/m") == Rate{600, 60s});
  CHECK(parse_rate("2000/5m") == Rate{2000, 300s});
  for (const char* text : {"", "5", "/s", "0/s", "-1/s", "5/", "5/0s", "5/x", "5.5/s", "5 /s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rate(text));
  }
}

TEST_CASE("a source has topics, a product, keys and a payload of its own") {
  const Config config = parse_config(R"([reports]
topics = []
imei_keys = ["imei", "/modem/imei"]
[[reports.source]]
topics = ["router/{device}/iccid"]
product = "rutx"
payload = "text"
get_topic = "router/{device}/get"
[[reports.source]]
topics = ["$aws/things/{device}/shadow/update"]
product = "aws"
iccid_keys = ["/state/reported/iccid"]
)",
                                     "x.toml");
  const ReportSources sources = report_sources(config.reports);
  REQUIRE(sources.all().size() == 2);
  CHECK(sources.filters() ==
        std::vector<std::string>{"router/+/iccid", "$aws/things/+/shadow/update"});
  CHECK(sources.find("router/7/iccid")->device == DeviceKey{"rutx", "7"});
  CHECK(sources.read_options("router/7/iccid").payload == PayloadKind::text);
  CHECK(std::get<std::string>(sources.request_topic({"rutx", "7"}, "")) == "router/7/get");
  CHECK(std::holds_alternative<Problem>(sources.request_topic({"aws", "7"}, "")));
  CHECK(config.reports.sources[1].keys.imei.size() == 2);
}

TEST_CASE("a source that cannot work is a mistake that says what to write") {
  const auto source = [](const std::string& keys) {
    return mistakes("[[reports.source]]\ntopics = [\"a/{device}\"]\nproduct = \"p\"\n" + keys);
  };
  CHECK(source("").empty());
  CHECK_THAT(source("iccid_keys = [\"params.iccid\"]"),
             Catch::Contains("x.toml:4: reports.source.iccid_keys") &&
                 Catch::Contains("write \"/params/iccid\""));
  CHECK_THAT(source("imei_keys = [\"$.a[0].imei\"]"), Catch::Contains("write \"/a/0/imei\""));
  CHECK_THAT(source("iccid_keys = [\"/a~2\"]"), Catch::Contains("~0"));
  CHECK_THAT(source("payload = \"text\"\niccid_keys = [\"iccid\"]"),
             Catch::Contains("a text has no keys"));
  CHECK_THAT(source("get_topic = \"a/+/{device}\""), Catch::Contains("without +"));
  CHECK_THAT(source("colour = 1"), Catch::Contains("unknown key"));
  CHECK_THAT(mistakes("[[reports.source]]\ntopics = [\"a/{device}\"]\n"),
             Catch::Contains("names the product"));
  CHECK_THAT(mistakes("[[reports.source]]\nproduct = \"p\"\n"), Catch::Contains("reports.source"));
  CHECK_THAT(
      mistakes("[[reports.source]]\ntopics = [\"/1/{device}/info/post\"]\nproduct = \"p\"\n"),
      Catch::Contains("overlap"));
  CHECK_THAT(mistakes("[reports]\ntopics = []\n"), Catch::Contains("[[reports.source]]"));
}

TEST_CASE("the log has a level and a format") {
  CHECK(parse_config("", "x.toml").log == LogConfig{LogLevel::info, LogFormat::text});
  const Config config = parse_config("[log]\nlevel = \"debug\"\nformat = \"json\"\n", "x.toml");
  CHECK(config.log == LogConfig{LogLevel::debug, LogFormat::json});
  CHECK(mistakes("[log]\nlevel = \"loud\"\n") ==
        "x.toml:2: log.level: expected one of \"debug\", \"info\", \"warning\", \"error\"");
}

TEST_CASE("with a share, the client id is a level of the status topic") {
  const auto with_id = [](const std::string& id) {
    return mistakes("[broker]\nclient_id = \"" + id + "\"\n[reports]\nshare = \"g\"\n");
  };
  CHECK(with_id("site-1").empty());
  for (const std::string& id :
       {std::string{"a/b"}, std::string{"a+"}, std::string{"#"}, std::string(1025, 'x')}) {
    CAPTURE(id);
    CHECK(with_id(id).find("x.toml:4: reports.share: expected a broker.client_id of at most") == 0);
  }
  CHECK(mistakes("[broker]\nclient_id = \"a/b\"\n").empty());
}
