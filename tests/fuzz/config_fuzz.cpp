// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration file. Checked: it becomes a Config, whose values are in the ranges
// that config.h and the sample file document, or a ConfigError whose every line begins with file
// and line; no other exception.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/text_sanitizer.h"
#include "config/config.h"
#include "domain/device.h"
#include "domain/topic_pattern.h"
#include "fuzz.h"
#include "mistakes.h"

using namespace iotcard;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view{"\0\r\n", 3}) == std::string_view::npos;
}

bool is_url(std::string_view url, std::initializer_list<std::string_view> schemes) {
  return std::any_of(schemes.begin(), schemes.end(), [&](std::string_view scheme) {
    return url.starts_with(scheme) && url.size() > scheme.size();
  });
}

void check_broker(const BrokerSettings& broker) {
  require(is_url(broker.url, {"mqtt://", "mqtts://"}) && is_one_line(broker.url));
  require(broker.max_packet <= std::uint64_t{256} << 20);
  require(!broker.client_id.empty() && broker.client_id.size() <= 65535);
  require(is_mqtt_text(broker.client_id) && is_mqtt_text(broker.username));
  require(broker.keep_alive >= seconds{5} && broker.keep_alive <= hours{18});
  require(broker.session_expiry >= seconds{0} && broker.session_expiry <= seconds{0xFFFFFFFF});
  require(broker.cert_file.empty() == broker.key_file.empty());
  require(broker.password_file.empty() || !broker.username.empty());
}

void check_reports(const ReportsConfig& reports) {
  require(!reports.topics.empty() || !reports.sources.empty());
  for (const std::string& topic : reports.topics) require(!TopicPattern::check(topic));
  for (const SourceConfig& source : reports.sources) {
    for (const std::string& topic : source.topics) {
      require(!TopicPattern::check(topic, source.product));
    }
  }
  require(reports.qos == 0 || reports.qos == 1);
  require(reports.share.empty() || is_topic_level(reports.share));
  require(reports.max_bytes >= 64 && reports.max_bytes <= (std::size_t{16} << 20));
  require(!reports.keys.iccid.empty());
  for (const std::string& key : reports.keys.iccid) require(!PayloadKeys::check(key));
}

void check_events(const EventsConfig& events) {
  require(!events.prefix.empty() && events.prefix.size() <= 1024 && is_mqtt_text(events.prefix));
  require(events.prefix.find_first_of("+#") == std::string::npos);
  require(!events.prefix.starts_with('/') && !events.prefix.ends_with('/'));
  require(!events.prefix.starts_with('$'));
}

void check_platforms(const std::vector<PlatformSettings>& platforms) {
  std::set<std::int64_t> seen;
  for (const PlatformSettings& platform : platforms) {
    require(platform.id > 0);
    require(seen.insert(platform.id).second);
  }
}

void check(const Config& config) {
  check_broker(config.broker);
  check_reports(config.reports);
  require(config.reports.max_bytes + (72 << 10) <= config.broker.max_packet);
  check_events(config.events);
  require(is_url(config.store_url, {"sqlite:", "postgresql://"}));
  require(!config.intake.dir.empty());
  require(config.intake.max_backlog >= std::uint64_t{1} << 20);
  require(config.intake.keep >= seconds{0} && config.intake.keep <= days{3650});
  require(config.alerts.usage_percent >= 1 && config.alerts.usage_percent <= 100);
  require(config.alerts.expires_within >= seconds{0});
  require(config.alerts.expires_within <= days{3650});
  check_platforms(config.platforms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    check(parse_config(as_text(data, size), "fuzz.toml"));
  } catch (const ConfigError& error) {
    require_mistakes(error.what(), "fuzz.toml:");
  }
  return 0;
}
