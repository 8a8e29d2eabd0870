// SPDX-License-Identifier: Apache-2.0
// [card.fields]: which of a card's fields an answer has, and where.
#include <array>

#include "platform/profile_reader.h"

namespace iotcard {
namespace {

constexpr std::array<std::string_view, 5> times = {"period_start", "period_end", "opened_at",
                                                   "activated_at", "expires_at"};
constexpr std::array<std::string_view, 3> amounts = {"used_bytes", "limit_bytes",
                                                     "remaining_bytes"};
constexpr std::array<std::string_view, 3> mapped = {"status", "network", "usage_scope"};

// "{setting}" or a literal that `reading` takes; a setting is noted, so that its values are
// checked.
template <typename Reading>
std::optional<Template> setting_or(PartsReader& parts, SectionReader& section, std::string_view key,
                                   std::set<std::string>& noted, const std::string& what,
                                   const Reading& reading) {
  const toml::node* node = section.node(key);
  if (node == nullptr) return std::nullopt;
  auto text = parts.read_template(*node, section.path(key), {});
  if (!text) return std::nullopt;
  const TemplatePiece piece = text->pieces.size() == 1 ? text->pieces.front() : TemplatePiece{};
  if (text->is_variable(piece.variable) &&
      parts.profile().find_setting(piece.variable) != nullptr) {
    noted.insert(piece.variable);
    return text;
  }
  if (piece.variable.empty() && reading(piece.literal)) return text;
  parts.expected(*node, section.path(key), what + ", or {a setting} that is one");
  return std::nullopt;
}

void read_map(PartsReader& parts, SectionReader& section, const std::string& name,
              FieldSource& source) {
  const bool needed = contains(mapped, name);
  const toml::node* node = section.node("map");
  source.map = needed ? name : "";
  section.text("map", source.map);
  if (source.map.empty() || (!needed && node == nullptr)) return;
  const auto map = parts.profile().maps.find(source.map);
  if (map == parts.profile().maps.end()) {
    return section.mistake(node != nullptr ? "map" : "at",
                           "expected a [maps." + source.map + "], the platform's values and ours");
  }
  if (needed || source.field == nullptr || contains(amounts, name)) return;
  Card scratch{*Iccid::from_canonical("8986000000000000000")};
  for (const auto& [theirs, ours] : map->second) {
    if (const auto problem = source.field->set(scratch, ours)) {
      section.mistake("map", "[maps." + source.map + "] does not fit this field: " + problem->text);
    }
  }
}

// Which keys make sense for which kind of field.
void check_kinds(SectionReader& section, const std::string& name, const FieldSource& source) {
  const bool amount = contains(amounts, name);
  const bool time = contains(times, name);
  const int sources = int{section.has("at")} + int{section.has("sum")} +
                      int{section.has("earliest")} + int{section.has("value")};
  if (sources != 1) section.mistake("at", "expected one of at, sum, earliest and value");
  for (const std::string_view key : {"sum", "minus", "unit", "unit_at"}) {
    if (!amount && section.has(key)) section.mistake(key, "expected only for an amount of bytes");
  }
  for (const std::string_view key : {"zone", "earliest"}) {
    if (!time && section.has(key)) section.mistake(key, "expected only for a time");
  }
  if (time && section.has("map")) section.mistake("map", "expected only for a text");
  if (amount && section.has("map") && !section.has("unit_at")) {
    section.mistake("map", "expected only with unit_at, whose values it maps");
  }
  if (section.has("value") && source.value) {
    Card scratch{*Iccid::from_canonical("8986000000000000000")};
    if (const auto problem = source.field->set(scratch, *source.value)) {
      section.mistake("value", problem->text);
    }
  }
}

void read_table(PartsReader& parts, SectionReader section, const std::string& name,
                FieldSource& source) {
  parts.pointers(section, "at", source.at);
  parts.pointers(section, "sum", source.sum);
  parts.pointers(section, "minus", source.minus);
  parts.pointers(section, "earliest", source.earliest);
  if (section.has("value")) section.text("value", source.value.emplace());
  source.unit = setting_or(parts, section, "unit", parts.profile().unit_settings, unit_expected,
                           bytes_of_unit);
  parts.pointer(section, "unit_at", source.unit_at);
  source.zone = setting_or(parts, section, "zone", parts.profile().zone_settings, zone_expected,
                           offset_of_zone);
  if (!source.value) read_map(parts, section, name, source);
  check_kinds(section, name, source);
  section.finish();
}

}  // namespace

void read_fields(PartsReader& parts, SectionReader section, const toml::table* table, Step& step) {
  if (table == nullptr) return;
  parts.pointer(section, "iccid", step.iccid);
  for (const CardField& field : card_fields()) {
    if (field.owner == CardField::Owner::daemon || field.name == "platform") continue;
    const toml::node* node = section.node(field.name);
    if (node == nullptr) continue;
    if (!may_platform_set(field)) {
      parts.expected(*node, section.path(field.name),
                     "network_imei: imei is the lock, which only operators set");
      continue;
    }
    FieldSource source;
    source.field = &field;
    const std::string name{field.name};
    const std::string path = section.path(name);
    if (const toml::table* described = node->as_table()) {
      read_table(parts, SectionReader{path, described, parts.mistakes()}, name, source);
    } else if (node->is_string() || node->is_array()) {
      parts.pointers(section, name, source.at);
      if (contains(mapped, name)) {
        source.map = name;
        if (!parts.profile().maps.contains(name)) {
          parts.expected(*node, path, "a [maps." + name + "], the platform's values and ours");
        }
      }
    } else {
      parts.expected(
          *node, path,
          "a pointer, a list of them, or a table such as { at = \"/used\", unit = \"MB\" }");
    }
    step.fields.push_back(std::move(source));
  }
  section.finish();
}

}  // namespace iotcard
