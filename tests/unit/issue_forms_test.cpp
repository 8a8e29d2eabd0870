// SPDX-License-Identifier: Apache-2.0
// The forms in .github/ISSUE_TEMPLATE are what the hosting site accepts, and ask for what a fault
// needs. A form with a mistake is not shown there, and nobody is told.
#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>
#include <string>

#include "support/yaml_json.h"

using namespace iotcard;

namespace {

using Json = rapidjson::Value;

std::filesystem::path forms_folder() {
  return std::filesystem::path{IOTCARD_SOURCE_DIR} / ".github/ISSUE_TEMPLATE";
}

bool has_text(const Json& object, const char* name) {
  return object.HasMember(name) && object[name].IsString() && object[name].GetStringLength() > 0;
}

// Source: docs.github.com, "Syntax for issue forms" and "Syntax for GitHub's form schema".
void check_element(const Json& element, std::set<std::string>& ids) {
  REQUIRE(has_text(element, "type"));
  const std::string type = element["type"].GetString();
  REQUIRE(element.HasMember("attributes"));
  const Json& attributes = element["attributes"];
  if (type == "markdown") {
    CHECK(has_text(attributes, "value"));
    return;
  }
  CHECK((type == "input" || type == "textarea"));
  CHECK(has_text(attributes, "label"));
  REQUIRE(has_text(element, "id"));
  CHECK(ids.insert(element["id"].GetString()).second);
  if (element.HasMember("validations")) CHECK(element["validations"]["required"].IsBool());
}

}  // namespace

TEST_CASE("each issue form is valid, and asks for doctor --json and a payload") {
  int forms = 0;
  for (const auto& file : std::filesystem::directory_iterator{forms_folder()}) {
    if (file.path().filename() == "config.yml") continue;
    INFO(file.path());
    const rapidjson::Document form = json_of_yaml_file(file.path());
    CHECK(has_text(form, "name"));
    CHECK(has_text(form, "description"));
    REQUIRE(form["body"].IsArray());
    std::set<std::string> ids;
    bool asks_for_doctor = false;
    for (const Json& element : form["body"].GetArray()) {
      check_element(element, ids);
      const Json& attributes = element["attributes"];
      if (!has_text(attributes, "label")) continue;
      asks_for_doctor |= attributes["label"] == "iotcardctl doctor --json";
    }
    CHECK(asks_for_doctor);
    CHECK(ids.contains("payload"));
    ++forms;
  }
  CHECK(forms >= 2);
}
