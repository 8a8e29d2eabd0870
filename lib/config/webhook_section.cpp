// SPDX-License-Identifier: Apache-2.0
#include "config/webhook_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/address_checks.h"
#include "domain/event_filter.h"

namespace iotcard {
namespace {

constexpr std::size_t max_name_bytes = 64;

// It is a label of the metrics, and part of the name of a thread.
Check webhook_name(const std::string& text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
  if (plain && !text.empty() && text.size() <= max_name_bytes) return std::nullopt;
  return expected("1 to 64 letters, digits, dots, hyphens and underscores");
}

Check kind_name(const std::string& text) {
  if (event_kinds_named(text)) return std::nullopt;
  return expected(fmt::format("kinds of events or their first parts, such as \"mismatch\": {}",
                              fmt::join(event_names.names, ", ")));
}

// Many receivers take whoever knows the path, so it is not shown.
std::string without_path(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t end = url.find_first_of("/?#", scheme == url.npos ? 0 : scheme + 3);
  return end == url.npos ? url : url.substr(0, end) + "/…";
}

std::vector<std::string> kinds_of(const std::vector<std::string>& names) {
  EventKinds kinds;
  for (const std::string& name : names) kinds.add(*event_kinds_named(name));
  const auto spelled = kinds.names(event_names);
  return {spelled.begin(), spelled.end()};
}

}  // namespace

void read_webhook(SectionReader section, const Retention& retention,
                  std::vector<WebhookSettings>& webhooks) {
  WebhookSettings webhook;
  webhook.where = section.where();
  section.text("name", webhook.name, webhook_name);
  section.text("url", webhook.url, web_address_with_query);
  section.record("url", without_path(webhook.url));
  std::vector<std::string> kinds;
  section.texts("kinds", kinds, kind_name);
  section.file("secret_file", webhook.secret_file);
  section.boolean("allow_insecure", webhook.allow_insecure);
  section.file("ca_file", webhook.ca_file);
  section.seconds("timeout", webhook.timeout, std::chrono::seconds{1}, std::chrono::minutes{5});
  section.require("name", "a name that no other webhook has");
  section.require("url", "the address that events are sent to");
  section.require("secret_file", "a file with the secret that the receiver knows too");
  if (section.has("kinds") && kinds.empty()) {
    section.mistake("kinds", "expected at least one kind; without the key all kinds are sent");
  }
  webhook.kinds = kinds_of(kinds);
  if (kinds.empty()) section.record("kinds", "");  // all
  if (is_plain_http_to_others(webhook.url) && !webhook.allow_insecure) {
    section.mistake("url",
                    "expected https://; http:// to another host shows events to others and needs "
                    "allow_insecure = true");
  }
  if (!retention.keeps_events()) {
    section.mistake("name",
                    "a webhook sends from the history of events, which is off: set "
                    "[retention] events and events_age, or leave them out");
  }
  if (!webhook.name.empty() && contains(webhooks, webhook.name, &WebhookSettings::name)) {
    section.mistake("name", "expected another name: this one is taken");
  }
  section.finish();
  webhooks.push_back(std::move(webhook));
}

}  // namespace iotcard
