// SPDX-License-Identifier: Apache-2.0
// Each source gives a page of reports after the other; each page is decided in one transaction.
#include "operations/replay/replay.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <variant>

#include "base/utf8.h"
#include "operations/json.h"
#include "operations/reevaluate.h"
#include "store/stored_decision.h"

namespace iotcard {
namespace {

struct RejectedId {
  std::int64_t id;
};
// What may be replayed. A source reads outside of any transaction; the transaction then looks at
// each again, since the daemon goes on meanwhile.
using ReplayItem = std::variant<RejectedId, DeviceKey, ReceivedReport>;
// Appends the next ones, perhaps none; false: there are no more. Counts all it looked at.
using ReplaySource = std::function<bool(std::vector<ReplayItem>& items, std::int64_t& looked_at)>;

constexpr std::chrono::milliseconds longest_pause{200};

const ReportState superseded{.outcome = "superseded"};

ReportState rejected_as(RejectionReason reason) {
  return {std::string{event_names[EventKind::report_rejected]},
          std::string{rejection_reason_names[reason]}};
}

ReportState outcome_state(Outcome outcome) {
  return {.outcome = std::string{outcome_name(outcome)}};
}

bool differs(const DeviceRow& row, const LastReport& report) {
  const DeviceReport& reading = report.reading;
  const auto& iccid = reading.iccid.iccid;
  const auto names = reading.leniencies.names(leniency_names);
  return row.outcome != outcome_name(report.outcome) ||
         row.reported_iccid != (iccid ? iccid->text() : std::string_view{}) ||
         row.platform != reading.platform || row.rssi != reading.rssi ||
         row.status != reading.status ||
         row.firmware_version != reading.firmware_version.value_or("") ||
         row.user_id != reading.user_id.value_or("") ||
         (!reading.imei.empty() && row.imei != reading.imei) ||
         row.longitude != reading.longitude || row.latitude != reading.latitude ||
         row.summary != reading.summary.value_or("") ||
         !std::ranges::equal(row.leniencies, names) || row.issues != reading.issues;
}

class Replay {
 public:
  Replay(Store& store, const Context& context, const ReplayOptions& options,
         const ReplayHooks& hooks)
      : store_(store), context_(context), options_(options), hooks_(hooks) {}

  ReplayResult run(const ReplaySource& source) {
    std::int64_t looked_at = 0;
    for (bool more = true; more && left() > 0;) {
      if (hooks_.stop && hooks_.stop()) {
        result_.interrupted = true;
        break;
      }
      std::vector<ReplayItem> items;
      more = source(items, looked_at);
      if (static_cast<std::int64_t>(items.size()) > left()) {
        items.resize(static_cast<std::size_t>(left()), RejectedId{});
      }
      const auto began = std::chrono::steady_clock::now();
      if (!items.empty()) apply(items);
      if (hooks_.progress) hooks_.progress(looked_at);
      // A daemon that waits for the store only looks now and then whether it is free: as long as we
      // had it, others may.
      if (more && !options_.dry_run) {
        std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(
            std::chrono::steady_clock::now() - began, longest_pause));
      }
    }
    return std::move(result_);
  }

  // The rules are the same; only this knows why a report stays rejected.
  ReplayedOne run_one(std::int64_t id) {
    const RejectedReport rejected = require_rejected(store_, id);
    ReplayedOne one{.report = {.rejected_id = id}};
    if (rejected.reason == RejectionReason::bad_card_state) {
      one.rejection = Rejection{rejected.reason, static_cast<std::size_t>(rejected.offset)};
      return one;
    }
    try {
      Transaction transaction{store_};
      if (auto report = decide_again(RejectedId{id})) one.report = *std::move(report);
      one.rejection = rejection_;
      const bool applied = one.report.changed && !options_.dry_run;
      if (applied) transaction.commit();
      one.applied = applied;
    } catch (const StoreError& error) {
      if (error.kind() != StoreError::Kind::conflict) throw;
      one.rejection = Rejection{RejectionReason::not_applied, 0};
    }
    return one;
  }

