// SPDX-License-Identifier: Apache-2.0
#include "domain/report_source.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace iotcard {

ReportSources::ReportSources()
    : ReportSources({{.topics = {TopicPattern{"/{product}/{device}/info/post"}}}}) {}

ReportSources::ReportSources(std::vector<ReportSource> sources) : sources_(std::move(sources)) {
  assert(!sources_.empty());
}

std::optional<ReportSources::Found> ReportSources::find(std::string_view topic) const {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    for (const TopicPattern& pattern : sources_[i].topics) {
      if (auto device = pattern.match(topic)) return Found{*std::move(device), i, &pattern};
    }
  }
  return std::nullopt;
}

std::optional<DeviceKey> ReportSources::device(std::string_view topic) const {
  auto found = find(topic);
  return found ? std::optional{std::move(found->device)} : std::nullopt;
}

const ReadOptions& ReportSources::read_options(std::string_view topic) const {
  const auto found = find(topic);
  return sources_[found ? found->source : 0].read;
}

std::vector<std::string> ReportSources::filters() const {
  std::vector<std::string> filters;
  for (const ReportSource& source : sources_) {
    for (const TopicPattern& pattern : source.topics) filters.push_back(pattern.filter());
  }
  return filters;
}

std::variant<std::string, Problem> ReportSources::request_topic(const DeviceKey& device,
                                                                std::string_view last_topic) const {
  const auto reported = find(last_topic);
  const auto topic_in = [&](const ReportSource& source) -> std::optional<std::string> {
    if (source.get_topic) {
      return source.get_topic->has_product(device.product)
                 ? std::optional{source.get_topic->topic(device)}
                 : std::nullopt;
    }
    for (const TopicPattern& pattern : source.topics) {
      if (!pattern.has_product(device.product)) continue;
      if (auto topic = pattern.request_topic(device)) return topic;
    }
    return std::nullopt;
  };
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (reported && reported->source != i) continue;
    if (auto topic = topic_in(sources_[i])) return *std::move(topic);
  }
  const std::string_view pattern = sources_[reported ? reported->source : 0].topics[0].text();
  return Problem{"it is not known where device " + device.text() + " listens: the topic " +
                 std::string{pattern} +
                 " does not end in post. Set get_topic in its [[reports.source]]"};
}

}  // namespace iotcard
