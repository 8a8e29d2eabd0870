// SPDX-License-Identifier: Apache-2.0
#include "broker/broker_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace iotcard {
namespace {

using Weight = LimitNotice::Weight;

constexpr int topic_name_invalid = 0x90;
constexpr int payload_format_invalid = 0x99;
constexpr int retain_not_supported = 0x9a;
constexpr int qos_not_supported = 0x9b;
constexpr int lost_statuses = 2;
// Of PUBLISH, besides topic and payload: its type, its length in 4 bytes at most, the length of the
// topic, the packet identifier and the length of no properties. MQTT 5.0, 3.3.
constexpr std::size_t publish_overhead = 1 + 4 + 2 + 2 + 1;

LimitNotice judge_keep_alive(const Wanted& wanted, const Announcement& announced,
                             const Concessions& concessions) {
  const char* const subject = "keep alive";
  const auto used =
      concessions.keep_alive.value_or(announced.keep_alive.value_or(wanted.keep_alive));
  if (used >= wanted.keep_alive) {
    return {subject, Weight::granted,
            fmt::format("{} s, as broker.keep_alive asks for", wanted.keep_alive.count())};
  }
  return {subject, Weight::adapted,
          fmt::format("the broker wants {} s in place of the {} s of broker.keep_alive, and gets "
                      "them",
                      used.count(), wanted.keep_alive.count())};
}

LimitNotice judge_session_expiry(const Wanted& wanted, const Announcement& announced) {
  const char* const subject = "session expiry";
  if (!wanted.mqtt5) {
    return {subject, Weight::granted,
            "with MQTT 3.1.1 the broker does not say how long it keeps a session"};
  }
  const auto kept = announced.session_expiry.value_or(wanted.session_expiry);
  if (kept >= wanted.session_expiry) {
    return {subject, Weight::granted,
            fmt::format("{} s, as broker.session_expiry asks for", wanted.session_expiry.count())};
  }
  return {
      subject, Weight::weaker,
      fmt::format("the broker keeps the session for {} s, not for the {} s of "
                  "broker.session_expiry: reports that devices publish while the daemon is away "
                  "longer than that are lost",
                  kept.count(), wanted.session_expiry.count())};
}

LimitNotice judge_qos(const Announcement& announced, const Concessions& concessions) {
  const char* const subject = "publishing";
  const int qos = std::min({1, announced.maximum_qos, concessions.will_qos});
  if (qos == 1) return {subject, Weight::granted, "QoS 1, as asked for"};
  return {
      subject, Weight::weaker,
      fmt::format("the broker takes QoS {} at most, not the 1 asked for: reports and events that "
                  "are under way when the connection breaks are lost, and so are reports that "
                  "devices publish while the daemon is away",
                  qos)};
}

LimitNotice judge_retain(const Announcement& announced, const Concessions& concessions) {
  const char* const subject = "retained status";
  if (announced.retain && concessions.retain) {
    return {subject, Weight::granted, "the broker keeps the status and the last will"};
  }
  return {
      subject, Weight::weaker,
      "a retained status and last will are asked for, and the broker keeps no retained messages: "
      "both are published without, and who subscribes to the status topic later hears nothing "
      "until the status changes"};
}

LimitNotice judge_packet(const Announcement& announced) {
  const char* const subject = "packet size";
  if (!announced.max_packet) {
    return {subject, Weight::granted, "the broker announces no limit for our packets"};
  }
  if (*announced.max_packet >= largest_event) {
    return {subject, Weight::granted,
            fmt::format("the broker takes packets of at most {} bytes", *announced.max_packet)};
  }
  return {
      subject, Weight::weaker,
      fmt::format("the broker takes packets of at most {} bytes, and an event may have {}: "
                  "payloads quoted in report.rejected are shortened to fit, and an event that is "
                  "larger still is quarantined",
                  *announced.max_packet, largest_event)};
}

}  // namespace

