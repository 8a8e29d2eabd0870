// SPDX-License-Identifier: Apache-2.0
// replay.h - Decides stored reports again by today's rules and cards: those that were rejected, the
// last one of each device, or those of a journal. A report is applied as of when it came, and never
// against what the store knows from later: then it is superseded and changes nothing. A few hundred
// reports are a transaction, with their events in the outbox; a second run finds nothing to do.
// What scripts said of cards is no report and is passed over.
// A dry run does all of it on a copy of the store. Throws StoreError; what is committed by then
// stays. On the store's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "domain/received_report.h"
#include "domain/topic_pattern.h"
#include "operations/listing.h"

namespace iotcard {

struct ReplayOptions {
  bool dry_run = false;
  bool drop_superseded = false;  // rejected reports that are superseded are forgotten
  std::optional<DeviceKey> device{};
  std::optional<RejectionReason> reason{};  // of rejected reports
  std::optional<Instant> since{};           // when the report came
  std::int64_t limit = no_limit;            // reports that all filters let by
};

// What a report is: an outcome's name, "report.rejected" with its reason, or "superseded"; "" if
// that is not known.
struct ReportState {
  std::string outcome{};
  std::string reason{};
  friend auto operator<=>(const ReportState&, const ReportState&) = default;
};

struct ReplayedReport {
  std::int64_t rejected_id = 0;  // 0: it was none
  std::string topic;
  std::optional<DeviceKey> device;
  Instant at;
  ReportState before;
  ReportState after;
  bool changed = false;  // the store has, or would
};
// One object on one line: the contract of `iotcardctl replay --json`.
void write_replayed(JsonText& json, const ReplayedReport& report);

// The next report of a journal; nullopt: the end.
using NextArchived = std::function<std::optional<ReceivedReport>()>;

struct ReplayHooks {
  std::function<void(const ReplayedReport&)> decided;  // once that is committed
  std::function<void(std::int64_t reports)> progress;  // looked at so far, the filtered ones too
  std::function<bool()> stop;                          // asked between transactions
};

struct ReplayResult {
  std::int64_t reports = 0;
  std::int64_t changed = 0;
  bool interrupted = false;
  std::map<std::pair<ReportState, ReportState>, std::int64_t> summary{};  // before and after
};

// Oldest first. One that is applied is a rejected one no more, in the same transaction.
ReplayResult replay_rejected(Store& store, const Context& context,
                             const std::vector<TopicPattern>& topics, const ReplayOptions& options,
                             const ReplayHooks& hooks);
ReplayResult replay_last(Store& store, const Context& context, const ReplayOptions& options,
                         const ReplayHooks& hooks);
// In the order in which `next` gives them. What cannot be read is not kept among the rejected
// again.
ReplayResult replay_archive(Store& store, const Context& context,
                            const std::vector<TopicPattern>& topics, const NextArchived& next,
                            const ReplayOptions& options, const ReplayHooks& hooks);

}  // namespace iotcard
