// SPDX-License-Identifier: Apache-2.0
#include "domain/event_filter.h"

#include "base/json_text.h"

namespace iotcard {
namespace {

// What follows the first `key`. A quote within a string is escaped, so no text of a device looks
// like a key; the kind and the subject come before the data.
std::string_view behind(std::string_view json, std::string_view key) {
  const std::size_t at = json.find(key);
  return at == std::string_view::npos ? std::string_view{} : json.substr(at + key.size());
}

}  // namespace

std::optional<EventKinds> event_kinds_named(std::string_view name) {
  EventKinds kinds;
  for (std::size_t i = 0; i < event_names.names.size(); ++i) {
    const std::string_view kind = event_names.names[i];
    if (kind == name || kind.substr(0, kind.find('.')) == name)
      kinds.add(static_cast<EventKind>(i));
  }
  return kinds.empty() ? std::nullopt : std::optional{kinds};
}

std::string_view event_kind(std::string_view event_json) {
  const std::string_view kind = behind(event_json, R"(,"type":"iotcard.)");
  return kind.substr(0, kind.find('"'));
}

EventMatcher::EventMatcher(const EventFilter& filter)
    : kinds_(filter.kinds), since_(filter.since), before_(filter.before) {
  if (filter.device) subject_ = quoted_json(filter.device->text());
  if (filter.iccid) iccid_ = '"' + std::string{filter.iccid->text()} + '"';
}

bool EventMatcher::matches(std::string_view event_json) const {
  if (!kinds_.empty()) {
    const auto kind = event_names.find(event_kind(event_json));
    if (!kind || !kinds_.has(*kind)) return false;
  }
  if (!subject_.empty() && !behind(event_json, R"(,"subject":)").starts_with(subject_)) {
    return false;
  }
  // Within a string both quotes would be escaped, so this is a whole string.
  if (!iccid_.empty() && event_json.find(iccid_) == std::string_view::npos) return false;
  if (!since_ && !before_) return true;
  const auto time = event_time(event_json);
  return time && (!since_ || *time >= *since_) && (!before_ || *time < *before_);
}

}  // namespace iotcard