std::optional<Concessions> concede_to_refusal(const Concessions& now, int connack_code) {
  Concessions next = now;
  if (connack_code == retain_not_supported) next.retain = false;
  if (connack_code == qos_not_supported) next.will_qos = 0;
  return next == now ? std::nullopt : std::optional{next};
}

std::vector<Concessions> concede_to_hang_up(const Concessions& now) {
  std::vector<Concessions> next{now};
  const auto add = [&](bool retain, int will_qos) {
    Concessions less = now;
    less.retain = now.retain && retain;
    less.will_qos = std::min(now.will_qos, will_qos);
    if (std::ranges::find(next, less) == next.end()) next.push_back(less);
  };
  add(false, 1);
  add(true, 0);
  add(false, 0);
  return next;
}

std::optional<Concessions> concede_to_lost_status(const Concessions& now, int connections) {
  if (!now.retain || connections < lost_statuses) return std::nullopt;
  Concessions next = now;
  next.retain = false;
  return next;
}

Concessions ask_again(const Concessions& now) {
  return {.keep_alive = now.keep_alive};
}

Announcement announced_by(const Concessions& concessions) {
  return {.maximum_qos = concessions.will_qos == 0 ? 0 : 2, .retain = concessions.retain};
}

std::optional<Concessions> concede_to(const Concessions& now, const Announcement& announced,
                                      std::chrono::seconds asked) {
  // 0 turns the broker's clock off, so any interval of ours will do.
  if (!announced.keep_alive || announced.keep_alive->count() == 0) return std::nullopt;
  if (*announced.keep_alive >= asked) return std::nullopt;
  Concessions next = now;
  next.keep_alive = announced.keep_alive;
  return next;
}

std::vector<LimitNotice> judge_limits(const Wanted& wanted, const Announcement& announced,
                                      const Concessions& concessions,
                                      const std::vector<Grant>& grants) {
  std::vector<LimitNotice> notices{judge_keep_alive(wanted, announced, concessions)};
  if (wanted.session_expiry.count() > 0) {
    notices.push_back(judge_session_expiry(wanted, announced));
  }
  notices.push_back(judge_qos(announced, concessions));
  if (wanted.status) notices.push_back(judge_retain(announced, concessions));
  notices.push_back(judge_packet(announced));
  notices.push_back(
      {"receive maximum", Weight::granted,
       fmt::format("the broker takes {} messages unacknowledged", announced.receive_maximum)});
  for (const Grant& grant : grants) {
    // judge_qos() says it of all of them.
    if (grant.granted >= std::min(grant.asked, announced.maximum_qos)) continue;
    notices.push_back(
        {"subscription", Weight::weaker,
         fmt::format("the broker grants {} QoS {}, not the {} asked for: it keeps none of these "
                     "messages while the daemon is away, and one that is under way when the "
                     "connection breaks is lost",
                     grant.filter, grant.granted, grant.asked)});
  }
  return notices;
}

std::optional<std::string> filter_problem(std::string_view filter, const Announcement& announced) {
  if (!announced.shared && filter.starts_with("$share/")) {
    return "the broker has no shared subscriptions: remove reports.share, and let one daemon use "
           "this broker";
  }
  if (!announced.wildcards && filter.find_first_of("+#") != std::string_view::npos) {
    return "the broker takes no subscriptions with wildcards, and the daemon needs them";
  }
  return std::nullopt;
}

PublishManner publish_manner(int qos, bool retain, const Announcement& announced) {
  return {std::min(qos, announced.maximum_qos), retain && announced.retain};
}

std::size_t message_room(const Announcement& announced) {
  if (!announced.max_packet) return std::numeric_limits<std::size_t>::max();
  const std::size_t bytes = *announced.max_packet;
  return bytes - std::min(bytes, publish_overhead);
}

bool refuses_for_good(int reason_code) {
  return reason_code == topic_name_invalid || reason_code == payload_format_invalid;
}

}  // namespace iotcard
