// SPDX-License-Identifier: Apache-2.0
#include "broker_link.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <set>
#include <utility>

#include "operations/doctor/daemon_status.h"
#include "settings.h"
#include "signals.h"

namespace iotcard {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds stop_patience{3};

ReceivedReport report_of(const Message& message) {
  return {.topic = std::string{message.topic},
          .payload = std::string{message.payload},
          .qos = static_cast<std::uint8_t>(message.qos),
          .retained = message.retained,
          .duplicate = message.duplicate};
}

}  // namespace

BrokerLink::BrokerLink(const Config& config, std::string offline_status, const Clock& clock,
                       Ports ports)
    : config_(config),
      offline_status_(std::move(offline_status)),
      clock_(clock),
      ports_(std::move(ports)),
      guard_(config.intake.dir + "/delivery"),
      history_(config.broker.client_id),
      state_("connecting to " + config.broker.url) {}

BrokerLink::~BrokerLink() {
  stop();
}

void BrokerLink::connect(const Config& config) {
  leave();
  if (without_reports_) guard_.start_over();
  config_ = config;
  history_.remove_rivals();
  begin_session();
}

void BrokerLink::stop() {
  end_session();
  if (without_reports_) guard_.start_over();
}

// What the end of the session loses is sent again; the session may connect until it has ended.
void BrokerLink::leave() {
  ports_.disconnected();
  end_session();
  ports_.disconnected();
}

void BrokerLink::end_session() {
  const auto old = session();
  if (!old) return;
  old->stop(stop_patience);
  {
    const std::lock_guard lock{mutex_};
    session_ = nullptr;
  }
  receiving_ = false;
  guard_.disconnected();
}

void BrokerLink::begin_session() {
  without_reports_ = guard_.blocked();
  if (without_reports_) {
    retry_at_ = steady_clock::now() + guard_.pause();
    spdlog::error("connecting without subscriptions: {}", blocked());
  }
  auto made = make_session();
  {
    const std::lock_guard lock{mutex_};
    session_ = made;
  }
  holding_ = false;
  made->start();
}

std::shared_ptr<Session> BrokerLink::session() const {
  const std::lock_guard lock{mutex_};
  return session_;
}

SessionHandlers BrokerLink::handlers() {
  SessionHandlers handlers;
  if (!without_reports_) handlers.on_session_present = [this] { guard_.connected(); };
  const SessionOptions options = session_options(config_);
  handlers.on_message = [this, status_topic = options.status_topic](const Message& message) {
    if (message.topic == status_topic) return status_received(message);
    ports_.report(report_of(message));
    guard_.message_received();
  };
  handlers.on_connected = [this, url = config_.broker.url,
                           reports = !without_reports_](const ConnectionFacts& facts) {
    spdlog::info("connected to {} with MQTT {}, {} session", url, facts.mqtt5 ? "5" : "3.1.1",
                 facts.session_present ? "resumed" : "new");
    history_.connected(clock_.now());
    log_limits(facts.notices);
    set_state("connected to " + url);
    receiving_ = reports;
    ports_.connected(message_room(facts.announced));
  };
  handlers.on_unreadable = [this] { guard_.unreadable(); };
  handlers.on_taken_over = [this] { history_.taken_over(clock_.now()); };
  handlers.on_disconnected = [this](const std::string& reason) {
    receiving_ = false;
    history_.ended(clock_.now(), reason, holding_);
    guard_.disconnected();
    if (guard_.blocked()) wake_main_thread();  // tick() comes before the session's next attempt
    ports_.disconnected();
    // Each attempt fails for the same reason; the log needs that once.
    if (reason != state()) spdlog::warn("{}; trying again", reason);
    set_state(reason);
  };
  handlers.on_refused = [](const std::string& filter, const std::string& reason) {
    spdlog::warn(
        "the broker refuses the subscription to {}: {}; card states set by scripts are not "
        "received. See the broker's access list",
        filter, reason);
  };
  handlers.on_published = ports_.published;
  return handlers;
}

SessionOptions BrokerLink::options() const {
  SessionOptions options = session_options(config_);
  options.offline_status = offline_status_;
  if (without_reports_) {
    // Not a clean start: if the broker replaces client ids, that would end the reports' session.
    options.client_id += "-status";
    options.filters.clear();
    options.optional_filters.clear();
  } else {
    options.obsolete_filters = obsolete_filters(options);
  }
  return options;
}

