// SPDX-License-Identifier: Apache-2.0
// report_counts.h - Numbers of reports by outcome: the applier adds them up in a batch and at each
// commit, /metrics shows them. No card and no device is named. A plain value; one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/histogram.h"
#include "domain/decision.h"
#include "domain/leniency.h"

namespace iotcard {

// How often each value of an enum came up.
template <typename Enum, std::size_t Size>
class Tally {
 public:
  void add(Enum value) { ++counts_[static_cast<std::size_t>(value)]; }
  std::uint64_t operator[](Enum value) const { return counts_[static_cast<std::size_t>(value)]; }
  Tally& operator+=(const Tally& more) {
    for (std::size_t i = 0; i < Size; ++i) counts_[i] += more.counts_[i];
    return *this;
  }
  std::uint64_t total() const {
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts_) all += count;
    return all;
  }

 private:
  std::array<std::uint64_t, Size> counts_{};
};

// A full batch is 1024 reports of the journal, besides deferred ones.
inline constexpr std::array batch_report_bounds{1.0,  2.0,   4.0,   8.0,   16.0,  32.0,
                                                64.0, 128.0, 256.0, 512.0, 1024.0};
// From one report on a fast disk to a failing disk.
inline constexpr std::array batch_second_bounds{0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                0.05,    0.1,    0.25,  0.5,    1.0,   2.5,  10.0};

struct ReportCounts {
  std::uint64_t applied = 0;   // reports, the rejected ones included
  std::uint64_t deferred = 0;  // reports that were deferred; each is applied later
  Tally<RejectionReason, rejection_reason_names.names.size()> rejected{};
  Tally<Outcome, outcome_count> outcomes{};                   // one for each accepted report
  Tally<Leniency, leniency_names.names.size()> leniencies{};  // reports that needed it
  std::uint64_t issues = 0;                                   // fields with a wrong value
  Histogram<batch_report_bounds> batch_reports{};             // applied in one store transaction
  Histogram<batch_second_bounds> batch_seconds{};  // of that transaction, from begin to commit

  ReportCounts& operator+=(const ReportCounts& more) {
    applied += more.applied;
    deferred += more.deferred;
    rejected += more.rejected;
    outcomes += more.outcomes;
    leniencies += more.leniencies;
    issues += more.issues;
    batch_reports += more.batch_reports;
    batch_seconds += more.batch_seconds;
    return *this;
  }
};

}  // namespace iotcard
