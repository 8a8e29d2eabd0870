// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/byte_size.h"
#include "base/text.h"
#include "base/time_spelling.h"
#include "platform/answer_reading.h"

namespace iotcard {
namespace {

struct FieldReading {
  const Profile& profile_;
  const SettingValues& settings_;
  const Step& step_;
  const JsonValue& item_;
  const Redactor& redactor_;
  Card scratch_{*Iccid::from_canonical("8986000000000000000")};
  FieldValues values_{};

  FieldValues read() {
    for (const FieldSource& source : step_.fields) read(source);
    return std::move(values_);
  }

  void note(const FieldSource& source, const std::string& what) {
    values_.notes.push_back(std::string{source.field->name} + ": " + what);
  }
  std::string quoted(std::string_view text) const { return '"' + redactor_.quote(text) + '"'; }

  // The literal, or the setting that is named.
  std::string setting(const Template& text) const {
    const TemplatePiece& piece = text.pieces.front();
    const auto value = settings_.find(piece.variable);
    return value == settings_.end() ? piece.literal : value->second;
  }

  Duration zone(const FieldSource& source) const {
    return source.zone ? offset_of_zone(setting(*source.zone)).value_or(Duration{}) : Duration{};
  }

  void read(const FieldSource& source) {
    std::optional<std::string> text;
    if (source.value) {
      text = source.value;
    } else if (source.field->kind == CardField::Kind::integer &&
               source.field->name.ends_with("_bytes")) {
      text = amount(source);
    } else if (!source.earliest.empty()) {
      text = earliest(source);
    } else {
      text = first(source);
      if (text && !source.map.empty()) text = mapped(source, *text);
    }
    if (text) set(source, *source.field, *text);
  }

  void set(const FieldSource& source, const CardField& field, const std::string& text) {
    // A secret that the platform echoes must not be stored with the card.
    const std::string cleaned = redactor_.clean(text);
    if (const auto problem = field.set(scratch_, cleaned, zone(source))) {
      values_.notes.push_back(std::string{field.name} + ": " + problem->text + ", not " +
                              quoted(text));
      return;
    }
    merge_fields(values_.fields, {{std::string{field.name}, field.get(scratch_)}});
  }

  std::optional<std::string> first(const FieldSource& source) {
    for (const JsonPath& path : source.at) {
      if (auto text = find_text(item_, path)) return text;
    }
    const std::string where = join(source.at, ", ", &JsonPath::text);
    note(source, "nothing at " + (where.empty() ? "\"\"" : where));
    return std::nullopt;
  }

  std::optional<std::string> mapped(const FieldSource& source, const std::string& theirs) {
    const std::string name{source.field->name};
    const auto is_raw = [&](const FieldSource& one) { return one.field->name == "raw_status"; };
    if (name == "status" && std::ranges::none_of(step_.fields, is_raw)) {
      set(source, *find_card_field("raw_status"), theirs);
    }
    const ValueMap& map = profile_.maps.at(source.map);
    if (const auto ours = map.find(theirs); ours != map.end()) return ours->second;
    values_.unknown.emplace_back(name, redactor_.quote(theirs));
    note(source, quoted(theirs) + " is not in [maps." + source.map + ']');
    if (name == "status" || name == "network") return "unknown";
    if (name == "usage_scope") return std::nullopt;
    return theirs;
  }

  std::optional<std::string> earliest(const FieldSource& source) {
    std::optional<Instant> first_time;
    std::string text;
    for (const JsonPath& path : source.earliest) {
      for (const JsonValue* value : find_all(item_, path).values) {
        const auto written = text_of(*value);
        if (!written) continue;
        const auto reading = read_time_spelling(*written, zone(source));
        const auto* time = std::get_if<Instant>(&reading);
        if (time == nullptr) {
          note(source, quoted(*written) + " is no time");
        } else if (!first_time || *time < *first_time) {
          first_time = *time;
          text = *written;
        }
      }
    }
    if (!first_time) note(source, "no time at any of its pointers");
    return first_time ? std::optional{text} : std::nullopt;
  }

  std::optional<std::int64_t> unit(const FieldSource& source) {
    std::optional<std::string> name;
    if (source.unit_at) {
      name = find_text(item_, *source.unit_at);
      const auto map = profile_.maps.find(source.map.empty() ? "unit" : source.map);
      if (name && map != profile_.maps.end()) {
        const auto ours = map->second.find(*name);
        if (ours != map->second.end()) name = ours->second;
      }
    }
    if (!name && source.unit) name = setting(*source.unit);
    if (!name && !source.unit_at) return 1;
    const auto bytes = name ? bytes_of_unit(*name) : std::nullopt;
    if (!bytes)
      note(source, name ? quoted(*name) + " is no unit" : "no unit at " + source.unit_at->text);
    return bytes;
  }

  // The sum of all values at the paths, each of which must have one.
  std::optional<std::int64_t> total(const FieldSource& source, const std::vector<JsonPath>& paths,
                                    std::int64_t unit) {
    std::int64_t sum = 0;
    for (const JsonPath& path : paths) {
      const JsonMatches matches = find_all(item_, path);
      bool any = matches.empty_list;
      for (const JsonValue* value : matches.values) {
        const auto text = text_of(*value);
        if (!text) continue;
        const auto bytes = amount_in_bytes(*text, unit);
        if (!bytes || __builtin_add_overflow(sum, *bytes, &sum)) {
          note(source, quoted(*text) + " is no amount of data");
          return std::nullopt;
        }
        any = true;
      }
      if (!any) {
        note(source, "nothing at " + path.text);
        return std::nullopt;
      }
    }
    return sum;
  }

  std::optional<std::string> amount(const FieldSource& source) {
    std::optional<std::int64_t> bytes;
    std::optional<std::string> text;
    if (!source.at.empty()) {
      text = first(source);
      if (!text) return std::nullopt;
    }
    const auto one = unit(source);
    if (!one) return std::nullopt;
    if (text) {
      bytes = amount_in_bytes(*text, *one);
      if (!bytes) note(source, quoted(*text) + " is no amount of data");
    } else {
      bytes = total(source, source.sum, *one);
    }
    if (!bytes) return std::nullopt;
    const auto off = total(source, source.minus, *one);
    std::int64_t left = 0;
    if (!off || __builtin_sub_overflow(*bytes, *off, &left)) return std::nullopt;
    return std::to_string(left);
  }
};

}  // namespace

FieldValues read_field_values(const Profile& profile, const SettingValues& settings,
                              const Step& step, const JsonValue& item, const Redactor& redactor) {
  return FieldReading{profile, settings, step, item, redactor}.read();
}

void merge_fields(std::vector<FieldChange>& fields, const std::vector<FieldChange>& later) {
  for (const FieldChange& change : later) {
    const auto same = std::ranges::find(fields, change.name, &FieldChange::name);
    if (same == fields.end()) {
      fields.push_back(change);
    } else {
      same->value = change.value;
    }
  }
}

}  // namespace iotcard
