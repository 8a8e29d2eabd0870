// SPDX-License-Identifier: Apache-2.0
#include "domain/event.h"

#include "base/base64.h"
#include "base/json_text.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_payload_excerpt = 4096;

void append_subject(std::string& text, const Event& event) {
  if (event.device) {
    text.append(event.device->product).append(1, '/').append(event.device->number);
  } else {
    text.append("card/").append(event.card ? event.card->text() : "-");
  }
}

// The beginning of the inside of a JSON string, of at most so many bytes, that cuts neither a
// character nor an escape.
std::string_view clip_json_text(std::string_view text, std::size_t max_bytes) {
  const std::string_view clipped = clip_utf8(text, max_bytes);
  std::size_t end = 0;
  while (end < clipped.size()) {
    std::size_t size = 1;
    if (clipped[end] == '\\') size = clipped.substr(end).starts_with("\\u") ? 6 : 2;
    if (end + size > clipped.size()) break;
    end += size;
  }
  return clipped.substr(0, end);
}

}  // namespace

std::string event_topic(const Event& event) {
  const std::string_view kind = event_names[event.kind];
  const std::size_t dot = kind.find('.');
  std::string topic = "event/";
  topic.reserve(80);
  topic.append(kind.substr(0, dot)).append(1, '/').append(kind.substr(dot + 1)).append(1, '/');
  append_subject(topic, event);
  return topic;
}

// Put together as text: only the subject may need an escape, and with JsonText it costs four times
// as much, a twentieth of a report.
std::string event_json(const Event& event) {
  std::string subject;
  append_subject(subject, event);
  std::string json = R"({"specversion":"1.0","source":"iotcardd","type":"iotcard.)";
  json.reserve(200 + subject.size() + event.data.size());
  json.append(event_names[event.kind]).append(R"(","subject":)").append(quoted_json(subject));
  json.append(R"(,"time":")").append(to_rfc3339(event.time));
  json.append(R"(","datacontenttype":"application/json","data":)").append(event.data);
  return json.append(1, '}');
}

std::string with_event_id(std::string_view event_json, std::string_view id) {
  constexpr std::string_view before = R"({"specversion":"1.0")";
  constexpr std::string_view id_key = R"(,"id":")";
  if (!event_json.starts_with(before) || event_json.substr(before.size()).starts_with(id_key)) {
    return std::string{event_json};
  }
  std::string text;
  text.reserve(event_json.size() + id.size() + 8);
  text.append(before).append(id_key).append(id).append(1, '"');
  return text.append(event_json.substr(before.size()));
}

// rejection_event() writes the payload last. Quotes inside strings are escaped, so no text of a
// device looks like one of the keys.
std::optional<std::string> shortened_event(std::string_view event_json, std::size_t max_bytes) {
  if (event_json.size() <= max_bytes) return std::string{event_json};
  constexpr std::string_view end = R"("}})";
  constexpr std::string_view cut_end = R"(","payload_cut":true}})";
  for (const std::string_view key : {R"(,"payload":")", R"(,"payload_base64":")"}) {
    const std::size_t at = event_json.find(key);
    if (at == std::string_view::npos || !event_json.ends_with(end)) continue;
    const std::size_t begin = at + key.size();
    if (begin + cut_end.size() > max_bytes) return std::nullopt;
    const std::size_t room = max_bytes - begin - cut_end.size();
    const std::string_view quoted =
        event_json.substr(begin, event_json.size() - end.size() - begin);
    const bool is_base64 = key.find("base64") != std::string_view::npos;
    std::string shortened{event_json.substr(0, begin)};
    shortened.append(is_base64 ? quoted.substr(0, room / 4 * 4) : clip_json_text(quoted, room));
    return shortened.append(cut_end);
  }
  return std::nullopt;
}

// Quotes inside strings are escaped, so no text of a device looks like this key. The data, which
// have times too, come later.
std::optional<Instant> event_time(std::string_view json) {
  constexpr std::string_view key = R"(,"time":")";
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view behind = json.substr(at + key.size());
  return parse_time(behind.substr(0, behind.find('"')));
}

Event rejection_event(const std::optional<DeviceKey>& device, std::string_view topic,
                      const Rejection& rejection, std::string_view payload, std::size_t size,
                      Instant now) {
  JsonText data;
  data.begin_object();
  if (device) {
    data.key("device").begin_object();
    data.member("product", device->product).member("number", device->number).end_object();
  }
  data.member("topic", replace_invalid_utf8(topic))
      .member("reason", rejection_reason_names[rejection.reason])
      .member("offset", static_cast<std::int64_t>(rejection.offset))
      .member("size", static_cast<std::int64_t>(size));
  if (!rejection.problem.empty()) data.member("problem", rejection.problem);
  const std::string_view excerpt = clip_utf8(payload, max_payload_excerpt);
  if (is_utf8(excerpt)) {
    data.member("payload", excerpt);
  } else {
    data.member("payload_base64", base64(payload.substr(0, max_payload_excerpt)));
  }
  data.end_object();
  const DeviceKey unknown{"-", "-"};  // the topic names no device
  return {EventKind::report_rejected, device.value_or(unknown), std::nullopt, now, data.take()};
}

}  // namespace iotcard
