// SPDX-License-Identifier: Apache-2.0
#include "service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <set>
#include <sstream>
#include <utility>

#include "base/json_text.h"
#include "base/text_sanitizer.h"
#include "ingest/intake_folder.h"
#include "operations/card_state.h"
#include "settings.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds drain_patience{5};
constexpr std::chrono::seconds farewell_patience{3};
constexpr int look_now = SIGUSR1;  // from a thread of ours to the main one: do not wait a second
constexpr int applier_may_be_silent = 60;  // ticks of a second; a batch takes milliseconds

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, look_now}) sigaddset(&signals, signal);
  return signals;
}

// The signal that came within a second, or 0.
int wait_for_signal() {
  const sigset_t signals = handled_signals();
  const timespec second{.tv_sec = 1, .tv_nsec = 0};
  const int signal = sigtimedwait(&signals, nullptr, &second);
  return signal > 0 ? signal : 0;
}

JournalPosition position_in_folder(Store& store, const Config& config) {
  enter_intake_folder(store, config.broker.client_id, config.intake.dir);
  return store.journal_position(config.broker.client_id);
}

JournalOptions with_look(JournalOptions options) {
  options.on_trouble = [] { kill(getpid(), look_now); };
  return options;
}

}  // namespace

void block_signals() {
  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a broker that went away is an error to read, not the end
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is a write that fails
}

void tell_starting() {
  sd_notify(0, "STATUS=opening the store and the intake journal");
}

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Service::Service(Config config, std::string config_path, std::string version)
    : config_(std::move(config)),
      config_path_(std::move(config_path)),
      version_(std::move(version)),
      client_id_(config_.broker.client_id),
      store_(open_store(config_.store_url)),
      outbox_store_(open_store(config_.store_url)),
      journal_(with_look(journal_options(config_)), position_in_folder(*store_, config_)),
      intake_(journal_, clock_, config_.reports.max_bytes),
      outbox_(*outbox_store_, *this, config_.broker.client_id, config_.events.prefix),
      applier_(
          *store_, journal_, clock_, config_.broker.client_id, apply_rules(config_),
          {[this] { outbox_.notify(); }, [this] { return outbox_.acknowledged(); },
           [this] { return outbox_.publishing(); }, [this] { return api_ && api_->changing(); },
           [this](Store& store, const std::string& iccid, const std::string& payload) {
             return take_card_state(store, iccid, payload);
           }}),
      told_{"online", ""},
      told_at_(clock_.now()),
      connection_("connecting to " + config_.broker.url),
      rules_(apply_rules(config_)),
      health_(told_) {
  next_platforms_ = make_platforms(config_);
  make_api();
}

Service::~Service() {
  if (api_) api_->stop();  // its threads use all that is here
  leave_platforms();
  outbox_.stop();  // its listener is the API
}

std::optional<std::string> Service::take_card_state(Store& store, const std::string& iccid,
                                                    const std::string& payload) const {
  try {
    set_card_state_within(store, context("mqtt"), iccid_from_operator(iccid),
                          card_state_from_json(payload));
    return std::nullopt;
  } catch (const OperationError& error) {
    return error.what();
  }
}

std::string Service::status_json(const Health& health) const {
  JsonText json;
  json.begin_object().member("state", health.state).member("version", version_);
  json.member("since", told_at_);
  if (!health.reason.empty()) json.member("reason", health.reason);
  json.end_object();
  return json.take();
}