 private:
  std::int64_t left() const {
    return options_.limit == no_limit ? std::numeric_limits<std::int64_t>::max()
                                      : options_.limit - result_.reports;
  }

  // One report that the store refuses by itself, a bug, stays where it is and stops nobody.
  void apply(const std::vector<ReplayItem>& items) {
    std::vector<ReplayedReport> decided;
    try {
      Transaction transaction{store_};
      for (const ReplayItem& item : items) {
        auto report = std::visit([this](const auto& one) { return decide_again(one); }, item);
        if (report) decided.push_back(*std::move(report));
      }
      transaction.commit();
    } catch (const StoreError& error) {
      if (error.kind() != StoreError::Kind::conflict) throw;
      if (items.size() > 1) {
        for (const ReplayItem& item : items) apply({item});
        return;
      }
      decided = {last_tried_};
      decided[0].after = rejected_as(RejectionReason::not_applied);
      decided[0].changed = false;
    }
    for (const ReplayedReport& report : decided) {
      ++result_.reports;
      if (report.changed) ++result_.changed;
      ++result_.summary[{report.before, report.after}];
      if (hooks_.decided) hooks_.decided(report);
    }
  }

  std::optional<ReplayedReport> decide_again(const RejectedId& item) {
    const auto rejected = store_.find_rejected(item.id);
    if (!rejected) return std::nullopt;  // somebody else was here
    // No report: who said it says it again, and an old one would not be true any more.
    if (rejected->reason == RejectionReason::bad_card_state) return std::nullopt;
    const ReceivedReport& raw = rejected->report;
    last_tried_ = {.rejected_id = item.id,
                   .topic = raw.topic,
                   .device = context_.sources.device(raw.topic),
                   .at = raw.arrival,
                   .before = rejected_as(rejected->reason)};
    apply_old(raw, last_tried_);
    if (last_tried_.after == superseded) last_tried_.changed = options_.drop_superseded;
    if (last_tried_.changed) store_.remove_rejected(item.id);
    return last_tried_;
  }

  std::optional<ReplayedReport> decide_again(const ReceivedReport& raw) {
    auto device = context_.sources.device(raw.topic);
    if (!device && read_state_topic(raw.topic)) return std::nullopt;
    last_tried_ = {.topic = raw.topic, .device = std::move(device), .at = raw.arrival};
    apply_old(raw, last_tried_);
    return last_tried_;
  }

  // A report that the store does not have, as the applier would have applied it when it came.
  void apply_old(const ReceivedReport& raw, ReplayedReport& report) {
    const auto reject = [&](const Rejection& rejection) {
      report.after = rejected_as(rejection.reason);
      rejection_ = rejection;
    };
    rejection_.reset();
    if (!report.device) return reject({RejectionReason::bad_topic, 0});
    if (raw.is_cut()) return reject({RejectionReason::too_large, raw.payload.size()});
    ReportReading reading = read_report(raw.payload, context_.sources.read_options(raw.topic));
    if (const auto* rejection = std::get_if<Rejection>(&reading)) return reject(*rejection);
    auto& read = std::get<DeviceReport>(reading);
    const DecisionInputs inputs = load_inputs(store_, *report.device, read);
    const auto device = store_.find_device(*report.device);
    const bool reported_since = device && device->last_seen && *device->last_seen >= raw.arrival;
    const bool mismatch_since = std::ranges::any_of(inputs.standing, [&](const Mismatch& standing) {
      return standing.last_seen > raw.arrival;
    });
    if (reported_since || mismatch_since ||
        is_superseded(store_, *report.device, inputs, raw.arrival)) {
      report.after = superseded;
      return;
    }
    const Decision decision =
        decide(*report.device, read, inputs, context_.policy, raw.arrival, context_.now);
    report.after = outcome_state(decision.outcome);
    report.changed = true;
    apply_decision(store_, context_.client_id, context_.policy.mute, *report.device,
                   {raw.topic, raw.payload, raw.arrival, std::move(read), decision.outcome},
                   decision);
  }

