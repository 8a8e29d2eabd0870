// SPDX-License-Identifier: Apache-2.0
// One function for each section: its keys, their ranges and how they depend on each other.
#include "config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

#include "base/loopback.h"
#include "base/small_file.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "config/address_checks.h"
#include "config/reports_section.h"
#include "config/webhook_section.h"
#include "toml/section_reader.h"

namespace iotcard {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t max_client_id_bytes = 65535;  // MQTT 5.0, 1.5.4
// MQTT 5.0, 1.5.5 and 2.1.4: a fixed header and the largest remaining length.
constexpr std::int64_t max_packet_bytes = std::int64_t{256} << 20;
constexpr std::size_t max_prefix_bytes = 1024;  // of the 65535 of a topic, which has names too

Check broker_url(const std::string& url) {
  const auto rest = behind_scheme(url, {"mqtt://", "mqtts://"});
  if (rest && is_host_and_port(*rest, false)) return std::nullopt;
  return expected(
      "mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS; user name and password have keys of "
      "their own");
}

Check topic_text(const std::string& text) {
  if (text.empty() || text.starts_with('/') || text.ends_with('/') || text.starts_with('$') ||
      text.find_first_of("+#") != std::string::npos || !is_mqtt_text(text) ||
      text.size() > max_prefix_bytes) {
    return expected(
        "at most 1024 bytes of topic levels such as \"iotcard\" or \"site/iotcard\", without +, "
        "# and control characters, not beginning with / or $ and not ending with /");
  }
  return std::nullopt;
}

void read_broker(SectionReader section, BrokerSettings& broker) {
  section.text("url", broker.url, broker_url);
  section.text("client_id", broker.client_id, [](const std::string& id) -> Check {
    if (!id.empty() && id.size() <= max_client_id_bytes && is_mqtt_text(id)) return std::nullopt;
    return expected(
        "a text of 1 to 65535 bytes without control characters, different for each daemon at "
        "the broker");
  });
  std::string protocol;
  section.text("protocol", protocol, [](const std::string& name) -> Check {
    if (protocol_names.find(name)) return std::nullopt;
    return expected("\"auto\", \"5\" or \"3.1.1\"");
  });
  broker.protocol = protocol_names.find(protocol).value_or(broker.protocol);
  section.record("protocol", std::string{protocol_names[broker.protocol]});
  section.seconds("keep_alive", broker.keep_alive, seconds{5}, hours{18});
  section.seconds("session_expiry", broker.session_expiry, seconds{0}, days{365 * 100});
  section.bytes("max_packet", broker.max_packet, packet_overhead + 64, max_packet_bytes);
  section.text("username", broker.username, [](const std::string& name) -> Check {
    if (is_mqtt_text(name)) return std::nullopt;
    return expected("a text without control characters");
  });
  section.file("password_file", broker.password_file);
  section.file("ca_file", broker.ca_file);
  section.file("cert_file", broker.cert_file);
  section.file("key_file", broker.key_file);
  if (section.has("password")) {
    section.mistake("password", "not here: put it into a file and name that in password_file");
    std::string unused;
    section.text("password", unused);
  }
  if (broker.cert_file.empty() != broker.key_file.empty()) {
    section.mistake(broker.cert_file.empty() ? "key_file" : "cert_file",
                    "expected together with the other of cert_file and key_file");
  }
  if (!broker.password_file.empty() && broker.username.empty()) {
    section.mistake("password_file", "expected together with username");
  }
  const bool tls_files = !broker.ca_file.empty() || !broker.cert_file.empty();
  if (tls_files && broker.url.starts_with("mqtt://")) {
    section.mistake(broker.ca_file.empty() ? "cert_file" : "ca_file",
                    "expected only with a broker.url that begins mqtts://");
  }
  section.finish();
}

void read_events(SectionReader section, EventsConfig& events) {
  section.text("prefix", events.prefix, topic_text);
  std::vector<std::string> names;
  section.texts("mute", names, [](const std::string& name) -> Check {
    if (event_names.find(name)) return std::nullopt;
    return expected(fmt::format("kinds of events: {}", fmt::join(event_names.names, ", ")));
  });
  if (section.has("mute")) {
    events.mute = {};
    for (const std::string& name : names) events.mute.add(*event_names.find(name));
  } else {
    const auto muted = events.mute.names(event_names);
    section.record("mute", SectionReader::spelled({muted.begin(), muted.end()}));
  }
  section.boolean("dismissed", events.dismissed);
  section.finish();
}

void read_store(SectionReader section, std::string& url) {
  section.text("url", url, [](const std::string& text) -> Check {
    constexpr std::string_view scheme = "sqlite:";
    if (text.starts_with(scheme) && text.size() > scheme.size()) return std::nullopt;
    return expected("sqlite:PATH; postgresql:// is not in this version");
  });
  section.finish();
}

void read_intake(SectionReader section, IntakeConfig& intake) {
  section.text("dir", intake.dir, not_empty);
  section.choice("sync", intake.sync, intake_sync_names);
  section.bytes("max_backlog", intake.max_backlog, std::int64_t{1} << 20, std::int64_t{1} << 50);
  section.seconds("keep", intake.keep, seconds{0}, days{3650});
  section.finish();
}

void read_retention(SectionReader section, Retention& retention) {
  constexpr std::int64_t max_rows = 1'000'000'000'000;
  constexpr seconds longest = days{365 * 100};
  section.integer("rejected_reports", retention.rejected_reports, 1, max_rows);
  section.bytes("rejected_bytes", retention.rejected_bytes, std::int64_t{1} << 20,
                std::int64_t{1} << 50);
  section.seconds("rejected_age", retention.rejected_age, hours{1}, longest);
  section.integer("history", retention.history, 1, max_rows);
  section.seconds("history_age", retention.history_age, hours{1}, longest);
  section.integer("unbound_devices", retention.unbound_devices, 1, max_rows);
  section.seconds("unbound_age", retention.unbound_age, hours{1}, longest);
  section.integer("events", retention.events, 0, max_rows);
  section.seconds("events_age", retention.events_age, seconds{0}, longest);
  section.finish();
}

// As a browser spells the origin of a page: RFC 6454, 6.2.
Check page_origin(const std::string& text) {
  const auto authority = behind_scheme(text, {"http://", "https://"});
  const bool plain = authority && authority->find_first_of("/?#@*\"") == std::string::npos &&
                     *authority == to_lower(*authority);
  if (plain && is_host_and_port(*authority, false)) return std::nullopt;
  return expected(
      "origins of pages such as \"https://ops.example\", in lower case, without a path");
}

void read_api(SectionReader section, ApiConfig& api) {
  section.text("listen", api.listen, [](const std::string& text) -> Check {
    if (text.empty() || is_host_and_port(text, true)) return std::nullopt;
    return expected("HOST:PORT, or \"\" to turn it off");
  });
  section.file("token_file", api.token_file);
  std::error_code ignored;
  if (api.token_file.empty() && std::filesystem::exists(default_token_file, ignored)) {
    api.token_file = default_token_file;
    section.record("token_file", api.token_file);
  }
  section.texts("cors_origins", api.cors_origins, page_origin);
  section.boolean("web", api.web);
  section.text("web_dir", api.web_dir);
  section.seconds("session_lifetime", api.session_lifetime, std::chrono::minutes{1}, days{30});
  section.file("cert_file", api.cert_file);
  section.file("key_file", api.key_file);
  if (api.cert_file.empty() != api.key_file.empty()) {
    section.mistake(api.cert_file.empty() ? "key_file" : "cert_file",
                    "expected together with the other of cert_file and key_file");
  }
  section.integer("connections", api.connections, 4, 1024);
  section.integer("streams", api.streams, 0, 1023);
  if (api.streams >= api.connections) {
    section.mistake("streams",
                    fmt::format("expected less than connections, which is {}", api.connections));
  }
  if (!api.listen.empty() && !names_loopback(api.listen) && api.token_file.empty()) {
    section.mistake("listen", "expected a loopback address, or a token_file with it");
  }
  section.finish();
}

void read_alerts(SectionReader section, Config& config) {
  section.integer("usage_percent", config.alerts.usage_percent, 1, 100);
  section.seconds("expires_within", config.alerts.expires_within, seconds{0}, days{3650});
  section.seconds("device_silent", config.device_silent, seconds{0}, days{3650});
  section.finish();
}

void read_refresh(SectionReader section, RefreshConfig& refresh) {
  using std::chrono::minutes;
  section.seconds("max_age", refresh.max_age, minutes{1}, days{365});
  section.seconds("unknown_for", refresh.unknown_for, minutes{1}, days{365});
  section.integer("not_found_share", refresh.not_found_share, 1, 100);
  section.integer("not_found_count", refresh.not_found_count, 0, 1'000'000'000);
  section.texts("profiles", refresh.profiles, not_empty);
  section.finish();
}

void read_import(SectionReader section, ImportConfig& import) {
  section.texts("mappings", import.mappings, not_empty);
  section.finish();
}

void read_log(SectionReader section, LogConfig& log) {
  section.choice("level", log.level, log_level_names);
  section.choice("format", log.format, log_format_names);
  section.finish();
}

void read_platform(SectionReader section, std::vector<PlatformSettings>& platforms) {
  PlatformSettings platform;
  platform.where = section.where();
  section.integer("id", platform.id, 1, std::numeric_limits<std::int64_t>::max());
  section.text("name", platform.name);
  section.text("profile", platform.profile, not_empty);
  section.text("base_url", platform.base_url, web_address);
  section.boolean("allow_insecure", platform.allow_insecure);
  section.file("ca_file", platform.ca_file);
  section.rate("rate", platform.rate);
  section.integer("concurrency", platform.concurrency, 1, 16);
  section.seconds("interval", platform.interval, seconds{0}, days{365});
  section.seconds("timeout", platform.timeout, seconds{1}, seconds{600});
  for (auto& [key, value] : section.other_texts()) platform.values[key] = value;
  if (!section.has("id"))
    section.mistake("id", "missing: expected a number that no other platform has");
  if (platform.refuses(platform.base_url)) section.mistake("base_url", https_expected);
  const bool taken = contains(platforms, platform.id, &PlatformSettings::id);
  if (taken && platform.id != 0)
    section.mistake("id", "expected another number: this one is taken");
  platforms.push_back(std::move(platform));
}

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (; number > 1; --number) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

// The parser quotes what it read; that may be a secret without quotes of its own.
std::string without_values(std::string_view description, std::string_view line) {
  const std::size_t equals = line.find('=');
  const bool header = equals == std::string_view::npos && line.starts_with('[');
  const std::string_view values =
      header ? "" : line.substr(equals == std::string_view::npos ? 0 : equals);
  std::string text;
  while (!description.empty()) {
    const std::size_t quote = std::min(description.find('\''), description.size());
    text.append(description.substr(0, quote));
    description.remove_prefix(quote);
    const std::size_t end = description.find('\'', 1);
    if (end == std::string_view::npos) break;
    const std::string_view quoted = description.substr(1, end - 1);
    const bool a_value = quoted.size() > 1 && values.find(quoted) != std::string_view::npos;
    text.append(a_value ? "'…'" : description.substr(0, end + 1));
    description.remove_prefix(end + 1);
  }
  return text.append(description);
}

// The TOML library makes a table of each dot in a key and destroys them by recursion: ten thousand
// dots overflow the stack. It bounds nested brackets itself, at 256.
void refuse_deep_keys(std::string_view text, const std::string& name) {
  constexpr int max = 64;
  int dots = 0;
  int line = 1;
  char before = '\n';
  for (const char c : text) {
    if (c == '\n') {
      dots = 0;
      ++line;
    } else if (c == '.' && before != '.') {  // no key has two in a row
      ++dots;
    }
    if (dots > max)
      throw ConfigError(fmt::format("{}:{}: expected at most {} dots", name, line, max));
    before = c;
  }
}

}  // namespace

Config parse_config(std::string_view text, const std::string& name) {
  refuse_deep_keys(text, name);
  toml::table file;
  try {
    file = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    const std::uint32_t line = error.source().begin.line;
    throw ConfigError(
        fmt::format("{}:{}: {}", name, line,
                    printable(without_values(error.description(), line_of(text, line)), 256)));
  }
  Config config;
  ConfigMistakes mistakes{name};
  mistakes.record_in(config.settings);
  std::vector<std::string_view> sections;
  const auto section = [&](const char* key) {
    sections.push_back(key);
    const toml::node* node = file.get(key);
    const toml::table* table = node == nullptr ? nullptr : node->as_table();
    if (node != nullptr && table == nullptr) {
      mistakes.add(node->source(), key, fmt::format("expected a section, [{}]", key));
    }
    return SectionReader{key, table, mistakes};
  };
  read_broker(section("broker"), config.broker);
  read_reports(section("reports"), config.broker, config.reports, mistakes);
  read_events(section("events"), config.events);
  SectionReader binding = section("binding");
  binding.choice("on_conflict", config.on_conflict, on_conflict_names);
  binding.finish();
  read_store(section("store"), config.store_url);
  read_intake(section("intake"), config.intake);
  read_retention(section("retention"), config.retention);
  read_api(section("api"), config.api);
  read_alerts(section("alerts"), config);
  read_refresh(section("refresh"), config.refresh);
  read_import(section("import"), config.import);
  read_log(section("log"), config.log);
  const auto each_section = [&](const char* key, const auto& read) {
    sections.push_back(key);
    const toml::node* node = file.get(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
      return mistakes.add(node->source(), key, fmt::format("expected [[{}]], one for each", key));
    }
    std::size_t number = 0;
    for (const toml::node& element : *array) {
      read(SectionReader{key, element.as_table(), mistakes, fmt::format("{}[{}]", key, ++number)});
    }
  };
  each_section("platform",
               [&](SectionReader table) { read_platform(std::move(table), config.platforms); });
  each_section("webhook", [&](SectionReader table) {
    read_webhook(std::move(table), config.retention, config.webhooks);
  });
  for (const auto& [key, node] : file) {
    if (contains(sections, key.str())) continue;
    mistakes.add(key.source(), std::string{key.str()},
                 fmt::format("unknown section, expected one of {}", fmt::join(sections, ", ")));
  }
  if (!mistakes.empty()) throw ConfigError(mistakes.text());
  for (SettingInForce& setting : config.settings) setting.restart = needs_restart(setting.key);
  return config;
}

// As keep_what_needs_a_restart() of daemon/settings.cpp.
bool needs_restart(std::string_view key) {
  return key == "store.url" || key.starts_with("intake.") || key.starts_with("import.") ||
         key == "broker.client_id" || key == "api.listen";
}

Config load_config(const std::string& path) {
  const auto file = read_small_file(path);
  if (const auto* problem = std::get_if<Problem>(&file)) {
    throw ConfigError(
        fmt::format("{}: cannot read this configuration file: {}; name another with --config, or "
                    "copy examples/iotcardd.toml there",
                    path, problem->text));
  }
  return parse_config(std::get<SmallFile>(file).text, path);
}

}  // namespace iotcard