std::shared_ptr<Session> Service::make_session() {
  SessionHandlers handlers;
  handlers.on_message = [this](const Message& message) {
    intake_.accept({.topic = std::string{message.topic},
                    .payload = std::string{message.payload},
                    .qos = static_cast<std::uint8_t>(message.qos),
                    .retained = message.retained,
                    .duplicate = message.duplicate});
  };
  handlers.on_connected = [this, url = config_.broker.url](bool mqtt5, bool session_present) {
    spdlog::info("connected to {} with MQTT {}, {} session", url, mqtt5 ? "5" : "3.1.1",
                 session_present ? "resumed" : "new");
    {
      const std::lock_guard lock{mutex_};
      connection_ = fmt::format("connected to {}", url);
    }
    outbox_.connected();
  };
  handlers.on_disconnected = [this](const std::string& reason) {
    outbox_.disconnected();
    const std::lock_guard lock{mutex_};
    // Each attempt fails alike; the log needs that once.
    if (std::exchange(connection_, reason) != reason) spdlog::warn("{}; trying again", reason);
  };
  handlers.on_refused = [](const std::string& filter, const std::string& reason) {
    spdlog::warn(
        "the broker refuses the subscription to {}: {}; what scripts say of cards is not heard. "
        "See "
        "its access list",
        filter, reason);
  };
  handlers.on_published = [this](std::int64_t sequence, bool ok, const std::string& reason) {
    if (sequence < 0) return pending_publishes_.published(sequence, ok, reason);
    outbox_.published(sequence, ok, reason);
  };
  SessionOptions options = session_options(config_);
  options.obsolete_filters = obsolete_filters(options);
  options.offline_status = JsonText{}
                               .begin_object()
                               .member("state", "offline")
                               .member("version", version_)
                               .end_object()
                               .take();
  auto session = std::make_shared<Session>(std::move(options), std::move(handlers));
  session->set_status(status_json(told_));
  return session;
}

// The broker keeps a subscription until it is told otherwise, across restarts of ours: all filters
// that this client id ever had are remembered, and those that are not wanted any more are returned.
std::vector<std::string> Service::obsolete_filters(const SessionOptions& options) {
  const std::vector<std::string> wanted = subscribed_filters(options);
  std::set<std::string> known{wanted.begin(), wanted.end()};
  try {
    const auto store = open_store(config_.store_url);  // the applier's is not this thread's
    for (const std::string& filter : store->known_filters(options.client_id)) known.insert(filter);
    store->set_known_filters(options.client_id, {known.begin(), known.end()});
  } catch (const StoreError& error) {
    spdlog::warn("subscriptions of old stay as they are: {}", error.what());
  }
  for (const std::string& filter : wanted) known.erase(filter);
  return {known.begin(), known.end()};
}

std::shared_ptr<Session> Service::session() const {
  const std::lock_guard lock{mutex_};
  return session_;
}

void Service::replace_session() {
  std::shared_ptr<Session> old;
  {
    const std::lock_guard lock{mutex_};
    old = std::exchange(session_, nullptr);
  }
  outbox_.disconnected();
  if (old) old->stop(farewell_patience);
  old.reset();
  auto made = make_session();
  {
    const std::lock_guard lock{mutex_};
    session_ = made;
  }
  holding_ = false;
  made->start();
}

bool Service::publish(std::int64_t sequence, const std::string& topic, const std::string& payload) {
  const auto current = session();
  return current && current->publish(sequence, topic, payload, 1, false);
}

Service::End Service::run() {
  // So that iotcardctl finds this daemon's outbox by the store alone.
  store_->set_journal_position(config_.broker.client_id, applier_.applied());
  applier_.start();
  outbox_.start();
  replace_session();
  if (api_) {
    api_->start();
    spdlog::info("the API listens on {}", config_.api.listen);
  }
  ask_platforms();
  sd_notify(0, "READY=1");
  spdlog::info("iotcardd {} runs; store {}, intake {}", version_, config_.store_url,
               config_.intake.dir);

  for (;;) {
    const int signal = wait_for_signal();
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == SIGHUP) reload();
    tick();
  }

  sd_notify(0, "STOPPING=1\nSTATUS=stopping");
  spdlog::info("stopping");
  if (api_) api_->stop();
  leave_platforms();
  const bool holding_a_report = !intake_.held().empty();
  if (holding_a_report) {
    // The thread that holds it holds the MQTT library too: nothing that waits for that would end.
    intake_.close();
    applier_.stop();
    return End::while_holding;
  }
  drain();
  session()->stop(farewell_patience);
  outbox_.stop();
  applier_.stop();
  spdlog::info("stopped; {} bytes of reports wait in the journal", journal_.backlog());
  return End::clean;
}

