// SPDX-License-Identifier: Apache-2.0
// Which folder may include which. Compares each #include of lib/, daemon/ and cli/ with the two
// tables below; docs/architecture.md has the first of them too.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

// What a layer of lib/ may see besides itself, and why no more.
struct Layer {
  std::set<std::string> sees;
  std::string reason;
};
const std::map<std::string, Layer> layers{
    {"base",
     {{},
      "text, time, sizes, small files, back-off: nothing about cards, so that every layer can use "
      "it"}},
    {"domain", {{"base"}, "the rules are pure, so that a table can test them"}},
    {"csv",
     {{"base", "domain", "toml"},
      "a file format and its mappings: whoever reads a file decides what to do with it"}},
    {"store",
     {{"base", "domain"}, "a store writes decisions down; it neither makes nor publishes them"}},
    {"upkeep", {{"base", "domain", "store"}, "what runs between batches needs no report"}},
    {"ingest",
     {{"base", "domain", "store", "upkeep"},
      "the broker is a port to it, so that tests can be the broker"}},
    {"operations",
     {{"base", "domain", "csv", "store"},
      "written once, below the front ends; a request to a platform waits in the store"}},
    {"broker", {{"base"}, "a session carries bytes and knows of no card"}},
    {"toml", {{"base"}, "tables of a file and what is wrong with them, whatever they say"}},
    {"config",
     {{"base", "domain", "toml", "platform", "broker", "webhook"},
      "read by the programs; a library below takes its options as arguments"}},
    {"platform",
     {{"base", "domain", "toml", "http"},
      "asks a carrier about a card, and neither stores nor counts what it answers"}},
    {"http", {{"base"}, "sends requests over libcurl, whatever they ask"}},
    {"webhook",
     {{"base", "store", "http"},
      "carries events that were published: what they say was decided long before"}},
    {"refresh",
     {{"base", "domain", "store", "http", "platform", "operations"},
      "the one place that knows both a store and a card platform"}},
    {"api",
     {{"base", "domain", "operations"}, "a front end: it has no rules and no store of its own"}},
};

// Where a library may be included, and why nowhere else.
struct Library {
  std::string header;  // how the name of the header begins
  std::vector<std::string> rooms;
  std::string reason;
};
const std::vector<Library> libraries{
    {"mqtt/", {"lib/broker/"}, "one place knows the MQTT library's threads and quirks"},
    {"MQTT", {"lib/broker/"}, "one place knows the MQTT library's threads and quirks"},
    {"SQLiteCpp/", {"lib/store/sqlite/"}, "SQL stays behind the Store port"},
    {"sqlite3.h", {"lib/store/sqlite/"}, "SQL stays behind the Store port"},
    {"toml++/",
     {"lib/toml/", "lib/config/", "lib/platform/", "lib/csv/"},
     "slow to compile, and one file has one reader"},
    {"rapidjson/",
     {"lib/base/", "lib/domain/", "lib/platform/", "cli/"},
     "a template library that headers would spread"},
    {"spdlog/",
     {"lib/broker/", "lib/ingest/", "daemon/"},
     "rules and stores return or throw; who decides what to do about it logs"},
    {"fmt/",
     {"lib/store/", "lib/ingest/", "lib/operations/", "lib/broker/", "lib/toml/", "lib/config/",
      "lib/csv/", "lib/http/", "lib/webhook/", "lib/upkeep/", "lib/refresh/", "lib/platform/",
      "lib/api/", "daemon/", "cli/"},
     "the domain needs no library to put text together"},
    {"CLI/", {"daemon/", "cli/"}, "arguments are a program's"},
    {"systemd/", {"daemon/"}, "only the service talks to systemd"},
    {"microhttpd.h", {"lib/api/"}, "one HTTP server"},
    {"gnutls/", {"lib/api/"}, "one server of TLS"},
    {"httplib.h", {}, "it serves the tests only"},
    {"prometheus/", {"lib/api/"}, "one place knows how the numbers are spelled"},
    {"curl/", {"lib/http/"}, "one HTTP client"},
};

