// SPDX-License-Identifier: Apache-2.0
// doctor: the broker, visited a few times in a row. Each visit is a connection of its own, since a
// refused subscription costs the visit.
#include <fmt/core.h>
#include <rapidjson/document.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "broker_client.h"
#include "doctor_checks.h"
#include "domain/topic_pattern.h"
#include "ingest/segment_files.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds connect_patience{15};  // the session's own is 10
constexpr std::chrono::seconds answer_patience{5};
constexpr milliseconds retained_patience{3000};  // retained messages follow the subscription
constexpr milliseconds farewell{500};

class Visit {
 public:
  explicit Visit(SessionOptions options) {
    SessionHandlers handlers;
    handlers.on_message = [this](const Message& message) {
      change([&] {
        if (keeps_) messages_[std::string{message.topic}] = std::string{message.payload};
      });
    };
    handlers.on_connected = [this](const ConnectionFacts& facts) {
      change([&] {
        connected_ = true;
        facts_ = facts;
      });
    };
    handlers.on_disconnected = [this](const std::string& reason) {
      change([&] {
        if (problem_.empty()) problem_ = reason;
      });
    };
    handlers.on_published = [this](std::int64_t, bool ok, const std::string& reason) {
      change([&] { published_ = ok ? std::string{} : reason; });
    };
    session_ = std::make_unique<Session>(std::move(options), std::move(handlers));
  }
  ~Visit() { session_->stop(farewell); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  void keep_messages() { keeps_ = true; }  // before begin()
  // Connected and subscribed; else problem() says why not.
  bool begin() {
    session_->start();
    wait(connect_patience, [&] { return connected_ || !problem_.empty(); });
    const std::lock_guard lock{mutex_};
    if (!connected_ && problem_.empty()) problem_ = "no answer from the broker";
    return connected_;
  }
  void publish(const std::string& topic) { session_->publish(1, topic, "doctor", 1, false); }

  bool wait_for_messages(std::size_t topics) {
    return wait(retained_patience, [&] { return messages_.size() >= topics; });
  }
  std::string problem() const {
    const std::lock_guard lock{mutex_};
    return problem_;
  }
  std::map<std::string, std::string> messages() const {
    const std::lock_guard lock{mutex_};
    return messages_;
  }
  ConnectionFacts facts() const {
    const std::lock_guard lock{mutex_};
    return facts_;
  }
  // Why the message was not taken, "" if it was.
  std::string refusal() {
    wait(answer_patience, [&] { return published_.has_value(); });
    const std::lock_guard lock{mutex_};
    return published_.value_or("no answer");
  }

 private:
  template <typename Ready>
  bool wait(milliseconds patience, const Ready& ready) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, patience, ready);
  }
  template <typename Action>
  void change(const Action& action) {
    {
      const std::lock_guard lock{mutex_};
      action();
    }
    changed_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool keeps_ = false;
  bool connected_ = false;  // guarded by mutex_, as all that follow but session_
  ConnectionFacts facts_;
  std::string problem_;
  std::map<std::string, std::string> messages_;  // the last one of each topic
  std::optional<std::string> published_;         // "": acknowledged
  std::unique_ptr<Session> session_;
};

SessionOptions visit_options(const Config& config, std::vector<std::string> filters) {
  SessionOptions options = tool_options(config.broker, std::move(filters));
  options.qos = 0;  // messages are looked at, not kept
  return options;
}

// Retained messages of these topics; those that do not come in time are not there.
struct Retained {
  std::map<std::string, std::string> messages;
  std::string problem;  // the subscription is refused
};

Retained read_retained(const Config& config, const std::vector<std::string>& topics) {
  Visit visit{visit_options(config, topics)};
  visit.keep_messages();
  if (!visit.begin()) return {{}, visit.problem()};
  visit.wait_for_messages(topics.size());
  return {visit.messages(), {}};
}

std::string text_of(const rapidjson::Document& json, const char* name) {
  return json.HasMember(name) && json[name].IsString() ? json[name].GetString() : std::string{};
}

