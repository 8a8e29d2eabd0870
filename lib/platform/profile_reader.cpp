// SPDX-License-Identifier: Apache-2.0
#include "platform/profile_reader.h"

#include "base/json_text.h"
#include "base/text.h"
#include "base/utf8.h"

namespace iotcard {

std::vector<std::pair<std::string, const toml::node*>> in_order(const toml::table& table) {
  std::vector<std::pair<toml::source_position, std::pair<std::string, const toml::node*>>> all;
  for (const auto& [key, node] : table) {
    all.push_back({key.source().begin, {std::string{key.str()}, &node}});
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::pair<std::string, const toml::node*>> ordered;
  for (auto& [where, entry] : all) ordered.push_back(std::move(entry));
  return ordered;
}

std::optional<Template> PartsReader::read_template(const toml::node& node, const std::string& key,
                                                   const VariableNames& scope) {
  const auto written = node.value_exact<std::string>();
  if (!written) {
    expected(node, key, "a text in quotes");
    return std::nullopt;
  }
  if (!is_utf8(*written) || has_control(*written)) {
    expected(node, key, "a text without control characters");
    return std::nullopt;
  }
  auto parsed = parse_template(*written);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    expected(node, key, *problem);
    return std::nullopt;
  }
  Template& text = std::get<Template>(parsed);
  for (const TemplatePiece& piece : text.pieces) {
    for (const TemplateCall& call : piece.calls) {
      if (profile_.find_setting(call.zone) != nullptr) profile_.zone_settings.insert(call.zone);
    }
  }
  if (const auto problem = scope_problem(profile_, text, scope)) {
    mistakes_.add(node.source(), key, *problem);
    return std::nullopt;
  }
  return text;
}

std::optional<JsonPath> PartsReader::read_pointer(const toml::node& node, const std::string& key) {
  const auto written = node.value_exact<std::string>();
  auto parsed = written ? parse_json_path(*written) : std::string{"a pointer in quotes"};
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    expected(node, key, *problem);
    return std::nullopt;
  }
  return std::get<JsonPath>(std::move(parsed));
}

void PartsReader::text(SectionReader& section, std::string_view key, Template& target,
                       const VariableNames& scope) {
  const toml::node* node = section.node(key);
  if (node == nullptr) return;
  if (auto text = read_template(*node, section.path(key), scope)) target = std::move(*text);
}

void PartsReader::pointers(SectionReader& section, std::string_view key,
                           std::vector<JsonPath>& target) {
  const toml::node* node = section.node(key);
  if (node == nullptr) return;
  const std::string path = section.path(key);
  if (const toml::array* array = node->as_array()) {
    if (array->empty()) expected(*node, path, "at least one pointer");
    for (const toml::node& element : *array) {
      if (auto read = read_pointer(element, path)) target.push_back(std::move(*read));
    }
  } else if (auto read = read_pointer(*node, path)) {
    target.push_back(std::move(*read));
  }
}

void PartsReader::saves(SectionReader& section,
                        std::vector<std::pair<std::string, JsonPath>>& target) {
  const toml::table* table = section.table("save");
  if (table == nullptr) return;
  for (const auto& [name, node] : in_order(*table)) {
    const std::string key = section.path("save") + '.' + name;
    auto problem = name_problem(name);
    const bool taken = profile_.find_setting(name) != nullptr || profile_.vars.contains(name);
    if (!problem && taken && section.path("") != "login.") {
      problem = "expected another name: a setting or one of [vars] has it";
    }
    if (problem) mistakes_.add(node->source(), key, *problem);
    if (auto read = read_pointer(*node, key)) target.emplace_back(name, std::move(*read));
  }
}