  // The last report of a device: the store has it already, so it is neither counted nor confirmed
  // again, and what it came to is announced only if that is another thing now.
  std::optional<ReplayedReport> decide_again(const DeviceKey& key) {
    const auto row = store_.find_device(key);
    if (!row || !row->last_seen) return std::nullopt;
    const Instant at = *row->last_seen;
    last_tried_ = {
        .topic = row->last_topic, .device = key, .at = at, .before = {.outcome = row->outcome}};
    ReplayedReport& report = last_tried_;
    ReportReading reading =
        read_report(row->last_payload, context_.sources.read_options(row->last_topic));
    if (const auto* rejection = std::get_if<Rejection>(&reading)) {
      report.after = rejected_as(rejection->reason);
      return report;
    }
    auto& read = std::get<DeviceReport>(reading);
    DecisionInputs inputs = load_inputs(store_, key, read);
    inputs.contested_by.clear();  // the device does not report at this moment
    Instant as_of = at;
    for (Mismatch& standing : inputs.standing) {
      if (standing.last_seen == at) --standing.count;  // this report has been counted
      as_of = std::max(as_of, standing.last_seen);     // an operator's change raised it later
    }
    Decision decision = decide(key, read, inputs, context_.policy, as_of, context_.now);
    forget_confirmation(decision);
    const bool agrees =
        decision.outcome == Outcome::binding_confirmed && !holds<EndMismatch>(decision);
    if (!agrees && is_superseded(store_, key, inputs, at)) {
      report.after = superseded;
      return report;
    }
    LastReport revised{row->last_topic, row->last_payload, at, std::move(read), decision.outcome};
    settle(*row, std::move(revised), std::move(decision), report);
    return report;
  }

  void settle(const DeviceRow& row, LastReport revised, Decision decision, ReplayedReport& report) {
    // Bound by this very report: what it came to then is what it came to.
    const bool bound_by_it = decision.outcome == Outcome::binding_confirmed && row.binding &&
                             row.binding->since == revised.at;
    if (bound_by_it) revised.outcome = outcome_named(row.outcome).value_or(revised.outcome);
    const bool stands = holds<RepeatMismatch>(decision) && !holds<CreateBinding>(decision);
    const bool same_outcome = outcome_name(revised.outcome) == row.outcome;
    if (stands || (same_outcome && decision.outcome == Outcome::no_card)) {
      forget_outcome(decision);
    }
    report.after = outcome_state(revised.outcome);
    report.changed = !decision.writes.empty() || !decision.events.empty() || differs(row, revised);
    if (!report.changed) return;
    store_.revise_report(*report.device, revised);
    apply_change(store_, context_, {std::move(decision.writes), std::move(decision.events)});
  }

  // What the report came to has been announced; what a card is judged to be today may be new.
  static void forget_outcome(Decision& decision) {
    std::erase_if(decision.writes,
                  [](const Write& write) { return std::holds_alternative<RepeatMismatch>(write); });
    const EventKind kind = event_kind(decision.outcome);
    std::erase_if(decision.events, [&](const Event& event) { return event.kind == kind; });
  }

  Store& store_;
  const Context& context_;
  const ReplayOptions& options_;
  const ReplayHooks& hooks_;
  ReplayedReport last_tried_;
  std::optional<Rejection> rejection_;  // of the last one that apply_old() took
  ReplayResult result_;
};

constexpr int replay_page = 200;  // reports in a transaction

bool is_later(const std::optional<Instant>& since, Instant at) {
  return !since || at >= *since;
}

// A dry run would hold the store for as long as it takes; on a copy it holds nobody up.
ReplayResult run_on(Store& store, const Context& context, const ReplayOptions& options,
                    const ReplayHooks& hooks,
                    const std::function<ReplaySource(Store&)>& make_source) {
  const std::unique_ptr<Store> copy = options.dry_run ? store.scratch_copy() : nullptr;
  Store& used = copy ? *copy : store;
  return Replay{used, context, options, hooks}.run(make_source(used));
}

}  // namespace

