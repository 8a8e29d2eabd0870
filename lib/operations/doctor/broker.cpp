// SPDX-License-Identifier: Apache-2.0
// What the broker grants, keeps and drops.
#include <fmt/format.h>

#include "operations/doctor/doctor.h"

namespace iotcard {
namespace {

std::string figure(const BrokerFigures& figures, const char* topic) {
  const auto found = figures.find(topic);
  return found == figures.end() ? std::string{} : found->second;
}

}  // namespace

Finding judge_subscription(const std::string& filter, const std::string& refusal, bool shared,
                           int asked, int granted) {
  const char* const check = "subscription";
  if (!refusal.empty()) {
    return {check, Health::fail, refusal,
            fmt::format("let the daemon's account read {} at the broker", filter)};
  }
  const char* const how = shared ? ", tried without the share so that no report is taken" : "";
  if (granted < asked) {
    return {check, Health::warn,
            fmt::format("the broker grants {} QoS {}, not the {} asked for{}", filter, granted,
                        asked, how),
            "reports that come while the daemon is away are lost; see the limits of the broker and "
            "of the account"};
  }
  return {check, Health::ok, fmt::format("the broker grants {}{}", filter, how)};
}

Finding judge_status_topic(const std::string& topic, const std::string& refusal,
                           const DaemonFacts& daemon) {
  const char* const check = "last will";
  if (refusal.empty()) {
    return {check, Health::ok,
            fmt::format("the broker took a last will and a status on {}", topic)};
  }
  if (daemon.online()) {
    return {check, Health::skip,
            refusal + "; but the daemon is connected with its own, so only this topic is closed"};
  }
  return {check, Health::warn, refusal,
          "the daemon does not connect without them: let its account write to its status topic"};
}

Finding judge_publication(const PublicationFacts& publication, const DaemonFacts& daemon,
                          const Finding& outbox) {
  const char* const check = "publication";
  if (publication.came_back) {
    return {check, Health::ok, fmt::format("a message on {} came back", publication.topic)};
  }
  if (publication.refusal.empty() && publication.mqtt5) {
    return {check, Health::ok, fmt::format("the broker took a message on {}", publication.topic)};
  }
  if (publication.refusal.empty()) {
    return {check, Health::skip,
            fmt::format("the broker acknowledged a message on {} and {}; with MQTT 3.1.1 it does "
                        "not say whether it took it",
                        publication.topic,
                        publication.listened ? "did not send it back" : "nobody may listen there"),
            "look at outbox and daemon"};
  }
  // An access list may well allow the event topics alone; whether those work shows elsewhere.
  const std::string found =
      fmt::format("a message on {}: {}", publication.topic, publication.refusal);
  if (daemon.online() && outbox.status == Health::ok) {
    return {check, Health::skip,
            found + "; but the daemon publishes its events, so only this topic is closed", ""};
  }
  const bool stuck = outbox.status == Health::fail || outbox.status == Health::warn;
  return {check, stuck || daemon.state == "degraded" ? Health::fail : Health::warn, found,
          "let the daemon's account write to its event/# and status at the broker"};
}

Finding judge_queues(const BrokerFigures& figures) {
  const char* const check = "broker queues";
  const std::string dropped = figure(figures, sys_dropped);
  const std::string version = figure(figures, sys_version);
  if (dropped.empty() && !version.empty()) {
    return {check, Health::ok,
            version +
                ": no message dropped in the last minute; of earlier ones it does not say, "
                "for mosquitto forgets a figure that has not changed for a minute"};
  }
  if (dropped.empty()) {
    return {check, Health::skip, "the broker does not publish its figures, or not to this account",
            "for mosquitto: let the account read $SYS/#"};
  }
  std::string facts = version.empty() ? "the broker" : version;
  facts += fmt::format(": {} messages dropped since its start", dropped);
  if (const std::string stored = figure(figures, sys_stored); !stored.empty()) {
    facts += fmt::format(", {} stored", stored);
  }
  if (dropped == "0") return {check, Health::ok, facts};
  return {check, Health::warn, facts,
          "reports may have been lost while the daemon was away: raise max_queued_messages (0: no "
          "limit) in mosquitto's configuration"};
}

Finding judge_packet_limit(bool mqtt5, std::optional<std::uint32_t> announced,
                           std::uint64_t max_packet) {
  const char* const check = "packet limit";
  const std::string advice =
      fmt::format("limit packets at the broker, for mosquitto: max_packet_size {}", max_packet);
  if (!mqtt5) {
    return {check, Health::skip,
            "with MQTT 3.1.1 the broker does not say how large a packet may be, and sends the "
            "daemon packets of any size",
            advice + "; a packet too large for the daemon's memory stops all reports"};
  }
  if (!announced) {
    return {check, Health::warn,
            fmt::format("the broker announces no limit: devices may send packets above "
                        "broker.max_packet ({} bytes), which the broker drops without a word",
                        max_packet),
            advice};
  }
  if (*announced > max_packet) {
    return {check, Health::warn,
            fmt::format("the broker takes packets of {} bytes: it drops those above "
                        "broker.max_packet ({} bytes) without a word",
                        *announced, max_packet),
            advice + ", or raise broker.max_packet"};
  }
  return {check, Health::ok,
          fmt::format("the broker takes packets of at most {} bytes", *announced)};
}

Finding judge_session(const DaemonFacts& daemon, const BrokerFigures& figures,
                      std::chrono::seconds session_expiry) {
  const char* const check = "session";
  if (session_expiry.count() == 0) {
    return {check, Health::warn, "broker.session_expiry is 0: the broker keeps nothing for us",
            "set it to as long as the daemon may be away, such as \"7d\""};
  }
  if (daemon.online())
    return {check, Health::ok, "the daemon is connected, and its session with it"};
  const std::string away = figure(figures, sys_away);
  if (away == "0" && daemon.state != "degraded") {
    return {check, Health::warn, "by its figures the broker keeps no session for anybody away",
            "reports published now are lost to the daemon: start it; mosquitto forgets sessions at "
            "a restart without persistence true"};
  }
  // Asking by the daemon's own client id would tell, but what waits in the session is delivered at
  // once, and the MQTT library may acknowledge it before anybody has kept it.
  std::string found =
      "not asked: only the daemon's own client id can, and that might take reports that wait";
  if (!away.empty()) found += fmt::format("; sessions kept for clients away: {}", away);
  return {check, Health::skip, found,
          "start the daemon: its log says whether the session was resumed or is new"};
}

}  // namespace iotcard