struct Include {
  std::string file;    // "lib/store/open_store.cpp"
  std::string header;  // "domain/iccid.h"
  bool quoted;
};

std::vector<Include> includes_in(const std::string& file, const std::string& text) {
  static const std::regex line{R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"])re"};
  std::vector<Include> found;
  for (std::sregex_iterator at{text.begin(), text.end(), line}, end; at != end; ++at) {
    found.push_back({file, (*at)[2], (*at)[1] == "\""});
  }
  return found;
}

// Why this include is not allowed; "" if it is.
std::string crossing(const Include& include) {
  const std::string& file = include.file;
  const std::string& header = include.header;
  const std::string folder = header.substr(0, header.find('/'));
  const std::string says = file + " includes " + header + ": ";
  if (file.starts_with("lib/")) {
    const std::string own = file.substr(4, file.find('/', 4) - 4);
    const auto layer = layers.find(own);
    if (layer == layers.end()) return says + own + " is no layer of tests/unit/layers_test.cpp";
    if (include.quoted && folder != own && !layer->second.sees.contains(folder)) {
      return says + own + " may not see it: " + layer->second.reason;
    }
  }
  for (const Library& library : libraries) {
    if (!header.starts_with(library.header)) continue;
    const bool at_home =
        std::any_of(library.rooms.begin(), library.rooms.end(),
                    [&](const std::string& room) { return file.starts_with(room); });
    if (!at_home) return says + library.reason;
  }
  // A header of another folder is named from lib/ on, so that the table sees it.
  if (include.quoted && header.find("..") != std::string::npos)
    return says + "name it from lib/ on";
  return "";
}

// The first library that each header brings along, itself or through others; "" if none.
class CarriedLibraries {
 public:
  explicit CarriedLibraries(const std::vector<Include>& includes) {
    for (const Include& include : includes) by_file_[include.file].push_back(include);
  }

  std::string of(const std::string& header) {
    const bool is_new = known_.try_emplace(header).second;
    if (is_new) known_[header] = find(header);
    return known_[header];
  }

 private:
  std::string find(const std::string& header) {
    for (const Include& include : by_file_["lib/" + header]) {
      for (const Library& library : libraries) {
        if (include.header.starts_with(library.header)) return include.header;
      }
      const std::string carried = include.quoted ? of(include.header) : "";
      if (!carried.empty()) return carried;
    }
    return "";
  }

  std::map<std::string, std::vector<Include>> by_file_;
  std::map<std::string, std::string> known_;
};

// Headers that one folder of lib/ shows to others keep the types of its libraries to themselves:
// what they are built on can then change without anyone noticing.
std::string leak(const Include& include, CarriedLibraries& carried) {
  if (!include.quoted || include.header.find('/') == std::string::npos) return "";
  const std::string home = "lib/" + include.header.substr(0, include.header.find('/') + 1);
  if (include.file.starts_with(home)) return "";
  if (home == "lib/toml/") return "";  // to read such tables is what it is for
  const std::string library = carried.of(include.header);
  return library.empty() ? "" : include.file + " gets " + library + " from " + include.header;
}

// Calls `take` with the path, from the root of the tree on, and the text of each source file.
template <typename Take>
void each_file(const Take& take) {
  const fs::path root{IOTCARD_SOURCE_DIR};
  for (const char* folder : {"lib", "daemon", "cli"}) {
    for (const auto& entry : fs::recursive_directory_iterator{root / folder}) {
      const fs::path& path = entry.path();
      if (path.extension() != ".h" && path.extension() != ".cpp") continue;
      std::ifstream file{path};
      take(path.lexically_relative(root).generic_string(),
           std::string{std::istreambuf_iterator<char>{file}, {}});
    }
  }
}

std::vector<Include> all_includes() {
  std::vector<Include> found;
  each_file([&](const std::string& file, const std::string& text) {
    const auto more = includes_in(file, text);
    found.insert(found.end(), more.begin(), more.end());
  });
  return found;
}

