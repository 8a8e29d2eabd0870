// SPDX-License-Identifier: Apache-2.0
// The configurations and sample messages of examples/fleets, through the programs as an operator
// runs them. A new example is found by its file names.
#include <fmt/format.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/daemon.h"

using namespace iotcard;
namespace fs = std::filesystem;

namespace {

const fs::path folder = IOTCARD_SOURCE_DIR "/examples/fleets";

std::vector<fs::path> sorted_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

// The rest of the line "# NAME: …"; "" if there is none.
std::string comment(const std::string& toml, const std::string& name) {
  const std::string begin = "\n# " + name + ": ";
  const std::size_t at = toml.find(begin);
  if (at == std::string::npos) return {};
  const std::size_t from = at + begin.size();
  return toml.substr(from, toml.find('\n', from) - from);
}

// "alibaba-link.toml" has the samples "alibaba-link.json" and "alibaba-link.value.json".
bool is_sample_of(const fs::path& file, const fs::path& toml) {
  return file != toml && file.filename().string().starts_with(toml.stem().string() + ".");
}

std::string leniencies(const rapidjson::Document& explanation) {
  std::string names;
  for (const auto& name : explanation["leniencies"].GetArray()) {
    names += (names.empty() ? "" : ", ") + std::string{name.GetString()};
  }
  return names.empty() ? "none" : names;
}

// Whether the configuration has this text as a whole.
bool names_it(const std::string& toml, const rapidjson::Value& text) {
  return toml.find(fmt::format("\"{}\"", text.GetString())) != std::string::npos;
}

void check_sample(const TempDir& dir, const fs::path& config, const fs::path& sample) {
  INFO(sample.string());
  const std::string toml = text_of(config);
  const auto result = ctl(dir, {"--config", config.string(), "--json", "explain", "--topic",
                                comment(toml, "topic"), "--no-store", sample.string()});
  INFO(result.out << result.err);
  REQUIRE(result.status == 0);
  rapidjson::Document explanation;
  explanation.Parse(result.out.c_str());
  REQUIRE_FALSE(explanation.HasParseError());
  CHECK(explanation["accepted"].GetBool());
  REQUIRE(explanation["iccid"].IsString());
  CHECK(std::string{explanation["iccid"].GetString()}.starts_with("89"));
  CHECK(std::string{explanation["luhn"].GetString()} == "valid");
  CHECK(leniencies(explanation) == comment(toml, "leniencies"));
  CHECK(explanation["issues"].Empty());
  REQUIRE(explanation["topic_pattern"].IsString());
  CHECK(names_it(toml, explanation["topic_pattern"]));
  const bool text = toml.find("\npayload = \"text\"") != std::string::npos;
  REQUIRE(explanation["iccid_key"].IsString() == !text);
  if (!text) CHECK(names_it(toml, explanation["iccid_key"]));
}

}  // namespace

TEST_CASE("every configuration in examples/fleets is valid and reads its samples") {
  const TempDir dir;
  const std::vector<fs::path> files = sorted_files();
  std::size_t configurations = 0;
  for (const fs::path& config : files) {
    if (config.extension() != ".toml") continue;
    ++configurations;
    INFO(config.string());
    Process check{{.command = {IOTCARDD, "--check-config", "--config", config.string()},
                   .output = dir.file(config.stem().string()),
                   .env = {},
                   .input = {}}};
    const auto status = check.wait();
    INFO(check.err());
    CHECK(status == 0);
    REQUIRE_FALSE(comment(text_of(config), "topic").empty());
    CHECK(std::ranges::any_of(files, [&](const auto& file) { return is_sample_of(file, config); }));
    for (const fs::path& file : files) {
      if (is_sample_of(file, config)) check_sample(dir, config, file);
    }
  }
  CHECK(configurations >= 10);
}

TEST_CASE("each file in examples/fleets belongs to a configuration that the README names") {
  const std::vector<fs::path> files = sorted_files();
  const std::string readme = text_of(folder / "README.md");
  for (const fs::path& file : files) {
    INFO(file.string());
    if (file.extension() == ".toml") {
      CHECK(readme.find("](" + file.filename().string() + ")") != std::string::npos);
    } else if (file.filename() != "README.md") {
      CHECK(std::ranges::any_of(files, [&](const auto& config) {
        return config.extension() == ".toml" && is_sample_of(file, config);
      }));
    }
  }
}
