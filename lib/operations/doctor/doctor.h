// SPDX-License-Identifier: Apache-2.0
// doctor.h - Judges the facts about an installation: each check gives one line with its status,
// what was found and what to do. The caller gathers the facts; a fact that cannot be had makes a
// SKIP. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "base/name_table.h"
#include "base/time.h"
#include "operations/doctor/daemon_status.h"
#include "operations/platform_operations.h"
#include "operations/webhook_operations.h"

namespace iotcard {

enum class Health : std::uint8_t {
  ok,
  warn,  // works, but not well, or not for long
  fail,
  skip,  // not known
};
inline constexpr auto health_names = make_name_table<Health>("ok", "warn", "fail", "skip");

struct Finding {
  std::string check;
  Health status = Health::ok;
  std::string finding;
  std::string advice{};  // "": nothing to do
};
// One object on one line: the contract of `iotcardctl doctor --json`.
void write_finding(JsonText& json, const Finding& finding);

// Files. `problem` says why nothing is known, "" if something is.
struct FileFacts {
  bool missing = false;
  std::string problem{};
  unsigned mode = 0;  // as of stat(2)
  unsigned owner = 0;
};
Finding judge_secret(const std::string& key, const std::string& path, const FileFacts& file);
Finding judge_plain_file(const std::string& key, const std::string& path, const FileFacts& file);
// A folder that the daemon writes to. `inside`: a file that the daemon made there, if it did.
struct FolderFacts {
  FileFacts folder;
  FileFacts parent;
  FileFacts inside{.missing = true};
  std::string inside_name{};
  bool made_by_daemon = false;  // it makes the folder itself if the parent is there
};
Finding judge_folder(const std::string& key, const std::string& path, const FolderFacts& facts);
// Bytes. `needed`: what must fit for the daemon to keep its promises.
Finding judge_space(const std::string& path, std::uint64_t free, std::uint64_t total,
                    std::uint64_t needed);

// The store and what waits in it.
Finding judge_damage(const std::vector<std::string>& damage, bool thorough);
Finding judge_tables(const std::vector<TableSize>& tables);
Finding judge_mismatches(std::int64_t open);
// `blocked_for`: for how long the log could not be reset; nullopt: it can be. `readers`: the
// processes that read the store now, each as "NUMBER (NAME)".
Finding judge_log(std::int64_t bytes, std::optional<Duration> blocked_for,
                  const std::vector<std::string>& readers);
Finding judge_outbox(std::int64_t events, std::optional<Duration> oldest);
Finding judge_quarantine(std::int64_t events);
Finding judge_imports(std::int64_t unfinished);
// `deferred`: reports that wait in the store, behind those of other devices.
Finding judge_backlog(std::uint64_t bytes, std::uint64_t max_bytes, std::int64_t deferred);

// A card platform, as whoever asked it last left it in the store.
Finding judge_platform(const PlatformFacts& facts);
// A webhook, as the daemon last left it in the store.
Finding judge_webhook(const WebhookFacts& facts);
// What a webhook's url answered to a GET: `status` 0 for no answer, which `problem` explains.
Finding judge_webhook_url(const std::string& name, int status, const std::string& problem);

// The daemon of this configuration, as it says on its status topic, and the others of the same
// events.prefix. `our_client`: its client id.
Finding judge_daemon(const DaemonFacts& daemon, std::string_view our_version,
                     std::string_view our_client = {});
std::vector<Finding> judge_other_daemons(const std::vector<DaemonFacts>& others);
// What the daemons warn of, such as a session that another client takes over: a finding each.
std::vector<Finding> judge_warnings(const DaemonFacts& daemon);

// The broker.
// `asked` and `granted`: its QoS.
Finding judge_subscription(const std::string& filter, const std::string& refusal, bool shared,
                           int asked = 1, int granted = 1);
// What the broker said to a retained status and a last will on a topic of our own. `refusal`: "" if
// it took them.
Finding judge_status_topic(const std::string& topic, const std::string& refusal,
                           const DaemonFacts& daemon);
// One message on a topic that nobody uses.
struct PublicationFacts {
  std::string topic{};
  std::string refusal{};  // "": acknowledged
  bool came_back = false;
  bool listened = false;  // the broker let us subscribe to the topic
  bool mqtt5 = false;     // only then an acknowledgement means that it was taken
};
Finding judge_publication(const PublicationFacts& publication, const DaemonFacts& daemon,
                          const Finding& outbox);
// What the broker tells of itself on $SYS, topic to value; empty: nothing.
using BrokerFigures = std::map<std::string, std::string>;
inline constexpr const char* sys_version = "$SYS/broker/version";
inline constexpr const char* sys_dropped = "$SYS/broker/publish/messages/dropped";
inline constexpr const char* sys_stored = "$SYS/broker/store/messages/count";
inline constexpr const char* sys_away = "$SYS/broker/clients/disconnected";
Finding judge_queues(const BrokerFigures& figures);
// The largest packet that devices may send. `announced`: by CONNACK, in bytes; nullopt: none.
// `max_packet`: broker.max_packet.
Finding judge_packet_limit(bool mqtt5, std::optional<std::uint32_t> announced,
                           std::uint64_t max_packet);
Finding judge_session(const DaemonFacts& daemon, const BrokerFigures& figures,
                      std::chrono::seconds session_expiry);

// The clock. `newest`: the newest report; `built`: the time of the program's file.
Finding judge_clock(Instant now, std::optional<Instant> newest, std::optional<Instant> built);
Finding judge_synchronised(std::optional<bool> synchronised);

}  // namespace iotcard