// On the session's receive thread. What another daemon says there is in force until this one says
// something, so it does if the other one goes.
void BrokerLink::status_received(const Message& message) {
  if (message.retained) return;  // from before this session
  const auto status = read_daemon_status(message.payload);
  const std::string client = status ? status->client : std::string{};
  if (client == config_.broker.client_id) return;
  const bool gone = message.payload.empty() || (status && status->state == "offline");
  if (gone) {
    history_.remove_rival(client);
    status_overwritten_ = true;
    wake_main_thread();
  } else if (history_.add_rival(client)) {
    spdlog::warn(
        "{} publishes on {} too, so that topic does not tell how this daemon fares; give each "
        "daemon an events.prefix of its own, or set reports.share if they share the reports",
        client.empty() ? "another program" : "another daemon, client id " + client, message.topic);
  }
}

// Once for each change of what the broker grants.
void BrokerLink::log_limits(const std::vector<LimitNotice>& notices) {
  std::set<std::string> limits;
  for (const LimitNotice& notice : notices) {
    if (notice.weight == LimitNotice::Weight::granted) continue;
    const std::string text = fmt::format("{}: {}", notice.subject, notice.text);
    limits.insert(text);
    if (logged_limits_.contains(text)) continue;
    const bool weaker = notice.weight == LimitNotice::Weight::weaker;
    spdlog::log(weaker ? spdlog::level::warn : spdlog::level::info, "{}", text);
  }
  logged_limits_ = std::move(limits);
}

std::shared_ptr<Session> BrokerLink::make_session() {
  auto session = std::make_shared<Session>(options(), handlers());
  session->set_status(status_);
  return session;
}

// The broker keeps a subscription until it is told otherwise, across restarts of the daemon. The
// store remembers all filters that this client id ever had; those no longer wanted are returned.
std::vector<std::string> BrokerLink::obsolete_filters(const SessionOptions& options) const {
  const std::vector<std::string> wanted = subscribed_filters(options);
  std::set<std::string> known{wanted.begin(), wanted.end()};
  try {
    const auto store = ports_.open_store();
    for (const std::string& filter : store->known_filters(options.client_id)) known.insert(filter);
    store->set_known_filters(options.client_id, {known.begin(), known.end()});
  } catch (const StoreError& error) {
    spdlog::warn("old subscriptions stay as they are: {}", error.what());
  }
  for (const std::string& filter : wanted) known.erase(filter);
  return {known.begin(), known.end()};
}

bool BrokerLink::publish(std::int64_t sequence, const std::string& topic,
                         const std::string& payload) {
  const auto current = session();
  return current && current->publish(sequence, topic, payload, 1, false);
}

bool BrokerLink::connected() const {
  const auto current = session();
  return current && current->connected();
}

std::string BrokerLink::state() const {
  const std::lock_guard lock{mutex_};
  return state_;
}

void BrokerLink::set_state(std::string state) {
  const std::lock_guard lock{mutex_};
  state_ = std::move(state);
}

void BrokerLink::set_status(const std::string& json) {
  status_ = json;
  if (const auto current = session()) current->set_status(json);
}

void BrokerLink::hold_while(const std::string& reason) {
  if (reason.empty() == !holding_) return;
  holding_ = !holding_;
  if (holding_) {
    spdlog::error("leaving the broker until there is room: {}", reason);
    session()->hold();
  } else {
    spdlog::warn("the intake journal has room again");
    session()->resume();
  }
}

void BrokerLink::tick() {
  if (status_overwritten_.exchange(false)) set_status(status_);
  guard_.check(steady_clock::now());
  if (without_reports_) {
    if (steady_clock::now() < retry_at_) return;
    guard_.allow_one_more();
  } else if (!guard_.blocked()) {
    return;
  }
  leave();
  begin_session();
}

std::string BrokerLink::blocked() const {
  if (!guard_.blocked()) return {};
  return fmt::format(
      "reports stay at the broker: {} times in a row the connection or the process ended before "
      "the first waiting message was received; that message may be damaged, or too large for this "
      "process. Limit packets at the broker (mosquitto: max_packet_size {}), so that no more of "
      "them come. With MQTT 5 the broker drops the one that waits; with 3.1.1 the service needs "
      "more memory for it. Then reload; otherwise the next attempt is in {} s",
      DeliveryGuard::limit, config_.broker.max_packet, guard_.pause().count());
}

}  // namespace iotcard
