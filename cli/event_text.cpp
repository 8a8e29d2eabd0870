// SPDX-License-Identifier: Apache-2.0
#include "event_text.h"

#include <fmt/core.h>
#include <rapidjson/document.h>

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

using Value = rapidjson::Value;

const Value* find(const Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::string text_of(const Value* value) {
  if (value == nullptr) return {};
  if (value->IsString()) return {value->GetString(), value->GetStringLength()};
  if (value->IsInt64()) return std::to_string(value->GetInt64());
  if (value->IsTrue()) return "yes";
  if (value->IsArray()) {
    return join(value->GetArray(), ",", [](const Value& item) { return text_of(&item); });
  }
  if (value->IsObject()) {  // a device
    return text_of(find(*value, "product")) + "/" + text_of(find(*value, "number"));
  }
  return {};
}

Colour colour_of(std::string_view kind) {
  if (kind == "mismatch.cleared" || kind == "card.recovered") return Colour::green;
  if (kind.starts_with("mismatch.")) return Colour::red;
  if (kind.starts_with("card.")) return Colour::yellow;
  if (kind == "report.rejected") return Colour::red;
  if (kind == "device.silent") return Colour::yellow;
  if (kind == "device.heard") return Colour::green;
  if (kind == "binding.released") return Colour::yellow;
  if (kind == "binding.created") return Colour::green;
  if (kind.starts_with("binding.")) return Colour::none;
  return Colour::grey;
}

// The members of "data" that tell one event from another of its kind.
std::string details(const Value& data, const std::string& iccid) {
  std::string line;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    if (!line.empty()) line += ' ';
    line += fmt::format("{}={}", name, value);
  };
  for (const char* name : {"mismatch", "state", "reason", "suspect", "late", "holder", "resolved",
                           "reasons", "candidates", "offset", "size", "silent_since"}) {
    add(name, text_of(find(data, name)));
  }
  if (const std::string match = text_of(find(data, "match")); match != "exact") add("match", match);
  if (const std::string bound = text_of(find(data, "bound_iccid")); bound != iccid) {
    add("bound", bound);
  }
  if (const Value* reported = find(data, "reported"); reported != nullptr) {
    if (reported->IsString()) add("reported", text_of(reported));
    if (iccid.empty()) add("reported", text_of(find(*reported, "iccid")));
    add("leniencies", text_of(find(*reported, "leniencies")));
  }
  if (const std::string count = text_of(find(data, "count")); count != "1") add("count", count);
  add("by", text_of(find(data, "by")));
  return line;
}

}  // namespace

EventText event_text(std::string_view payload) {
  rapidjson::Document event;
  event.Parse(payload.data(), payload.size());
  const std::string type = event.HasParseError() ? "" : text_of(find(event, "type"));
  constexpr std::string_view ours = "iotcard.";
  if (!std::string_view{type}.starts_with(ours)) return {};
  static const Value nothing;
  const Value* member = find(event, "data");
  const Value& data = member != nullptr ? *member : nothing;
  EventText text{.time = text_of(find(event, "time")),
                 .kind = type.substr(ours.size()),
                 .subject = text_of(find(event, "subject")),
                 .iccid = text_of(find(data, "iccid")),
                 .details = {}};
  text.details = details(data, text.iccid);
  text.colour = colour_of(text.kind);
  return text;
}

std::string event_json_line(const std::string& payload) {
  const bool broken = !is_utf8(payload) || std::ranges::any_of(payload, [](char c) {
    return static_cast<unsigned char>(c) < 0x20;
  });
  return broken ? escape_controls(payload) : escape_hidden(payload);
}

}  // namespace iotcard