// The classes that a header defines in the project's namespace.
std::vector<std::string> classes_in(const std::string& text) {
  static const std::regex line{R"re(\n(?:class|struct) (\w+)(?![\w:])[^;{]*\{)re"};
  std::vector<std::string> names;
  for (std::sregex_iterator at{text.begin(), text.end(), line}, end; at != end; ++at) {
    names.push_back((*at)[1]);
  }
  return names;
}

}  // namespace

TEST_CASE("no include crosses a layer") {
  const std::vector<Include> includes = all_includes();
  REQUIRE(includes.size() > 300);  // the tree was found, and was read
  for (const Include& include : includes) CHECK(crossing(include) == "");
}

// The linker keeps one of two classes of one name, without a word.
TEST_CASE("no two headers define a class of one name") {
  std::map<std::string, std::string> homes;
  each_file([&](const std::string& file, const std::string& text) {
    if (!file.ends_with(".h") || text.find("namespace iotcard::") != std::string::npos) return;
    for (const std::string& name : classes_in(text)) {
      const auto [home, is_new] = homes.emplace(name, file);
      INFO(name << " in " << file << " and in " << home->second);
      CHECK(is_new);
    }
  });
  REQUIRE(homes.size() > 250);
  CHECK(homes.at("Applier") == "lib/ingest/applier.h");
}

TEST_CASE("no header brings a library to another layer") {
  const std::vector<Include> includes = all_includes();
  CarriedLibraries carried{includes};
  for (const Include& include : includes) CHECK(leak(include, carried) == "");
}

TEST_CASE("a header that brings a library to another layer is found") {
  const std::vector<Include> includes{{"lib/store/private.h", "SQLiteCpp/Database.h", false},
                                      {"lib/store/store.h", "store/private.h", true},
                                      {"lib/store/store.cpp", "store/private.h", true},
                                      {"lib/ingest/applier.cpp", "store/store.h", true}};
  CarriedLibraries carried{includes};
  CHECK(leak(includes[2], carried) == "");
  CHECK(leak(includes[3], carried) ==
        "lib/ingest/applier.cpp gets SQLiteCpp/Database.h from store/store.h");
}

TEST_CASE("an include that crosses a layer is found") {
  const auto crosses = [](const std::string& file, const std::string& text) {
    const std::vector<Include> includes = includes_in(file, text);
    return std::any_of(includes.begin(), includes.end(),
                       [](const Include& include) { return crossing(include) != ""; });
  };
  CHECK(crosses("lib/domain/iccid.cpp", "// first line\n#include \"store/store.h\"\n"));
  CHECK(crosses("lib/store/knowledge.cpp", "  #  include \"broker/session.h\"\n"));
  CHECK(crosses("lib/store/sqlite/rows.cpp", "#include \"ingest/journal.h\""));
  CHECK(crosses("lib/ingest/intake.cpp", "#include \"broker/session.h\""));
  CHECK(crosses("lib/broker/session.h", "#include \"domain/device.h\""));
  CHECK(crosses("lib/ingest/intake.cpp", "#include <mqtt/async_client.h>"));
  CHECK(crosses("cli/tail.cpp", "#include <MQTTAsync.h>"));
  CHECK(crosses("lib/domain/decision.cpp", "#include <spdlog/spdlog.h>"));
  CHECK(crosses("lib/store/knowledge.cpp", "#include <SQLiteCpp/Database.h>"));
  CHECK(crosses("lib/store/knowledge.cpp", "#include \"../broker/session.h\""));
  CHECK(crosses("lib/attic/old.cpp", "#include <string>"));

  CHECK_FALSE(crosses("lib/store/knowledge.cpp", "#include \"domain/iccid.h\"\n#include <set>"));
  CHECK_FALSE(crosses("lib/base/json_text.cpp", "#include <rapidjson/writer.h>"));
  CHECK_FALSE(crosses("daemon/service.cpp", "#include \"broker/session.h\""));
  CHECK_FALSE(crosses("cli/tail.cpp", "#include \"config/config.h\"\n#include \"output.h\""));
  CHECK_FALSE(crosses("lib/domain/iccid.cpp", "// see #include \"store/store.h\""));
}