ReplayResult replay_rejected(Store& store, const Context& context, const ReplayOptions& options,
                             const ReplayHooks& hooks) {
  return run_on(store, context, options, hooks, [&](Store& used) -> ReplaySource {
    return [&, after = std::string{}](std::vector<ReplayItem>& items,
                                      std::int64_t& looked_at) mutable {
      const auto page = used.list_rejected({.oldest_first = true}, after, replay_page);
      for (const RejectedReport& row : page.rows) {
        if (options.reason && row.reason != *options.reason) continue;
        if (!is_later(options.since, row.report.arrival)) continue;
        if (options.device && context.sources.device(row.report.topic) != options.device) continue;
        items.emplace_back(RejectedId{row.id});
      }
      looked_at += std::ssize(page.rows);
      after = page.next_cursor;
      return !after.empty();
    };
  });
}

ReplayedOne replay_one_rejected(Store& store, const Context& context, std::int64_t id,
                                bool dry_run) {
  const ReplayOptions options{.dry_run = dry_run};
  const ReplayHooks hooks{};
  return Replay{store, context, options, hooks}.run_one(id);
}

void write_replayed_one(JsonText& json, const ReplayedOne& one) {
  json.begin_object()
      .member("accepted", one.accepted())
      .member("outcome", one.accepted() ? or_null(one.report.after.outcome) : std::nullopt)
      .key("rejection");
  if (one.rejection) {
    write_rejection(json, *one.rejection);
  } else {
    json.null();
  }
  json.member("applied", one.applied).end_object();
}

ReplayResult replay_last(Store& store, const Context& context, const ReplayOptions& options,
                         const ReplayHooks& hooks) {
  return run_on(store, context, options, hooks, [&](Store& used) -> ReplaySource {
    return [&, after = std::string{}](std::vector<ReplayItem>& items,
                                      std::int64_t& looked_at) mutable {
      if (options.device) {
        items.emplace_back(*options.device);
        return false;
      }
      const StorePage<DeviceRow> devices = used.list_devices({}, after, replay_page);
      for (const DeviceRow& row : devices.rows) {
        if (!row.last_seen || !is_later(options.since, *row.last_seen)) continue;
        items.emplace_back(row.device);
      }
      looked_at += std::ssize(devices.rows);
      after = devices.next_cursor;
      return !after.empty();
    };
  });
}

ReplayResult replay_archive(Store& store, const Context& context, const NextArchived& next,
                            const ReplayOptions& options, const ReplayHooks& hooks) {
  return run_on(store, context, options, hooks, [&](Store&) -> ReplaySource {
    return [&](std::vector<ReplayItem>& items, std::int64_t& looked_at) {
      for (int i = 0; i < replay_page; ++i) {
        auto raw = next();
        if (!raw) return false;
        ++looked_at;
        raw->arrival = whole_milliseconds(raw->arrival);
        if (!is_later(options.since, raw->arrival)) continue;
        if (options.device && context.sources.device(raw->topic) != options.device) continue;
        items.emplace_back(*std::move(raw));
      }
      return true;
    };
  });
}

void write_replayed(JsonText& json, const ReplayedReport& report) {
  json.begin_object()
      .member("rejected_id",
              report.rejected_id > 0 ? std::optional{report.rejected_id} : std::nullopt)
      .member("topic", replace_invalid_utf8(report.topic))
      .member("product", report.device ? or_null(report.device->product) : std::nullopt)
      .member("device", report.device ? or_null(report.device->number) : std::nullopt)
      .member("at", report.at)
      .member("before", or_null(report.before.outcome))
      .member("before_reason", or_null(report.before.reason))
      .member("after", or_null(report.after.outcome))
      .member("after_reason", or_null(report.after.reason))
      .member("changed", report.changed)
      .end_object();
}

}  // namespace iotcard
