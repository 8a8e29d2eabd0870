// SPDX-License-Identifier: Apache-2.0
// config.h - One TOML file becomes one Config. It has every default of the program;
// examples/iotcardd.toml is the reference. Loading does not open the files that the configuration
// names. daemon/ and cli/ pass the values to the layers; no layer includes this header. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/log_level.h"
#include "base/named_file.h"
#include "base/setting.h"
#include "broker/broker_settings.h"
#include "domain/decision.h"
#include "domain/event.h"
#include "domain/received_report.h"
#include "domain/report_source.h"
#include "domain/retention.h"
#include "platform/platform_settings.h"
#include "webhook/webhook_settings.h"

namespace iotcard {

// what() has one line for each mistake, "file:line: key: what is expected".
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reports of another shape: [[reports.source]].
struct SourceConfig {
  std::vector<std::string> topics;
  std::string product;  // of a pattern without {product}
  PayloadKind payload = PayloadKind::json;
  KeyNames keys;
  std::string get_topic;  // "": where a last level "post" is "get"
  friend bool operator==(const SourceConfig&, const SourceConfig&) = default;
};

struct ReportsConfig {
  std::vector<std::string> topics = {"/{product}/{device}/info/post"};
  int qos = 1;                    // 0 or 1
  std::string share;              // one topic level, or ""
  std::size_t max_bytes = 65536;  // 64 to 16 MiB
  KeyNames keys;
  std::vector<SourceConfig> sources;
  friend bool operator==(const ReportsConfig&, const ReportsConfig&) = default;
};

struct EventsConfig {
  std::string prefix = "iotcard";
  EventKinds mute = {EventKind::report_no_card};
  bool dismissed = false;  // publish the events of dismissed mismatches
  friend bool operator==(const EventsConfig&, const EventsConfig&) = default;
};

struct IntakeConfig {
  std::string dir = "/var/lib/iotcardd/intake";
  IntakeSync sync = IntakeSync::batch;
  std::uint64_t max_backlog = std::uint64_t{1} << 30;  // bytes, at least 1 MiB
  std::chrono::seconds keep{0};                        // how long applied segments are kept
  friend bool operator==(const IntakeConfig&, const IntakeConfig&) = default;
};

struct ApiConfig {
  std::string listen = "127.0.0.1:8480";  // "" turns it off
  // Required unless the address is loopback; default_token_file if that exists.
  std::string token_file;
  std::vector<std::string> cors_origins;  // of pages that may use it, such as "https://ops.example"
  bool web = true;                        // serve the web console
  std::string web_dir;                    // a folder with its files; "": those compiled in
  std::chrono::seconds session_lifetime{std::chrono::hours{12}};  // of a browser; 1 min to 30 days
  std::string cert_file;                  // PEM, with key_file: HTTPS instead of HTTP
  std::string key_file;
  int connections = 64;  // 4 to 1024
  int streams = 16;      // of events, fewer than connections
  friend bool operator==(const ApiConfig&, const ApiConfig&) = default;
};

inline constexpr const char* default_token_file = "/etc/iotcardd/tokens";

// When card platforms are asked; see lib/refresh/platform_runner.h. Times: 1 min to 1 year.
struct RefreshConfig {
  std::chrono::seconds max_age{std::chrono::days{1}};
  std::chrono::seconds unknown_for{std::chrono::hours{1}};
  int not_found_share = 10;           // percent, 1 to 100; see lib/refresh/not_found_guard.h
  std::int64_t not_found_count = 20;  // cards
  std::vector<std::string> profiles = {"/etc/iotcardd/platforms",
                                       "/usr/local/share/iotcardd/platforms",
                                       "/usr/share/iotcardd/platforms"};
  friend bool operator==(const RefreshConfig&, const RefreshConfig&) = default;
};

enum class LogFormat : std::uint8_t { text, json };
inline constexpr auto log_format_names = make_name_table<LogFormat>("text", "json");
struct LogConfig {
  LogLevel level = LogLevel::info;  // lines below it are not written
  LogFormat format = LogFormat::text;
  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct ImportConfig {
  // The folders of mappings of lists; the first that has one of that name wins.
  std::vector<std::string> mappings = {"/etc/iotcardd/lists", "/usr/local/share/iotcardd/lists",
                                       "/usr/share/iotcardd/lists"};
  friend bool operator==(const ImportConfig&, const ImportConfig&) = default;
};

struct Config {
  BrokerSettings broker;
  ReportsConfig reports;
  EventsConfig events;
  OnConflict on_conflict = OnConflict::hold;
  std::string store_url = "sqlite:/var/lib/iotcardd/cards.db";
  IntakeConfig intake;
  Retention retention;
  ApiConfig api;
  AlertThresholds alerts;
  std::chrono::seconds device_silent{0};  // [alerts]; 0: off
  RefreshConfig refresh;
  ImportConfig import;
  LogConfig log;
  std::vector<PlatformSettings> platforms;
  std::vector<WebhookSettings> webhooks;
  std::vector<SettingInForce> settings;  // each key that was read, in the order of the sections
};

// Whether a change of this key takes effect at the next start only.
bool needs_restart(std::string_view key);

// The sources in their order: [reports], then each [[reports.source]].
ReportSources report_sources(const ReportsConfig& reports);

// The files that must be there while the daemon runs, in the order of the sections.
std::vector<NamedFile> named_files(const Config& config);

inline constexpr std::string_view default_config_path = "/etc/iotcardd/iotcardd.toml";

// Throws ConfigError for a file that cannot be read, is not TOML, or has a wrong key or value.
Config load_config(const std::string& path);
// Reads a text; messages name it `name`.
Config parse_config(std::string_view text, const std::string& name);

}  // namespace iotcard
