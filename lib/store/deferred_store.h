// SPDX-License-Identifier: Apache-2.0
// deferred_store.h - The port to deferred reports: those that were taken from a client's journal
// and wait behind the reports of other devices. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/received_report.h"
#include "store/transactional.h"

namespace iotcard {

struct DeferredReport {
  std::int64_t sequence = 0;  // given by the store, growing
  ReceivedReport report;
};
struct DeferredTopic {
  std::string topic;
  std::int64_t reports = 0;
  std::int64_t bytes = 0;  // of their topics and payloads
};

// Of one client each, by ascending sequence.
class DeferredStore : public virtual Transactional {
 public:
  virtual void defer_report(const std::string& client_id, const ReceivedReport& report) = 0;
  virtual std::vector<DeferredReport> deferred_reports(const std::string& client_id, int limit) = 0;
  virtual void remove_deferred(const std::string& client_id, std::int64_t up_to_sequence) = 0;
  virtual std::vector<DeferredTopic> deferred_topics(const std::string& client_id) = 0;
  virtual std::int64_t count_deferred(const std::string& client_id) = 0;
};

}  // namespace iotcard
