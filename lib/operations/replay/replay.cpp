// SPDX-License-Identifier: Apache-2.0
// Where the reports come from: each source gives a page after the other.
#include "operations/replay/replay.h"

#include <chrono>

#include "base/utf8.h"
#include "operations/replay/replay_run.h"

namespace iotcard {
namespace {

constexpr int replay_page = 200;  // reports in a transaction

// Times in the store are whole milliseconds.
Instant as_stored(Instant time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

bool is_later(const std::optional<Instant>& since, Instant at) {
  return !since || at >= *since;
}

// A dry run would hold the store for as long as it takes; on a copy it holds nobody up.
ReplayResult run_on(Store& store, const Context& context, const std::vector<TopicPattern>& topics,
                    const ReplayOptions& options, const ReplayHooks& hooks,
                    const std::function<ReplaySource(Store&)>& make_source) {
  const std::unique_ptr<Store> copy = options.dry_run ? store.scratch_copy() : nullptr;
  Store& used = copy ? *copy : store;
  return run_replay(used, context, topics, options, hooks, make_source(used));
}

}  // namespace

ReplayResult replay_rejected(Store& store, const Context& context,
                             const std::vector<TopicPattern>& topics, const ReplayOptions& options,
                             const ReplayHooks& hooks) {
  return run_on(store, context, topics, options, hooks, [&](Store& used) -> ReplaySource {
    return [&, after = std::int64_t{0}](std::vector<ReplayItem>& items,
                                        std::int64_t& looked_at) mutable {
      const std::vector<RejectedReport> rows = used.list_rejected_after(after, replay_page);
      for (const RejectedReport& row : rows) {
        after = row.id;
        if (options.reason && row.reason != *options.reason) continue;
        if (!is_later(options.since, row.report.arrival)) continue;
        if (options.device && match_any(topics, row.report.topic) != options.device) continue;
        items.emplace_back(RejectedId{row.id});
      }
      looked_at += static_cast<std::int64_t>(rows.size());
      return rows.size() == static_cast<std::size_t>(replay_page);
    };
  });
}

ReplayResult replay_last(Store& store, const Context& context, const ReplayOptions& options,
                         const ReplayHooks& hooks) {
  return run_on(store, context, {}, options, hooks, [&](Store& used) -> ReplaySource {
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
      looked_at += static_cast<std::int64_t>(devices.rows.size());
      after = devices.next_cursor;
      return !after.empty();
    };
  });
}

ReplayResult replay_archive(Store& store, const Context& context,
                            const std::vector<TopicPattern>& topics, const NextArchived& next,
                            const ReplayOptions& options, const ReplayHooks& hooks) {
  return run_on(store, context, topics, options, hooks, [&](Store&) -> ReplaySource {
    return [&](std::vector<ReplayItem>& items, std::int64_t& looked_at) {
      for (int i = 0; i < replay_page; ++i) {
        auto raw = next();
        if (!raw) return false;
        ++looked_at;
        raw->arrival = as_stored(raw->arrival);
        if (!is_later(options.since, raw->arrival)) continue;
        if (options.device && match_any(topics, raw->topic) != options.device) continue;
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
