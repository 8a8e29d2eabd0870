// SPDX-License-Identifier: Apache-2.0
#include "operations/doctor/daemon_status.h"

#include <algorithm>

#include "base/json_object.h"
#include "base/text.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::size_t max_shown = 40;  // bytes of what is no status

DaemonFacts facts_of(const StatusMessage& message) {
  DaemonFacts facts = read_daemon_status(message.payload)
                          .value_or(DaemonFacts{
                              .state = replace_invalid_utf8(message.payload.substr(0, max_shown))});
  facts.topic = message.topic;
  return facts;
}

}  // namespace

std::optional<DaemonFacts> read_daemon_status(std::string_view payload) {
  const auto read = read_flat_json(payload, JsonArrays::allowed);
  const auto* members = std::get_if<std::vector<JsonMember>>(&read);
  if (members == nullptr) return std::nullopt;
  const auto text = [&](std::string_view name) {
    const auto found = std::ranges::find(*members, name, &JsonMember::name);
    const bool has = found != members->end() && found->kind == JsonMember::Kind::text;
    return has ? found->text : std::string{};
  };
  DaemonFacts facts{.state = text("state"),
                    .version = text("version"),
                    .since = text("since"),
                    .reason = text("reason")};
  facts.client = text("client");
  const auto warnings = std::ranges::find(*members, "warnings", &JsonMember::name);
  if (warnings != members->end()) facts.warnings = warnings->items;
  return facts;
}

DaemonStatuses sort_statuses(const std::vector<StatusMessage>& messages,
                             const std::string& own_topic, const std::string& common_topic) {
  DaemonStatuses statuses;
  for (const StatusMessage& message : messages) {
    if (message.payload.empty()) continue;
    DaemonFacts facts = facts_of(message);
    if (message.topic == own_topic) {
      statuses.own = std::move(facts);
      statuses.payload = message.payload;
    } else {
      statuses.others.push_back(std::move(facts));
    }
  }
  // The clients that have a topic of their own.
  std::vector<std::string> clients;
  for (const DaemonFacts& facts : statuses.others) {
    if (facts.topic != common_topic) clients.push_back(facts.client);
  }
  if (own_topic != common_topic && !statuses.own.state.empty()) {
    clients.push_back(statuses.own.client);
  }
  std::erase_if(statuses.others, [&](const DaemonFacts& facts) {
    return facts.topic == common_topic && facts.state == "offline" && !clients.empty() &&
           (facts.client.empty() || contains(clients, facts.client));
  });
  std::ranges::sort(statuses.others, {}, &DaemonFacts::topic);
  return statuses;
}

}  // namespace iotcard
