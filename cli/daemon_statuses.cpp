// SPDX-License-Identifier: Apache-2.0
#include "daemon_statuses.h"

#include "broker_client.h"
#include "domain/topic_pattern.h"
#include "ingest/segment_files.h"

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds quiet_time{150};  // retained messages come in one go

}  // namespace

DaemonStatuses read_daemon_statuses(const Config& config, std::chrono::milliseconds patience) {
  const std::string& prefix = config.events.prefix;
  const std::string common = status_topic(prefix, "", "");
  const std::string own = status_topic(prefix, config.reports.share, config.broker.client_id);
  SessionOptions options = tool_options(config.broker, {common});
  options.qos = 0;  // messages are looked at, not kept
  // By its whole name, too: RabbitMQ sends retained messages to such a subscription only.
  if (own != common) options.filters.push_back(own);
  options.optional_filters = {shared_status_filter(prefix)};  // an access list may not know it yet
  BrokerClient visit{options};
  DaemonStatuses statuses;
  if (const std::string problem = visit.try_connect(patience, 1); !problem.empty()) {
    statuses.own.problem = problem;
  } else {
    std::vector<StatusMessage> messages;
    for (auto& [topic, payload] : visit.messages_behind(own, patience, quiet_time)) {
      messages.push_back({topic, payload});
    }
    statuses = sort_statuses(messages, own, common);
  }
  statuses.own.folder_held = is_locked(config.intake.dir);
  return statuses;
}

}  // namespace iotcard
