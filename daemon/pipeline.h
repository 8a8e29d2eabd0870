// SPDX-License-Identifier: Apache-2.0
// pipeline.h - The path of a report within the daemon: journal, intake, applier and outbox
// publisher over the store. Knows the broker only as the Publisher that events go to.
// Threads: the stages have their own; start(), stop(), drain() and set_rules() are the main
// thread's, the rest may be called from any.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "config/config.h"
#include "ingest/applier.h"
#include "ingest/intake.h"
#include "ingest/journal.h"
#include "ingest/outbox_publisher.h"
#include "store/store.h"

namespace iotcard {

class Pipeline {
 public:
  // Called from the start to the end of stop(), on the stages' threads.
  struct Hooks {
    std::function<std::optional<std::string>(Store&, const std::string& iccid,
                                             const std::string& payload)>
        card_state;                   // see Applier::Hooks
    std::function<void()> trouble;    // journal_trouble() has changed
    std::function<bool()> receiving;  // the broker sends reports at the moment
  };

  // Opens store and journal; throws StoreError and JournalError.
  Pipeline(const Config& config, const Clock& clock, Publisher& publisher, Hooks hooks);
  ~Pipeline();  // stop()

  void start();
  void stop();
  void stop_applying();  // while the broker's thread holds a report
  // Applies and publishes what is at hand, as far as that is quick; the rest is safe on the disk.
  void drain(const std::function<bool()>& connected);

  // Where a report goes on the broker's receive thread; returns when it is safe.
  void accept(ReceivedReport report) noexcept { intake_.accept(std::move(report)); }
  // A report that is held is never accepted: for the end of the process.
  void close_intake() { intake_.close(); }

  void set_rules(const Config& config, std::shared_ptr<const ApplyRules> rules);

  std::string store_id() const { return store_->id(); }
  // Throws StoreError while another file has the name of the store's file. Any thread.
  void check_store() const { check_in_place(*store_); }
  std::string held_report() const { return intake_.held(); }  // why the intake holds one; or ""
  std::string journal_trouble() { return journal_.trouble(); }
  // Why a stage holds; "" if all are well. `trouble`: what journal_trouble() said.
  std::string held(const std::string& trouble) const;
  std::uint64_t heartbeat() const { return applier_.heartbeat(); }
  std::uint64_t received() const { return intake_.accepted(); }
  ReportCounts counts() const { return applier_.counts(); }
  std::uint64_t waiting_bytes() const { return journal_.backlog(); }  // of reports in the journal
  std::optional<Instant> oldest_waiting() const;
  OutboxPublisher& outbox() { return outbox_; }
  const OutboxPublisher& outbox() const { return outbox_; }

 private:
  const std::string client_id_;
  std::unique_ptr<Store> store_;         // the applier's
  std::unique_ptr<Store> outbox_store_;  // the publisher's
  Journal journal_;
  Intake intake_;
  OutboxPublisher outbox_;
  Applier applier_;
};

}  // namespace iotcard
