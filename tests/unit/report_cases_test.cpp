// SPDX-License-Identifier: Apache-2.0
// The case folders of tests/data/reports. In each: `payload`, the bytes as they came;
// `expected.json`, what `iotcardctl explain --no-store --json` prints for them, less the keys that
// the case does not care about; `why.md`. Optional: `options.json` {"iccid_keys", "imei_keys",
// "platform_keys", "payload", "max_bytes"} and `fields.json`, the fields that explain does not
// print, null for one that is absent. A new case is a new folder, no code.
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "domain/device_report.h"

using namespace iotcard;
namespace fs = std::filesystem;

namespace {

using Json = rapidjson::Document;

std::string read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return {std::istreambuf_iterator<char>{file}, {}};
}

Json parse_file(const fs::path& path) {
  Json json;
  const std::string text = read_file(path);
  json.Parse(text.data(), text.size());
  if (json.HasParseError()) {
    throw std::runtime_error(path.string() + ": " + GetParseError_En(json.GetParseError()));
  }
  return json;
}

std::string text_of(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

ReadOptions read_options(const fs::path& folder) {
  ReadOptions options;
  if (!fs::exists(folder / "options.json")) return options;
  const Json json = parse_file(folder / "options.json");
  if (json.HasMember("max_bytes")) options.max_bytes = json["max_bytes"].GetUint64();
  KeyNames names;
  for (const auto& [member, keys] : {std::pair{"iccid_keys", &names.iccid},
                                     {"imei_keys", &names.imei},
                                     {"platform_keys", &names.platform}}) {
    if (!json.HasMember(member)) continue;
    keys->clear();
    for (const auto& key : json[member].GetArray()) keys->push_back(text_of(key));
  }
  options.keys = PayloadKeys{names};
  if (json.HasMember("payload")) {
    options.payload = payload_kind_names.find(text_of(json["payload"])).value();
  }
  return options;
}

// A value as one line, so that a failure shows both sides.
std::string shown(const rapidjson::Value& value) {
  if (value.IsNull()) return "null";
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  if (value.IsDouble()) return std::to_string(value.GetDouble());
  if (value.IsString()) return '"' + text_of(value) + '"';
  std::string list = "[";
  for (const auto& item : value.GetArray()) list += shown(item) + ' ';
  return list + ']';
}

std::string shown(std::string_view value) {
  return '"' + std::string{value} + '"';
}
std::string shown(const std::string& value) {
  return shown(std::string_view{value});
}
std::string shown(bool value) {
  return value ? "true" : "false";
}
std::string shown(std::int64_t value) {
  return std::to_string(value);
}
std::string shown(double value) {
  return std::to_string(value);
}
template <typename Value>
std::string shown(const std::optional<Value>& value) {
  return value ? shown(*value) : "null";
}
std::string shown(const std::vector<std::string_view>& values) {
  std::string list = "[";
  for (const std::string_view value : values) list += shown(value) + ' ';
  return list + ']';
}

// An issue counts as the field it names, up to the colon; its wording is free.
std::string_view field_of(std::string_view issue) {
  return issue.substr(0, issue.find(':') + 1);
}

using Facts = std::vector<std::pair<std::string, std::string>>;

Facts facts_of(const DeviceReport& report) {
  const auto& iccid = report.iccid.iccid;
  // Without a store, digits that a double prints cannot be believed.
  const bool rounded = iccid && looks_rounded(*iccid);
  const bool usable = iccid && !rounded;
  const auto problem = rounded ? IccidProblem::precision_lost : report.iccid.problem;
  std::vector<std::string_view> issues;
  for (const std::string& issue : report.issues) issues.push_back(field_of(issue));
  return {{"accepted", shown(true)},
          {"iccid", usable ? shown(iccid->text()) : "null"},
          {"iccid_raw", shown(report.iccid.raw)},
          {"iccid_problem", problem ? shown(iccid_problem_names[*problem]) : "null"},
          {"platform", shown(report.platform)},
          {"luhn", shown(luhn_names[usable ? luhn(*iccid) : Luhn::not_applicable])},
          {"leniencies", shown(report.leniencies.names(leniency_names))},
          {"issues", shown(issues)},
          {"rejection", "null"},
          {"outcome", "null"},
          {"match", "null"}};
}

Facts facts_of(const Rejection& rejection) {
  return {{"accepted", shown(false)},
          {"outcome", "null"},
          {"match", "null"},
          {"rejection.reason", shown(rejection_reason_names[rejection.reason])},
          {"rejection.offset", shown(static_cast<std::int64_t>(rejection.offset))}};
}

Facts fields_of(const DeviceReport& report) {
  return {{"rssi", shown(report.rssi)},
          {"status", shown(report.status)},
          {"firmwareVersion", shown(report.firmware_version)},
          {"userId", shown(report.user_id)},
          {"imei", shown(report.imei)},
          {"longitude", shown(report.longitude)},
          {"latitude", shown(report.latitude)},
          {"summary", shown(report.summary)}};
}

void compare(const rapidjson::Value& expected, const Facts& facts, const std::string& within) {
  for (const auto& [key, value] : expected.GetObject()) {
    const std::string name = within + text_of(key);
    if (value.IsObject()) {
      compare(value, facts, name + '.');
      continue;
    }
    const auto found = std::find_if(facts.begin(), facts.end(),
                                    [&](const auto& fact) { return fact.first == name; });
    CHECK(name + " = " + shown(value) ==
          name + " = " + (found == facts.end() ? "(absent)" : found->second));
  }
}

std::vector<fs::path> case_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator{IOTCARD_SOURCE_DIR "/tests/data/reports"}) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

TEST_CASE("each report in tests/data/reports reads as its folder says") {
  const std::vector<fs::path> folders = case_folders();
  REQUIRE(folders.size() >= 100);
  for (const fs::path& folder : folders) {
    DYNAMIC_SECTION(folder.filename().string()) {
      const std::string payload = read_file(folder / "payload");
      INFO(payload);
      const ReportReading reading = read_report(payload, read_options(folder));
      const auto* report = std::get_if<DeviceReport>(&reading);
      const Json expected = parse_file(folder / "expected.json");
      compare(expected, report ? facts_of(*report) : facts_of(std::get<Rejection>(reading)), "");
      if (fs::exists(folder / "fields.json")) {
        REQUIRE(report);
        compare(parse_file(folder / "fields.json"), fields_of(*report), "");
      }
    }
  }
}

TEST_CASE("each case folder says why it is there") {
  for (const fs::path& folder : case_folders()) {
    INFO(folder);
    CHECK(fs::file_size(folder / "why.md") > 10);
    const Json expected = parse_file(folder / "expected.json");
    CHECK((expected.IsObject() && expected.HasMember("accepted")));
  }
}
