// SPDX-License-Identifier: Apache-2.0
#include "upkeep/retention_sweeper.h"

#include <algorithm>
#include <utility>

#include "store/stored_decision.h"

namespace iotcard {
namespace {

constexpr std::int64_t min_rows_a_step = 512;
// A step removes more than was added since the last one, so the limit holds whatever the size of a
// batch.
constexpr std::int64_t removals_per_addition = 2;
constexpr std::int64_t ids_a_step = 5'000;
constexpr std::chrono::hours count_interval{1};
constexpr std::chrono::hours sweep_interval{1};
// Over the limit an eighth more is removed than must be, so that a steady flood does not cost a
// sweep for each batch.
constexpr std::int64_t slack = 8;

std::chrono::steady_clock::time_point steady_now() {
  return std::chrono::steady_clock::now();
}

bool exceeds(const Volume& volume, const Volume& max) {
  return volume.rows > max.rows || volume.bytes > max.bytes;
}

Volume low_watermark(const Volume& max) {
  return {max.rows - max.rows / slack, max.bytes - max.bytes / slack};
}

}  // namespace

RetentionSweeper::RetentionSweeper(Store& store, std::string client_id,
                                   std::chrono::seconds first_sweep)
    : store_(store), client_id_(std::move(client_id)) {
  for (Sweep& sweep : sweeps_) sweep.due_at = steady_now() + first_sweep;
}

RetentionSweeper::Limits RetentionSweeper::limits(RetentionKind kind, const Retention& retention,
                                                  Instant now) {
  constexpr std::int64_t uncounted = 0;  // bytes are counted for rejected reports only
  switch (kind) {
    case RetentionKind::rejected_reports:
      return {{retention.rejected_reports, retention.rejected_bytes}, now - retention.rejected_age};
    case RetentionKind::bindings:
    case RetentionKind::mismatches:
    case RetentionKind::card_changes:
      return {{retention.history, uncounted}, now - retention.history_age};
    case RetentionKind::devices:
      return {{retention.unbound_devices, uncounted}, now - retention.unbound_age};
  }
  return {};  // not reached
}

void RetentionSweeper::added(RetentionKind kind, Volume volume) {
  sweep(kind).volume += volume;
  if (volume.rows > 0) sweep(kind).added += volume.rows;
}

void RetentionSweeper::recount() {
  for (Sweep& sweep : sweeps_) sweep.counted_at = {};
}

void RetentionSweeper::count(RetentionKind kind) {
  sweep(kind).volume = store_.expired_volume(kind);
  sweep(kind).counted_at = steady_now();
}

bool RetentionSweeper::step(RetentionKind kind, const Retention& retention, EventKinds mute,
                            Instant now) {
  const Limits limits = this->limits(kind, retention, now);
  Sweep& sweep = this->sweep(kind);
  if (sweep.counted_at == Steady{} || steady_now() - sweep.counted_at > count_interval) count(kind);
  if (!sweep.over_limit && exceeds(sweep.volume, limits.max)) {
    count(kind);  // other programs may have removed rows that are still counted here
    sweep.over_limit = exceeds(sweep.volume, limits.max);
    if (sweep.over_limit) sweep.cursor = 0;
  }
  const std::int64_t max_rows =
      std::max(min_rows_a_step, removals_per_addition * std::exchange(sweep.added, 0));
  if (!sweep.over_limit && sweep.cursor == 0 && steady_now() < sweep.due_at) return false;

  Sweep next = sweep;  // holds once the transaction is committed
  Transaction transaction{store_};
  const ExpiredRows rows = store_.expired_rows(
      kind, {.after_id = sweep.cursor, .ids = ids_a_step, .max_rows = static_cast<int>(max_rows)});
  next.cursor = rows.next_cursor;
  for (const ExpiredRow& row : rows.rows) {
    if (!is_due(row, limits, next)) continue;
    remove(row, kind, mute, now);
    ++next.removed;
    --next.volume.rows;
    next.volume.bytes -= row.bytes;
    if (next.over_limit && !exceeds(next.volume, low_watermark(limits.max))) {
      next.over_limit = false;
    }
  }
  transaction.commit();
  sweep = next;
  if (sweep.cursor == 0) end_sweep(kind, limits);
  return sweep.over_limit || sweep.cursor != 0;
}

// A sweep over the limit that removed nothing has spared every row; the next one spares none.
void RetentionSweeper::end_sweep(RetentionKind kind, const Limits& limits) {
  Sweep& sweep = this->sweep(kind);
  const bool spared_all = sweep.over_limit && sweep.removed == 0;
  if (spared_all) {
    count(kind);
    sweep.over_limit = exceeds(sweep.volume, limits.max);
  }
  sweep.spare_nothing = spared_all && sweep.over_limit;
  sweep.removed = 0;
  sweep.due_at = steady_now() + sweep_interval;
}

bool RetentionSweeper::is_due(const ExpiredRow& row, const Limits& limits, const Sweep& sweep) {
  if (!row.at || *row.at < limits.before) return true;
  return sweep.over_limit && (!row.keep_longest || sweep.spare_nothing);
}

void RetentionSweeper::remove(const ExpiredRow& row, RetentionKind kind, EventKinds mute,
                              Instant now) {
  if (!row.device) return store_.remove_expired(kind, row.id);
  for (const Mismatch& mismatch : store_.standing_mismatches(*row.device)) {
    const Change end = end_mismatch(mismatch, MismatchState::cleared, "retention", now);
    apply_change(store_, client_id_, mute, end.writes, end.events);
  }
  store_.remove_device(*row.device);
}

}  // namespace iotcard
