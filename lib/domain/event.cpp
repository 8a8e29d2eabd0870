// SPDX-License-Identifier: Apache-2.0
#include "domain/event.h"

#include "base/base64.h"
#include "base/json_text.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_payload_excerpt = 4096;

std::string subject(const Event& event) {
  if (event.device) return event.device->text();
  return "card/" + std::string{event.card ? event.card->text() : "-"};
}

}  // namespace

std::string event_topic(const Event& event) {
  std::string kind{event_names[event.kind]};
  kind[kind.find('.')] = '/';
  return "event/" + kind + '/' + subject(event);
}

std::string event_json(const Event& event) {
  JsonText json;
  json.begin_object()
      .member("specversion", "1.0")
      .member("source", "iotcardd")
      .member("type", "iotcard." + std::string{event_names[event.kind]})
      .member("subject", subject(event))
      .member("time", event.time)
      .member("datacontenttype", "application/json")
      .key("data")
      .raw(event.data)
      .end_object();
  return json.take();
}

std::string with_event_id(std::string_view event_json, std::string_view id) {
  constexpr std::string_view before = R"({"specversion":"1.0")";
  std::string text;
  text.reserve(event_json.size() + id.size() + 8);
  text.append(before).append(R"(,"id":")").append(id).append(1, '"');
  return text.append(event_json.substr(before.size()));
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
