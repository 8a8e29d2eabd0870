// SPDX-License-Identifier: Apache-2.0
// doctor: the broker, visited a few times in a row. Each visit is a connection of its own, since a
// refused subscription costs the visit.
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>

#include "broker_client.h"
#include "daemon_statuses.h"
#include "doctor_checks.h"
#include "domain/topic_pattern.h"
#include "ingest/segment_files.h"
#include "terminal.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds connect_patience{15};  // the session's own is 10
constexpr int daemon_like_attempts = 3;
constexpr std::chrono::seconds answer_patience{5};
constexpr std::chrono::seconds retained_patience{3};  // retained messages follow the subscription
constexpr std::chrono::seconds figures_patience{12};  // mosquitto renews its figures every 10 s

SessionOptions visit_options(const Config& config, std::vector<std::string> filters) {
  SessionOptions options = tool_options(config.broker, std::move(filters));
  options.qos = 0;  // messages are looked at, not kept
  return options;
}

// A topic that nobody but this visit uses.
std::string own_topic(const Config& config, const SessionOptions& options) {
  return config.events.prefix + "/doctor/" +
         options.client_id.substr(options.client_id.rfind('-') + 1);
}

// Connected and subscribed, or why not.
std::string begin(BrokerClient& visit) {
  return visit.try_connect(connect_patience, 1);
}

// Retained messages of these topics; those that do not come in time are not there.
struct Retained {
  std::map<std::string, std::string> messages;
  std::string problem;  // the subscription is refused
};

Retained read_retained(const Config& config, const std::vector<std::string>& topics) {
  BrokerClient visit{visit_options(config, topics)};
  if (const std::string problem = begin(visit); !problem.empty()) return {{}, problem};
  return {visit.messages(topics.size(), retained_patience), {}};
}

// A daemon that has just been killed has a session at the broker before the broker's figures say
// so.
void await_figures(const Config& config, const DaemonFacts& daemon, BrokerFigures& figures) {
  const auto away = figures.find(sys_away);
  const bool just_ended = !daemon.online() && !daemon.state.empty();
  if (!just_ended || away == figures.end() || away->second != "0") return;
  hint("waiting up to 12 s for the broker's next figures: the daemon may just have ended");
  BrokerClient visit{visit_options(config, {sys_away})};
  if (!begin(visit).empty()) return;
  const auto deadline = std::chrono::steady_clock::now() + figures_patience;
  while (away->second == "0" && !interrupted() && std::chrono::steady_clock::now() < deadline) {
    constexpr std::size_t one_more_than_comes = 2;
    const auto messages = visit.messages(one_more_than_comes, std::chrono::milliseconds{200});
    if (const auto now = messages.find(sys_away); now != messages.end()) away->second = now->second;
  }
}

// The first file that the connection needs and this account may not read.
std::string closed_file(const BrokerSettings& broker) {
  for (const std::string& path :
       {broker.password_file, broker.ca_file, broker.cert_file, broker.key_file}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0 && errno == EACCES) return path;
  }
  return {};
}

void check_subscriptions(const Config& config, Findings& findings) {
  std::vector<std::string> filters = report_sources(config.reports).filters();
  const std::string states = card_state_filter(config.events.prefix);
  filters.push_back(states);
  for (const std::string& filter : filters) {
    SessionOptions options = visit_options(config, {filter});
    options.qos = filter == states ? 1 : config.reports.qos;
    BrokerClient visit{options};
    const std::string refusal = begin(visit);
    const std::vector<Grant> grants = visit.facts().grants;
    const Grant grant = grants.empty() ? Grant{filter, options.qos, options.qos} : grants[0];
    Finding finding = judge_subscription(filter, refusal, !config.reports.share.empty(),
                                         grant.asked, grant.granted);
    // Without it no script is heard; reports are.
    if (filter == states && finding.status == Health::fail) finding.status = Health::warn;
    findings.push_back(std::move(finding));
  }
}

