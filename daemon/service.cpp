// SPDX-License-Identifier: Apache-2.0
#include "service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <systemd/sd-daemon.h>

#include <csignal>
#include <functional>
#include <utility>

#include "logging.h"
#include "operations/card_state.h"
#include "operations/device_operations.h"
#include "settings.h"
#include "signals.h"

namespace iotcard {
Service::Service(Config config, std::string config_path, std::string version)
    : config_(std::move(config)),
      config_path_(std::move(config_path)),
      version_(std::move(version)),
      client_id_(config_.broker.client_id),
      rules_(apply_rules(config_)),
      state_since_(clock_.now()),
      installation_(installation_of(config_, config_path_)),
      settings_(config_.settings),
      status_topic_(session_options(config_).status_topic),
      card_max_age_(config_.refresh.max_age),
      link_(config_, offline_json(version_, client_id_), clock_, broker_ports()),
      pipeline_(config_, clock_, link_, pipeline_hooks()),
      platforms_(config_, platform_ports()),
      webhooks_(config_, webhook_ports()),
      device_requests_([this](std::int64_t number, const std::string& topic) {
        return link_.publish(number, topic, "");
      }),
      api_(api_options(), api_host()),
      import_finisher_([this] { return open_connection(); }, [this] { return context("import"); }) {
  if (api_.enabled()) {
    pipeline_.outbox().set_listener(
        [this](const OutboxRow& row) { api_.publish_event(row.sequence, row.topic, row.payload); });
  }
}

Service::~Service() {
  import_finisher_.stop();
  device_requests_.stop();
  api_.stop();
  webhooks_.stop();
  platforms_.stop();
  link_.stop();
  pipeline_.stop();
}

Pipeline::Hooks Service::pipeline_hooks() {
  return {.card_state =
              [this](Store& store, const std::string& iccid, const std::string& payload) {
                return apply_card_state(store, iccid, payload);
              },
          .trouble = [] { wake_main_thread(); },
          .receiving = [this] { return link_.receiving(); }};
}

BrokerLink::Ports Service::broker_ports() {
  return {.open_store = [this] { return open_connection(); },
          .report = [this](ReceivedReport report) { pipeline_.accept(std::move(report)); },
          .connected = [this](std::size_t room) { pipeline_.outbox().connected(room); },
          .disconnected = [this] { pipeline_.outbox().disconnected(); },
          .published =
              [this](std::int64_t sequence, Delivery delivery, const std::string& reason) {
                if (sequence >= 0) return pipeline_.outbox().published(sequence, delivery, reason);
                device_requests_.published(sequence, delivery == Delivery::acknowledged, reason);
              }};
}

ApiOptions Service::api_options() const {
  return {.listen = config_.api.listen,
          .token_file = config_.api.token_file,
          .cors_origins = config_.api.cors_origins,
          .session_lifetime = config_.api.session_lifetime,
          .store_id = pipeline_.store_id(),
          .certificate = api_certificate(config_.api),
          .limits = {.connections = config_.api.connections, .streams = config_.api.streams}};
}

ApiHost Service::api_host() {
  return {.open_store = [this] { return open_connection(); },
          .open_store_to_read =
              [this] {
                pipeline_.check_store();
                return open_store_to_read(config_.store_url);
              },
          .context = [this](const std::string& by) { return context(by); },
          .mapping_folders = [folders = config_.import.mappings] { return folders; },
          .upload_folder = [folder = config_.intake.dir + ".uploads"] { return folder; },
          .card_max_age = [this] { return card_max_age_.load(); },
          .health = [this] { return api_health(); },
          .facts = [this] { return live_facts(); },
          .settings = [this] { return settings_in_force(); },
          .status = [this] { return status_inputs(); },
          .service = [this] { return service_facts(); },
          .identity = [this] { return identity(); },
          .ask = [this](const DeviceKey& device, bool force) { return ask(device, force); },
          .test_platform = std::bind_front(&Platforms::test, &platforms_),
          .notify_platforms = [this] { platforms_.notify(); },
          .log = [](LogLevel level, const std::string& text) { log_line(level, "API: " + text); },
          .web = config_.api.web ? std::make_shared<const WebFiles>(config_.api.web_dir) : nullptr};
}

ServiceIdentity Service::identity() const {
  const auto rules = this->rules();
  return {.version = version_,
          .prefix = rules->prefix,
          .keeps_events = rules->retention.keeps_events(),
          .device_silent = rules->device_silent};
}

// If the store cannot be read, the request goes where devices of the product listen.
AskResult Service::ask(const DeviceKey& device, bool force) {
  std::string last_topic;
  try {
    pipeline_.check_store();
    const auto known = open_store_to_read(config_.store_url)->find_device(device);
    if (!force) require_heard(known, device);
    if (known) last_topic = known->last_topic;
  } catch (const OperationError& error) {
    return {AskResult::End::unheard_of, "", error.what()};
  } catch (const StoreError&) {
  }
  return device_requests_.ask(rules()->sources.request_topic(device, last_topic));
}

Platforms::Ports Service::platform_ports() {
  return {.clock = clock_,
          .open_store = [this] { return open_connection(); },
          .context = [this](const std::string& by) { return context(by); },
          .changed = [this] { pipeline_.outbox().notify(); },
          .log = log_line,
          .request_finished = [this] { api_.platform_request_finished(); }};
}

Webhooks::Ports Service::webhook_ports() {
  return {.clock = clock_, .open_store = [this] { return open_connection(); }, .log = log_line};
}

std::shared_ptr<const ApplyRules> Service::rules() const {
  const std::lock_guard lock{mutex_};
  return rules_;
}

Context Service::context(const std::string& by) const {
  const auto rules = this->rules();
  return {.client_id = client_id_,
          .policy = rules->policy,
          .sources = rules->sources,
          .by = by,
          .now = clock_.now()};
}

std::unique_ptr<Store> Service::open_connection() const {
  pipeline_.check_store();
  return open_existing_store(config_.store_url);
}

std::optional<std::string> Service::apply_card_state(Store& store, const std::string& iccid,
                                                     const std::string& payload) const {
  try {
    set_card_state_within(store, context("mqtt"), iccid_from_operator(iccid),
                          card_state_from_json(payload));
    return std::nullopt;
  } catch (const OperationError& error) {
    return error.what();
  }
}

ApiHealth Service::api_health() const {
  ServiceState now;
  {
    const std::lock_guard lock{mutex_};
    now = state_;
  }
  if (now.degraded()) {
    return {false, now.state, "reports or events wait; the status topic says why", now.reason};
  }
  if (link_.connected()) return {true, now.state, "", ""};
  return {false, "connecting", "the broker is not connected", link_.state()};
}

LiveFacts Service::live_facts() const {
  LiveFacts facts;
  facts.version = version_;
  facts.started_at = started_at_;
  facts.now = clock_.now();
  {
    const std::lock_guard lock{mutex_};
    facts.degraded = state_.degraded();
    facts.journal_max_bytes = installation_.max_backlog;
  }
  facts.broker_connected = link_.connected();
  const SessionHistory::Counts broker = link_.counts();
  facts.broker_connections = broker.connections;
  facts.broker_takeovers = broker.takeovers;
  facts.received = pipeline_.received();
  facts.reports = pipeline_.counts();
  facts.journal_bytes = pipeline_.waiting_bytes();
  if (facts.journal_bytes != 0) facts.journal_oldest = pipeline_.oldest_waiting();
  const OutboxCounts events = pipeline_.outbox().counts();
  facts.events_published = events.published;
  facts.events_refused = events.refused;
  facts.events_quarantined = events.quarantined;
  facts.events_acknowledged = pipeline_.outbox().acknowledged();
  facts.platforms = platforms_.counts();
  return facts;
}

DaemonFacts Service::daemon_facts() const {
  const std::lock_guard lock{mutex_};
  return {.state = state_.state,
          .version = version_,
          .since = to_rfc3339(state_since_),
          .reason = state_.reason,
          .client = client_id_,
          .warnings = state_.warnings,
          .topic = status_topic_};
}

StatusInputs Service::status_inputs() const {
  StatusInputs inputs{.daemons = {.own = daemon_facts()},
                      .connected = link_.connected(),
                      .connection = link_.state(),
                      .version = version_,
                      .started_at = started_at_,
                      .journal = {.bytes = pipeline_.waiting_bytes()},
                      .acknowledged = pipeline_.outbox().acknowledged()};
  if (*inputs.journal.bytes > 0) inputs.journal.oldest = pipeline_.oldest_waiting();
  Installation installation;
  {
    const std::lock_guard lock{mutex_};
    inputs.daemons.payload = status_json(state_, version_, state_since_, client_id_);
    installation = installation_;
  }
  inputs.max_backlog = installation.max_backlog;
  inputs.disks = disk_rooms(installation);
  return inputs;
}

SettingsInForce Service::settings_in_force() const {
  const std::lock_guard lock{mutex_};
  return {.file = config_path_, .settings = settings_};
}

ServiceFacts Service::service_facts() const {
  ServiceFacts facts{.daemon = daemon_facts(),
                     .version = version_,
                     .connection = link_.state(),
                     .connected = link_.connected(),
                     .journal_bytes = pipeline_.waiting_bytes()};
  const std::lock_guard lock{mutex_};
  facts.installation = installation_;
  return facts;
}

Service::End Service::run() {
  start();
  for (;;) {
    const int signal = wait_for_signal();
    if (signal == SIGTERM || signal == SIGINT) break;
    if (signal == SIGHUP) reload();
    tick();
  }
  return stop();
}

void Service::start() {
  pipeline_.start();
  webhooks_.start_due();  // before there are events that a new webhook would miss
  link_.set_status(status_json(state_, version_, state_since_, client_id_));
  link_.connect(config_);
  api_.start();
  if (api_.enabled())
    spdlog::info("the API listens on {}{}", config_.api.listen,
                 config_.api.cert_file.empty() ? "" : ", HTTPS");
  platforms_.start_due();
  sd_notify(0, "READY=1");
  spdlog::info("iotcardd {} runs; store {}, intake {}", version_, config_.store_url,
               config_.intake.dir);
}

Service::End Service::stop() {
  sd_notify(0, "STOPPING=1\nSTATUS=stopping");
  spdlog::info("stopping");
  platforms_.stop();
  import_finisher_.stop();
  device_requests_.stop();
  const auto holds = [this] { return !pipeline_.held_report().empty(); };
  if (!holds()) {
    api_.stop();
    pipeline_.drain([&] { return link_.connected() && !holds(); });
  }
  if (holds()) {
    // The thread that holds it holds the MQTT library too: nothing that waits for that would end,
    // such as a thread of the API that publishes.
    link_.abandon();
    pipeline_.close_intake();
    pipeline_.stop_applying();
    return End::while_holding;
  }
  link_.stop();
  pipeline_.stop();
  webhooks_.stop();
  spdlog::info("stopped; {} bytes of reports wait in the journal", pipeline_.waiting_bytes());
  return End::clean;
}

void Service::tick() {
  const std::string trouble = pipeline_.journal_trouble();
  link_.tick();
  std::string reason = pipeline_.held(trouble);
  if (reason.empty()) reason = link_.blocked();
  const ServiceState now = reason.empty()
                               ? ServiceState{.warnings = link_.warnings()}
                               : ServiceState{"degraded", std::move(reason), link_.warnings()};
  set_state(now);
  link_.hold_while(trouble);
  platforms_.start_due();
  webhooks_.start_due();
  const ReportCounts counts = pipeline_.counts();
  std::string line = fmt::format("{}; {} reports applied, {} rejected", link_.state(),
                                 counts.applied, counts.rejected.total());
  if (now.degraded()) line = fmt::format("{}: {}; {}", now.state, now.reason, line);
  for (const std::string& warning : now.warnings) line += "; " + warning;
  systemd_.set_line(std::move(line));
  systemd_.keep_alive(pipeline_.heartbeat());
}

void Service::set_state(const ServiceState& now) {
  {
    const std::lock_guard lock{mutex_};
    if (state_ == now) return;
    if (state_.state != now.state || state_.reason != now.reason) state_since_ = clock_.now();
    state_ = now;
  }
  link_.set_status(status_json(now, version_, state_since_, client_id_));
}

}  // namespace iotcard
