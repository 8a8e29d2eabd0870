// SPDX-License-Identifier: Apache-2.0
// batch.h - The reports of one transaction of the applier: those to apply and those to defer.
// ReportQueue fills it. A plain value; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/device.h"
#include "domain/received_report.h"
#include "ingest/journal_reader.h"

namespace iotcard {

// Who sent a report, by its topic; neither: unknown.
struct Sender {
  std::optional<DeviceKey> device{};
  std::optional<std::string> card{};  // a script that reports the state of this card
};

struct BatchItem {
  ReceivedReport report;
  JournalPosition end{};  // behind the report, if it comes from the journal
  Sender sender{};
  std::int64_t deferred = 0;  // its sequence among the deferred reports; 0: it is none
};

struct Batch {
  std::vector<BatchItem> to_apply{};
  std::vector<BatchItem> to_defer{};
  JournalPosition position{};  // in the journal, behind all of them
  std::vector<JournalDamage> damage{};

  bool empty() const { return to_apply.empty() && to_defer.empty(); }
};

}  // namespace iotcard
