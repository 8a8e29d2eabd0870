// SPDX-License-Identifier: Apache-2.0
#include "ingest/apply_reports.h"

#include <algorithm>
#include <variant>

#include "store/stored_decision.h"

namespace iotcard {
namespace {

void count(const Changes& changes, AppliedReports& applied) {
  const auto add = [&](RetentionKind kind, std::int64_t rows, std::int64_t bytes = 0) {
    applied.added[static_cast<std::size_t>(kind)] += Volume{rows, bytes};
  };
  const auto released = std::ssize(changes.ended_bindings) + std::ssize(changes.past_bindings);
  add(RetentionKind::bindings, released);
  // What may be deleted some day: devices without a card.
  add(RetentionKind::devices, std::ssize(changes.ended_bindings));
  for (const DeviceChange& change : changes.devices) {
    if (change.id == 0) add(RetentionKind::devices, 1);
    if (change.bound) add(RetentionKind::devices, -1);
  }
  const auto has_ended = [](const Mismatch& one) { return one.ended.has_value(); };
  add(RetentionKind::mismatches, std::ranges::count_if(changes.settled_mismatches, has_ended) +
                                     std::ranges::count_if(changes.new_mismatches, has_ended));
  for (const RejectedNow& rejected : changes.rejected) {
    add(RetentionKind::rejected_reports, 1, rejected.report.stored_bytes());
    applied.counts.rejected.add(rejected.rejection.reason);
  }
}

ReportReading read_one(const BatchItem& item, const ReadOptions& options) {
  const ReceivedReport& received = item.report;
  if (received.is_cut()) return Rejection{RejectionReason::too_large, received.payload.size()};
  return read_report(received.payload, options);
}

class Application {
 public:
  Application(Store& store, const ApplyContext& context) : store_(store), context_(context) {}

  // `first`: the index of the first of the items in the batch.
  void apply(std::size_t first, std::span<const BatchItem> items,
             std::span<std::optional<ReportReading>> readings) {
    UnitOfWork work{store_.read(keys_of(items, readings))};
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (auto* rejection = std::get_if<Rejection>(&*readings[i])) {
        reject(work, first + i, items[i], std::move(*rejection));
      } else {
        decide_one(work, items[i], std::get<DeviceReport>(*std::move(readings[i])));
      }
    }
    write(work);
  }

  // A script's message changes what the reports behind it are decided on.
  void apply_state(std::size_t index, const BatchItem& item) {
    auto problem = context_.card_state(store_, *item.sender.card, item.report.payload);
    if (!problem) return;
    UnitOfWork work{Snapshot{}};
    reject(work, index, item, {RejectionReason::bad_card_state, 0, *std::move(problem)});
    write(work);
  }

  void reject(UnitOfWork& work, std::size_t index, const BatchItem& item, Rejection rejection) {
    const ReceivedReport& received = item.report;
    publish(work, rejection_event(item.sender.device, received.topic, rejection, received.payload,
                                  received.size, received.arrival));
    work.reject(received, rejection);
    if (reasons_.has(rejection.reason)) return;
    reasons_.add(rejection.reason);
    applied_.rejections.emplace_back(index, std::move(rejection));
  }

  void write(UnitOfWork& work) {
    const Changes changes = work.take();
    store_.write(context_.client_id, changes);
    count(changes, applied_);
  }

  AppliedReports take() { return std::move(applied_); }

 private:
  static ReportKeys keys_of(std::span<const BatchItem> items,
                            std::span<const std::optional<ReportReading>> readings) {
    ReportKeys keys;
    keys.devices.reserve(items.size());
    keys.iccids.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto* report = std::get_if<DeviceReport>(&*readings[i]);
      if (report == nullptr) continue;
      keys.devices.push_back(*items[i].sender.device);
      if (report->iccid.iccid) keys.iccids.push_back(*report->iccid.iccid);
    }
    keys.sort();
    return keys;
  }

  void decide_one(UnitOfWork& work, const BatchItem& item, DeviceReport report) {
    const ReceivedReport& received = item.report;
    const DeviceKey& device = *item.sender.device;
    const Arrival arrival{received.arrival, received.retained};
    // The card is judged as of now, also if the report waited long, since events may have been
    // published about it since.
    const Instant now = context_.clock.now();
    const DecisionInputs inputs = inputs_within(work, store_, device, report, {arrival, now});
    const Decision decision = decide(device, report, inputs, context_.rules.policy, arrival, now);
    applied_.counts.outcomes.add(decision.outcome);
    report.leniencies.each([&](Leniency leniency) { applied_.counts.leniencies.add(leniency); });
    applied_.counts.issues += report.issues.size();
    const auto heard = work.save(
        device,
        {received.topic, received.payload, received.arrival, std::move(report), decision.outcome},
        arrival.retained, decision.late);
    if (heard && context_.rules.device_silent.count() > 0) publish(work, *heard);
    for (const Write& write : decision.writes) work.apply(write);
    for (const Event& event : decision.events) publish(work, event);
  }

  void publish(UnitOfWork& work, const Event& event) const {
    if (!context_.rules.policy.mute.has(event.kind)) work.publish(event);
  }

  Store& store_;
  const ApplyContext& context_;
  AppliedReports applied_;
  EnumSet<RejectionReason> reasons_;  // of applied_.rejections
};

}  // namespace

std::vector<std::optional<ReportReading>> read_reports(std::span<const BatchItem> items,
                                                       const ReportSources& sources) {
  std::vector<std::optional<ReportReading>> readings;
  readings.reserve(items.size());
  for (const BatchItem& item : items) {
    const bool known = item.sender.device || item.sender.card;
    if (!known) {
      readings.emplace_back(Rejection{RejectionReason::bad_topic, 0});
    } else if (item.sender.device || item.report.is_cut()) {
      readings.emplace_back(read_one(item, sources[item.sender.source].read));
    } else {
      readings.emplace_back(std::nullopt);
    }
  }
  return readings;
}

AppliedReports apply_reports(Store& store, std::span<const BatchItem> items,
                             std::vector<std::optional<ReportReading>> readings,
                             const ApplyContext& context) {
  Application application{store, context};
  const std::span all{readings};
  for (std::size_t i = 0; i < items.size();) {
    const auto is_state = [](const auto& reading) { return !reading; };
    const auto reports =
        static_cast<std::size_t>(
            std::find_if(all.begin() + static_cast<std::ptrdiff_t>(i), all.end(), is_state) -
            all.begin()) -
        i;
    if (reports > 0) application.apply(i, items.subspan(i, reports), all.subspan(i, reports));
    i += reports;
    if (i < items.size()) {
      application.apply_state(i, items[i]);
      ++i;
    }
  }
  AppliedReports applied = application.take();
  applied.counts.applied = items.size();
  return applied;
}

AppliedReports reject_report(Store& store, const BatchItem& item, const Rejection& rejection,
                             const ApplyContext& context) {
  Application application{store, context};
  UnitOfWork work{Snapshot{}};
  application.reject(work, 0, item, rejection);
  application.write(work);
  AppliedReports applied = application.take();
  applied.counts.applied = 1;
  return applied;
}

}  // namespace iotcard