DaemonFacts read_status(const Config& config) {
  const std::string topic = config.events.prefix + "/status";
  const Retained retained = read_retained(config, {topic});
  if (!retained.problem.empty()) return {.problem = retained.problem};
  const auto found = retained.messages.find(topic);
  if (found == retained.messages.end() || found->second.empty()) return {};
  rapidjson::Document json;
  json.Parse(found->second.data(), found->second.size());
  if (!json.IsObject()) return {.state = found->second.substr(0, 40)};
  return {.state = text_of(json, "state"),
          .version = text_of(json, "version"),
          .since = text_of(json, "since"),
          .reason = text_of(json, "reason")};
}

// The first file that the connection needs and this account may not read.
std::string closed_file(const BrokerConfig& broker) {
  for (const std::string& path :
       {broker.password_file, broker.ca_file, broker.cert_file, broker.key_file}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0 && errno == EACCES) return path;
  }
  return {};
}

void check_subscriptions(const Config& config, Findings& findings) {
  std::vector<std::string> filters;
  for (const std::string& topic : config.reports.topics) {
    filters.push_back(TopicPattern{topic}.filter());
  }
  const std::string states = card_state_filter(config.events.prefix);
  filters.push_back(states);
  for (const std::string& filter : filters) {
    Visit visit{visit_options(config, {filter})};
    Finding finding = judge_subscription(filter, visit.begin() ? std::string{} : visit.problem(),
                                         !config.reports.share.empty());
    // Without it no script is heard; reports are.
    if (filter == states && finding.status == Health::fail) finding.status = Health::warn;
    findings.push_back(std::move(finding));
  }
}

// On a topic of our own, which nobody but us listens to and which nothing keeps.
PublicationFacts try_publication(const Config& config) {
  SessionOptions options = visit_options(config, {});
  const std::string topic = config.events.prefix + "/doctor/" +
                            options.client_id.substr(options.client_id.rfind('-') + 1);
  PublicationFacts facts{.topic = topic};
  for (const bool listen : {true, false}) {
    options.filters = listen ? std::vector<std::string>{topic} : std::vector<std::string>{};
    Visit visit{options};
    visit.keep_messages();
    if (!visit.begin()) {
      facts.refusal = visit.problem();
      continue;  // it may be the subscription that is refused
    }
    facts.listened = listen;
    facts.mqtt5 = visit.facts().mqtt5;
    visit.publish(topic);
    facts.refusal = visit.refusal();
    if (listen && facts.refusal.empty()) {
      facts.came_back = visit.wait_for_messages(1);
    }
    return facts;
  }
  return facts;
}

}  // namespace

void check_broker(const Config& config, const Finding& outbox, Findings& findings) {
  const auto skip_the_rest = [&](const std::string& why) {
    for (const char* check :
         {"packet limit", "session", "subscription", "publication", "broker queues", "daemon"}) {
      findings.push_back({check, Health::skip, why});
    }
  };
  if (const std::string closed = closed_file(config.broker); !closed.empty()) {
    findings.push_back({"broker", Health::skip, "this account may not read " + closed,
                        "run doctor as root, or as the daemon's account"});
    return skip_the_rest("the broker was not asked");
  }
  {
    Visit visit{visit_options(config, {})};
    if (!visit.begin()) {
      findings.push_back({"broker", Health::fail, visit.problem(),
                          "is the broker running, and are broker.url, the account and the TLS "
                          "files in the configuration the right ones?"});
      return skip_the_rest("the broker cannot be reached");
    }
    const ConnectionFacts facts = visit.facts();
    findings.push_back(
        {"broker", Health::ok,
         fmt::format("{} answers, MQTT {}", config.broker.url, facts.mqtt5 ? "5" : "3.1.1")});
    findings.push_back(judge_packet_limit(facts.mqtt5, facts.max_packet, config.broker.max_packet));
  }
  DaemonFacts daemon = read_status(config);
  daemon.folder_held = is_locked(config.intake.dir);
  const BrokerFigures figures =
      read_retained(config, {sys_version, sys_dropped, sys_stored, sys_away}).messages;
  findings.push_back(judge_session(daemon, figures, config.broker.session_expiry));
  check_subscriptions(config, findings);
  findings.push_back(judge_publication(try_publication(config), daemon, outbox));
  findings.push_back(judge_queues(figures));
  findings.push_back(judge_daemon(daemon, IOTCARD_VERSION));
}

}  // namespace iotcard