// On a topic of our own, which nobody but us listens to and which nothing keeps.
PublicationFacts try_publication(const Config& config) {
  SessionOptions options = visit_options(config, {});
  const std::string topic = own_topic(config, options);
  PublicationFacts facts{.topic = topic};
  for (const bool listen : {true, false}) {
    options.filters = listen ? std::vector<std::string>{topic} : std::vector<std::string>{};
    BrokerClient visit{options};
    facts.refusal = begin(visit);
    if (!facts.refusal.empty()) continue;  // it may be the subscription that is refused
    facts.listened = listen;
    facts.mqtt5 = visit.facts().mqtt5;
    try {
      visit.publish(topic, "doctor", answer_patience);
      facts.refusal = visit.drain(answer_patience) ? visit.refusal() : "no answer";
    } catch (const BrokerError& error) {
      facts.refusal = error.what();
    }
    if (listen && facts.refusal.empty()) {
      facts.came_back = !visit.messages(1, retained_patience).empty();
    }
    return facts;
  }
  return facts;
}

// With a session, a last will and a retained status, as the daemon connects. No subscription, so
// that nothing gathers at the broker if this visit does not end its session.
struct DaemonLikeVisit {
  std::string topic;
  std::string refusal;
  std::vector<LimitNotice> limits;
};
DaemonLikeVisit connect_as_the_daemon(const Config& config) {
  SessionOptions options = visit_options(config, {});
  options.session_expiry = config.broker.session_expiry;
  options.end_session = true;
  options.status_topic = own_topic(config, options);
  // offline_status is empty: as a retained message it deletes the status.
  BrokerClient visit{options};
  visit.set_status("doctor");
  // With MQTT 3.1.1 a broker without retained messages ends the connection, and gets less of it.
  const std::string refusal = visit.try_connect(connect_patience, daemon_like_attempts);
  return {options.status_topic, refusal, visit.facts().notices};
}

void add_limits(const std::vector<LimitNotice>& limits, Findings& findings) {
  for (const LimitNotice& limit : limits) {
    const bool weaker = limit.weight == LimitNotice::Weight::weaker;
    findings.push_back({limit.subject, weaker ? Health::warn : Health::ok, limit.text,
                        weaker ? "raise the broker's limit, or live with it" : ""});
  }
}

}  // namespace

void check_broker(const Config& config, const Finding& outbox, Findings& findings) {
  const auto skip_the_rest = [&](const std::string& why) {
    for (const char* check : {"packet limit", "session", "last will", "subscription", "publication",
                              "broker queues", "daemon"}) {
      findings.push_back({check, Health::skip, why});
    }
  };
  if (const std::string closed = closed_file(config.broker); !closed.empty()) {
    findings.push_back({"broker", Health::skip, "this account may not read " + closed,
                        "run doctor as root, or as the daemon's account"});
    return skip_the_rest("the broker was not asked");
  }
  {
    BrokerClient visit{visit_options(config, {})};
    if (const std::string problem = begin(visit); !problem.empty()) {
      findings.push_back({"broker", Health::fail, problem,
                          "is the broker running, and are broker.url, the account and the TLS "
                          "files in the configuration the right ones?"});
      return skip_the_rest("the broker cannot be reached");
    }
    const ConnectionFacts facts = visit.facts();
    findings.push_back(
        {"broker", Health::ok,
         fmt::format("{} answers, MQTT {}", config.broker.url, facts.mqtt5 ? "5" : "3.1.1")});
    findings.push_back(
        judge_packet_limit(facts.mqtt5, facts.announced.max_packet, config.broker.max_packet));
  }
  const DaemonStatuses statuses = read_daemon_statuses(config, retained_patience);
  const DaemonFacts& daemon = statuses.own;
  BrokerFigures figures =
      read_retained(config, {sys_version, sys_dropped, sys_stored, sys_away}).messages;
  await_figures(config, daemon, figures);
  findings.push_back(judge_session(daemon, figures, config.broker.session_expiry));
  const DaemonLikeVisit visit = connect_as_the_daemon(config);
  findings.push_back(judge_status_topic(visit.topic, visit.refusal, daemon));
  add_limits(visit.limits, findings);
  check_subscriptions(config, findings);
  findings.push_back(judge_publication(try_publication(config), daemon, outbox));
  findings.push_back(judge_queues(figures));
  findings.push_back(judge_daemon(daemon, IOTCARD_VERSION, config.broker.client_id));
  for (Finding& finding : judge_warnings(daemon)) findings.push_back(std::move(finding));
  for (Finding& finding : judge_other_daemons(statuses.others)) {
    findings.push_back(std::move(finding));
  }
}

}  // namespace iotcard
