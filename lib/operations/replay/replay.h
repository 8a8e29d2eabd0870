// SPDX-License-Identifier: Apache-2.0
// replay.h - Decides stored reports again by today's rules and cards: the rejected ones, the last
// one of each device, or those of a journal. A report is applied as of its arrival; if the store
// has newer knowledge, it is superseded and changes nothing. A transaction has a few hundred
// reports and their events; a second run finds nothing to do. A dry run works on a copy of the
// store. Throws StoreError; earlier transactions are kept. On the store's thread.
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
#include "operations/listing.h"

namespace iotcard {

struct ReplayOptions {
  bool dry_run = false;
  bool drop_superseded = false;  // deletes rejected reports that are superseded
  std::optional<DeviceKey> device{};
  std::optional<RejectionReason> reason{};  // of rejected reports
  std::optional<Instant> since{};           // when the report came
  std::int64_t limit = no_limit;            // reports that pass all filters
};

// The result of a report: the name of an outcome, "report.rejected" with its reason, "superseded",
// or "" if it is not known.
struct ReportState {
  std::string outcome{};
  std::string reason{};
  friend auto operator<=>(const ReportState&, const ReportState&) = default;
};

struct ReplayedReport {
  std::int64_t rejected_id = 0;  // 0: it was not rejected
  std::string topic{};
  std::optional<DeviceKey> device{};
  Instant at{};
  ReportState before{};
  ReportState after{};
  bool changed = false;  // in the store; in a dry run, would change
};
// One object on one line: the contract of `iotcardctl replay --json`.
void write_replayed(JsonText& json, const ReplayedReport& report);

// One rejected report, decided again by itself.
struct ReplayedOne {
  ReplayedReport report{};
  std::optional<Rejection> rejection{};  // why it stays rejected
  bool applied = false;                  // it is no longer rejected; never of a dry run

  bool accepted() const { return !rejection; }
};
// As replay_rejected() decides it. A dry run is a transaction that is rolled back. Throws
// OperationError (not_found).
ReplayedOne replay_one_rejected(Store& store, const Context& context, std::int64_t id,
                                bool dry_run);
// {"accepted":…,"outcome":…,"rejection":…,"applied":…}; outcome may be "superseded".
void write_replayed_one(JsonText& json, const ReplayedOne& one);

// The next report of a journal; nullopt: the end.
using NextArchived = std::function<std::optional<ReceivedReport>()>;

struct ReplayHooks {
  std::function<void(const ReplayedReport&)> decided;  // after the commit
  std::function<void(std::int64_t reports)> progress;  // read so far, with filtered ones
  std::function<bool()> stop;                          // asked between transactions
};

struct ReplayResult {
  std::int64_t reports = 0;
  std::int64_t changed = 0;
  bool interrupted = false;
  std::map<std::pair<ReportState, ReportState>, std::int64_t> summary{};  // before and after
};

// Oldest first. A report that is applied is deleted from the rejected ones in the same transaction.
ReplayResult replay_rejected(Store& store, const Context& context, const ReplayOptions& options,
                             const ReplayHooks& hooks);
ReplayResult replay_last(Store& store, const Context& context, const ReplayOptions& options,
                         const ReplayHooks& hooks);
// In the order of `next`. Reports that cannot be read are not stored as rejected again.
ReplayResult replay_archive(Store& store, const Context& context, const NextArchived& next,
                            const ReplayOptions& options, const ReplayHooks& hooks);

}  // namespace iotcard
