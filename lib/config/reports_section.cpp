// SPDX-License-Identifier: Apache-2.0
#include "config/reports_section.h"

#include <fmt/format.h>

#include <algorithm>

namespace iotcard {
namespace {

std::ptrdiff_t pointers_in(const std::vector<std::string>& keys) {
  return std::ranges::count_if(keys, [](const std::string& key) { return key.starts_with('/'); });
}

// What is left out keeps the value that is in `keys`.
void read_keys(SectionReader& section, KeyNames& keys) {
  const auto check = [](const std::string& key) { return PayloadKeys::check(key); };
  section.texts("iccid_keys", keys.iccid, check);
  section.texts("imei_keys", keys.imei, check);
  section.texts("platform_keys", keys.platform, check);
  if (keys.iccid.empty()) section.mistake("iccid_keys", "expected at least one key");
  const std::ptrdiff_t pointers =
      pointers_in(keys.iccid) + pointers_in(keys.imei) + pointers_in(keys.platform);
  if (pointers > static_cast<std::ptrdiff_t>(PayloadKeys::max_pointers)) {
    section.mistake("iccid_keys",
                    fmt::format("expected at most {} JSON Pointers in iccid_keys, imei_keys and "
                                "platform_keys together",
                                PayloadKeys::max_pointers));
  }
}

Check check_get_topic(const std::string& topic, const std::string& product) {
  if (auto problem = TopicPattern::check(topic, product)) return problem;
  if (topic.find('+') == std::string::npos) return std::nullopt;
  return expected("one topic for a device, without +");
}

void read_source(SectionReader& section, SourceConfig& source) {
  section.text("product", source.product, [](const std::string& product) -> Check {
    if (is_topic_level(product)) return std::nullopt;
    return expected("the name of a product, without /, + or #");
  });
  section.texts("topics", source.topics, [&](const std::string& topic) {
    return TopicPattern::check(topic, source.product);
  });
  section.require("topics", "the topics of this source, such as [\"router/{device}/iccid\"]");
  section.choice("payload", source.payload, payload_kind_names);
  if (source.payload == PayloadKind::text) {
    for (const char* const key : {"iccid_keys", "imei_keys", "platform_keys"}) {
      if (section.has(key)) {
        section.mistake(key, "expected only with payload = \"json\": a text has no keys");
      }
    }
  }
  read_keys(section, source.keys);
  section.text("get_topic", source.get_topic,
               [&](const std::string& topic) { return check_get_topic(topic, source.product); });
  section.finish();
}

// A topic that two patterns match would belong to whichever comes first.
void check_overlaps(SectionReader& section, const std::vector<std::string>& topics,
                    const std::string& product, std::vector<TopicPattern>& seen) {
  for (const std::string& topic : topics) {
    const TopicPattern pattern{topic, product};
    const auto other = std::ranges::find_if(
        seen, [&](const TopicPattern& earlier) { return earlier.overlaps(pattern); });
    if (other != seen.end()) {
      section.mistake("topics", fmt::format("expected patterns that no topic can match two of: "
                                            "\"{}\" and \"{}\" overlap",
                                            other->text(), pattern.text()));
    }
    seen.push_back(pattern);
  }
}

}  // namespace

void read_reports(SectionReader section, const BrokerSettings& broker, ReportsConfig& reports,
                  ConfigMistakes& mistakes) {
  section.texts("topics", reports.topics,
                [](const std::string& topic) { return TopicPattern::check(topic); });
  section.integer("qos", reports.qos, 0, 1);
  section.text("share", reports.share, [](const std::string& group) -> Check {
    if (group.empty() || is_topic_level(group)) return std::nullopt;
    return expected("the name of a group, without /, + or #");
  });
  if (!reports.share.empty() && broker.protocol == MqttProtocol::v3_1_1) {
    section.mistake("share", "expected only with MQTT 5; broker.protocol is \"3.1.1\"");
  }
  constexpr std::size_t max_client_id_bytes = 1024;  // with the prefix below the 65535 of a topic
  if (!reports.share.empty() &&
      (!is_topic_level(broker.client_id) || broker.client_id.size() > max_client_id_bytes)) {
    section.mistake("share",
                    fmt::format("expected a broker.client_id of at most {} bytes without /, + and "
                                "# with it: it is a level of the daemon's status topic",
                                max_client_id_bytes));
  }
  section.bytes("max_bytes", reports.max_bytes, 64, std::int64_t{16} << 20);
  if (reports.max_bytes + packet_overhead > broker.max_packet) {
    section.mistake("max_bytes",
                    fmt::format("expected at most broker.max_packet ({} bytes) less 72 KiB; set "
                                "broker.max_packet to {} or more",
                                broker.max_packet, reports.max_bytes + packet_overhead));
  }
  read_keys(section, reports.keys);
  std::vector<TopicPattern> patterns;
  check_overlaps(section, reports.topics, "", patterns);
  for (const toml::table* table : section.tables("source")) {
    SourceConfig& source = reports.sources.emplace_back();
    source.keys = reports.keys;
    SectionReader reader{"reports.source", table, mistakes,
                         fmt::format("reports.source[{}]", reports.sources.size())};
    read_source(reader, source);
    check_overlaps(reader, source.topics, source.product, patterns);
    reader.finish();
  }
  if (reports.topics.empty() && reports.sources.empty()) {
    section.mistake("topics", "expected at least one topic, or a [[reports.source]]");
  }
  section.finish();
}

ReportSources report_sources(const ReportsConfig& reports) {
  std::vector<ReportSource> sources;
  const auto add = [&](const SourceConfig& from) {
    ReportSource source{.topics = {},
                        .read = {reports.max_bytes, from.payload, PayloadKeys{from.keys}}};
    for (const std::string& topic : from.topics) source.topics.emplace_back(topic, from.product);
    if (!from.get_topic.empty()) source.get_topic.emplace(from.get_topic, from.product);
    if (!source.topics.empty()) sources.push_back(std::move(source));
  };
  add({.topics = reports.topics, .product = {}, .keys = reports.keys, .get_topic = {}});
  for (const SourceConfig& source : reports.sources) add(source);
  return sources.empty() ? ReportSources{} : ReportSources{std::move(sources)};
}

}  // namespace iotcard