// Applies and publishes what is at hand, as far as that goes quickly; the rest is safe on the disk.
void Service::drain() {
  const auto until = std::chrono::steady_clock::now() + drain_patience;
  while (std::chrono::steady_clock::now() < until) {
    const bool applied = applier_.applied() >= journal_.end() || journal_.backlog() == 0;
    if (applied && (outbox_.idle() || !session()->connected())) return;
    if (!applier_.held().empty() || !outbox_.held().empty()) return;
    const timespec moment{.tv_sec = 0, .tv_nsec = 10'000'000};
    nanosleep(&moment, nullptr);
  }
}

void Service::tick() {
  const std::string trouble = journal_.trouble();
  const Health now = health(trouble);
  {
    const std::lock_guard lock{mutex_};
    health_ = now;
  }
  if (now != told_) {
    told_at_ = clock_.now();
    told_ = now;
    degraded_ = !now.reason.empty();
    session()->set_status(status_json(now));
  }
  hold_or_resume(trouble);
  ask_platforms();
  tell_systemd(now);
}

Service::Health Service::health(const std::string& trouble) const {
  for (const std::string& reason : {intake_.held(), trouble, applier_.held(), outbox_.held()}) {
    if (!reason.empty()) return {"degraded", reason};
  }
  return {"online", ""};
}

// While the journal is about to be full, the broker keeps the reports: it hears nothing more from
// us that it would have to take for an acknowledgement.
void Service::hold_or_resume(const std::string& trouble) {
  if (trouble.empty() == !holding_) return;
  holding_ = !holding_;
  if (holding_) {
    spdlog::error("leaving the broker until there is room: {}", trouble);
    session()->hold();
  } else {
    spdlog::warn("the intake journal has room again");
    session()->resume();
  }
}

void Service::tell_systemd(const Health& now) {
  std::string status;
  {
    const std::lock_guard lock{mutex_};
    status = connection_;
  }
  const ReportCounts counts = applier_.counts();
  status = fmt::format("{}; {} reports applied, {} rejected", status, counts.applied,
                       counts.rejected.total());
  if (!now.reason.empty()) status = fmt::format("{}: {}; {}", now.state, now.reason, status);
  if (status != systemd_status_) sd_notifyf(0, "STATUS=%s", escape_controls(status).c_str());
  systemd_status_ = std::move(status);

  // A daemon whose applier hangs is to be restarted; one that holds is alive.
  const std::uint64_t heartbeat = applier_.heartbeat();
  silent_ticks_ = heartbeat == last_heartbeat_ ? silent_ticks_ + 1 : 0;
  last_heartbeat_ = heartbeat;
  if (silent_ticks_ < applier_may_be_silent) sd_notify(0, "WATCHDOG=1");
}

void Service::reload() {
  sd_notify(0, "RELOADING=1");
  try {
    Config loaded = load_config(config_path_);
    for (const std::string& key : keep_what_needs_a_restart(config_, loaded)) {
      spdlog::warn("{}: {} has changed; it takes effect at the next start", config_path_, key);
    }
    const bool new_session = needs_new_session(config_, loaded);
    if (new_session && !intake_.held().empty()) {
      spdlog::error(
          "{}: not reloaded: the broker's connection cannot be changed while a report is "
          "held; reload again once the journal takes it",
          config_path_);
      sd_notify(0, "READY=1");
      return;
    }
    next_platforms_ = make_platforms(loaded);
    config_ = std::move(loaded);
    const auto rules = apply_rules(config_);
    applier_.set_rules(rules);
    {
      const std::lock_guard lock{mutex_};
      rules_ = rules;
    }
    intake_.set_max_payload(config_.reports.max_bytes);
    outbox_.set_prefix(config_.events.prefix);
    if (new_session) replace_session();
    leave_platforms();
    const bool all = reload_access();
    spdlog::info("{}: reloaded{}", config_path_, all ? "" : ", but for the API's access");
  } catch (const ConfigError& error) {
    spdlog::error("not reloaded, the running configuration stays in force:");
    std::istringstream lines{error.what()};
    for (std::string line; std::getline(lines, line);) spdlog::error("{}", line);
  }
  sd_notify(0, "READY=1");
}

}  // namespace iotcard