void PartsReader::condition(const toml::node& node, const std::string& key, Conditions& target) {
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    return expected(node, key,
                    "conditions, such as [{ http = [404] }, { at = \"/code\", is = [\"0\"] }]");
  }
  SectionReader section{key, table, mistakes_};
  Condition condition;
  if (const toml::node* http = section.node("http")) {
    const toml::array* codes = http->as_array();
    if (codes == nullptr || codes->empty()) expected(*http, key + ".http", "a list such as [404]");
    for (std::size_t i = 0; codes != nullptr && i < codes->size(); ++i) {
      const auto code = (*codes)[i].value_exact<std::int64_t>();
      if (!code || *code < 100 || *code > 599) {
        expected((*codes)[i], key + ".http", "an HTTP status from 100 to 599");
      } else {
        condition.http.push_back(static_cast<int>(*code));
      }
    }
  }
  pointer(section, "at", condition.at);
  section.texts("is", condition.is);
  section.texts("ends", condition.ends, [](const std::string& text) -> Check {
    if (!text.empty()) return std::nullopt;
    return iotcard::expected("the end of a text");
  });
  section.boolean("absent", condition.absent);
  section.boolean("empty", condition.empty);
  int tests = 0;
  for (const char* test : {"is", "ends", "absent", "empty"}) tests += int{section.has(test)};
  if (section.has("at") && tests != 1)
    section.mistake("at", "expected one of is, ends, absent and empty with it");
  if (!section.has("at") && tests != 0)
    section.mistake("at", "expected with is, ends, absent and empty: where to look");
  if (!section.has("at") && !section.has("http")) section.mistake("at", "expected at or http");
  for (const char* list : {"is", "ends"}) {
    const toml::node* texts = section.node(list);
    if (texts != nullptr && texts->is_array() && texts->as_array()->empty())
      section.mistake(list, "expected at least one text");
  }
  section.finish();
  target.push_back(std::move(condition));
}

void PartsReader::conditions(SectionReader& section, std::string_view key, Conditions& target) {
  const toml::node* node = section.node(key);
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  if (array == nullptr) return condition(*node, section.path(key), target);
  for (const toml::node& element : *array) condition(element, section.path(key), target);
}

void PartsReader::not_found(SectionReader& section, Conditions& target) {
  conditions(section, "not_found", target);
  for (const Condition& condition : target) {
    if (condition.http.empty() || condition.names_a_value()) continue;
    section.mistake(
        "not_found",
        "expected at and is with http: any gateway answers 404 to a wrong path, and "
        "then no card of the fleet would be found. Say what the platform itself says "
        "of the card, such as { http = [404], at = \"/code\", is = [\"NO_SUCH_SIM\"] }");
    return;
  }
}

void PartsReader::named(SectionReader& section, std::string_view key, NamedTemplates& target,
                        const VariableNames& scope) {
  const toml::table* table = section.table(key);
  if (table == nullptr) return;
  for (const auto& [name, node] : in_order(*table)) {
    const std::string path = section.path(key) + '.' + name;
    const bool token = !name.empty() && std::ranges::all_of(name, [](char c) {
      return is_letter(c) || is_digit(c) || c == '-' || c == '_';
    });
    if (key == "headers" && !token)
      expected(*node, path, "the name of a header, of A-Z, 0-9, - and _");
    if (auto text = read_template(*node, path, scope)) target.emplace_back(name, std::move(*text));
  }
}

JsonTemplate PartsReader::json(const toml::node& node, const std::string& key,
                               const VariableNames& scope) {
  JsonTemplate value;
  JsonText literal;
  if (const toml::table* table = node.as_table()) {
    for (const auto& [name, member] : in_order(*table)) {
      value.elements.emplace_back(name, json(*member, key + '.' + name, scope));
    }
  } else if (const toml::array* array = node.as_array()) {
    value.kind = JsonTemplate::Kind::array;
    for (const toml::node& element : *array)
      value.elements.emplace_back("", json(element, key, scope));
  } else if (node.is_string()) {
    value.kind = JsonTemplate::Kind::text;
    if (auto text = read_template(node, key, scope)) value.text = std::move(*text);
    if (value.text.is_variable("iccids")) value.kind = JsonTemplate::Kind::iccids;
  } else {
    value.kind = JsonTemplate::Kind::literal;
    if (const auto integer = node.value_exact<std::int64_t>()) {
      literal.integer(*integer);
    } else if (const auto number = node.value_exact<double>()) {
      literal.number(*number);
    } else if (const auto boolean = node.value_exact<bool>()) {
      literal.boolean(*boolean);
    } else {
      expected(node, key, "a text, a number, true, false, a list or a table");
      literal.null();
    }
    value.literal = literal.take();
  }
  return value;
}

void PartsReader::parts(SectionReader& section, RequestParts& target, const VariableNames& scope,
                        bool with_json) {
  named(section, "headers", target.headers, scope);
  named(section, "query", target.query, scope);
  named(section, "form", target.form, scope);
  if (!with_json) return;
  const toml::node* node = section.node("json");
  if (node == nullptr) return;
  if (!node->is_table() && !node->is_array()) {
    return expected(*node, section.path("json"), "a table, which becomes JSON");
  }
  target.json = json(*node, section.path("json"), scope);
}

}  // namespace iotcard
