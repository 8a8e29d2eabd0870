// SPDX-License-Identifier: Apache-2.0
// daemon_status.h - How a daemon fares, as it says on its status topic: a flat JSON object. Pure;
// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

struct DaemonFacts {
  std::string state{};  // "": it has said nothing
  std::string version{};
  std::string since{};
  std::string reason{};
  std::string problem{};  // why it is not known what it says
  // Whether a process holds the intake folder, where that is to be seen: a broker that was killed
  // may keep an old status, without its last will.
  std::optional<bool> folder_held{};
  std::string client{};                 // client id; "" from a daemon before 0.2
  std::vector<std::string> warnings{};  // what is wrong although reports are taken
  std::string topic{};                  // where it says so
  bool gone() const { return folder_held == false; }
  bool online() const { return state == "online" && !gone(); }
};

// nullopt: it is no flat JSON object.
std::optional<DaemonFacts> read_daemon_status(std::string_view payload);

// What is retained on a status topic.
struct StatusMessage {
  std::string topic;
  std::string payload;
};
// The daemons of one prefix.
struct DaemonStatuses {
  DaemonFacts own{};                  // of the client that was asked about
  std::string payload{};              // its status as it is; "" for none
  std::vector<DaemonFacts> others{};  // by topic
};
// `own_topic`: the topic of the client that is asked about. A status that a daemon left on
// `common_topic` before it had its own topic is ignored.
DaemonStatuses sort_statuses(const std::vector<StatusMessage>& messages,
                             const std::string& own_topic, const std::string& common_topic);

}  // namespace iotcard
