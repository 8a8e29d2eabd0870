// SPDX-License-Identifier: Apache-2.0
// report_source.h - Which topics carry reports, and how those of each are read: one kind of sender
// is one source. Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/problem.h"
#include "domain/device.h"
#include "domain/device_report.h"
#include "domain/topic_pattern.h"

namespace iotcard {

struct ReportSource {
  std::vector<TopicPattern> topics;
  ReadOptions read{};
  // Where devices listen for a request to report; nullopt: TopicPattern::request_topic().
  std::optional<TopicPattern> get_topic{};
};

class ReportSources {
 public:
  struct Found {
    DeviceKey device;
    std::size_t source;           // of all()
    const TopicPattern* pattern;  // that matches; as long as these sources live
  };

  ReportSources();                                            // devices of the FastBee platform
  explicit ReportSources(std::vector<ReportSource> sources);  // at least one

  const std::vector<ReportSource>& all() const { return sources_; }
  const ReportSource& operator[](std::size_t source) const { return sources_[source]; }
  // nullopt: no pattern matches. Patterns do not overlap.
  std::optional<Found> find(std::string_view topic) const;
  // The device that publishes there; nullopt: none.
  std::optional<DeviceKey> device(std::string_view topic) const;
  // How a report of this topic is read: of one that no source has any more, as the first's.
  const ReadOptions& read_options(std::string_view topic) const;
  std::vector<std::string> filters() const;
  // Where the device listens, by the topic of its last report ("" if it is not known) or else by
  // its product. The problem says why that is unknown.
  std::variant<std::string, Problem> request_topic(const DeviceKey& device,
                                                   std::string_view last_topic) const;

 private:
  std::vector<ReportSource> sources_;
};

}  // namespace iotcard
