// SPDX-License-Identifier: Apache-2.0
// apply_reports.h - Applies the reports of one batch to a store, inside the caller's transaction:
// each is read and decided in its order, and what follows is written, events into the client's
// outbox included. What the store and its outbox hold afterwards depends on the reports and their
// order alone, not on how they were divided into batches. On the store's thread. Throws StoreError;
// then the caller rolls back.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "domain/report_counts.h"
#include "ingest/report_queue.h"
#include "store/store.h"

namespace iotcard {

// Applies a message of a script about a card, in the open transaction. nullopt: done; else why not,
// and nothing was written. `iccid` is as in the topic.
using CardStateHook = std::function<std::optional<std::string>(Store&, const std::string& iccid,
                                                               const std::string& payload)>;

struct ApplyContext {
  const std::string& client_id;  // whose outbox the events go to
  const ApplyRules& rules;
  const CardStateHook& card_state;
  const Clock& clock;
};

// What each report says, or why it says nothing; nullopt: a script's message about a card. Needs no
// store, so it is done before the transaction.
std::vector<std::optional<ReportReading>> read_reports(std::span<const BatchItem> items,
                                                       const ReportSources& sources);

// What the reports of a batch came to: the applier counts it once the batch is committed.
struct AppliedReports {
  ReportCounts counts;
  // Rows that retention deletes some day, by RetentionKind; below zero: fewer than before.
  std::array<Volume, retention_kinds.size()> added{};
  // The first of each reason, for the log: the item's index and what is wrong with it.
  std::vector<std::pair<std::size_t, Rejection>> rejections;
};

// `readings`: of these items, and with these rules.
AppliedReports apply_reports(Store& store, std::span<const BatchItem> items,
                             std::vector<std::optional<ReportReading>> readings,
                             const ApplyContext& context);

// Keeps a report among the rejected ones, with its event.
AppliedReports reject_report(Store& store, const BatchItem& item, const Rejection& rejection,
                             const ApplyContext& context);

}  // namespace iotcard
