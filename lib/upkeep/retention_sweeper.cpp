// SPDX-License-Identifier: Apache-2.0
#include "upkeep/retention_sweeper.h"

#include "store/apply_change.h"

namespace iotcard {
namespace {

constexpr int rows_a_step = 512;  // twice what a batch of reports can add
constexpr std::int64_t ids_a_step = 5'000;
constexpr std::chrono::hours count_interval{1};
constexpr std::chrono::hours sweep_interval{1};
// Under pressure an eighth more goes than must, so that a steady flood is not looked at each time.
constexpr std::int64_t slack = 8;

std::chrono::steady_clock::time_point steady_now() {
  return std::chrono::steady_clock::now();
}

bool exceeds(const Volume& volume, const Volume& most) {
  return volume.rows > most.rows || volume.bytes > most.bytes;
}

Volume eased(const Volume& most) {
  return {most.rows - most.rows / slack, most.bytes - most.bytes / slack};
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
      return {{retention.history, uncounted}, now - retention.history_age};
    case RetentionKind::devices:
      return {{retention.unbound_devices, uncounted}, now - retention.unbound_age};
  }
  return {};  // not reached
}

void RetentionSweeper::added(const std::vector<Write>& writes, bool new_device) {
  if (new_device) added(RetentionKind::devices, {1, 0});
  for (const Write& write : writes) {
    if (std::holds_alternative<CreateBinding>(write)) {
      added(RetentionKind::devices, {-1, 0});
    } else if (std::holds_alternative<EndBinding>(write)) {
      added(RetentionKind::devices, {1, 0});
      added(RetentionKind::bindings, {1, 0});
    } else if (std::holds_alternative<EndMismatch>(write)) {
      added(RetentionKind::mismatches, {1, 0});
    }
  }
}

void RetentionSweeper::recount() {
  for (Sweep& sweep : sweeps_) sweep.counted_at = {};
}

void RetentionSweeper::count(RetentionKind kind) {
  sweep(kind).volume = store_.past_volume(kind);
  sweep(kind).counted_at = steady_now();
}

bool RetentionSweeper::step(RetentionKind kind, const Retention& retention, EventKinds mute,
                            Instant now) {
  const Limits limits = this->limits(kind, retention, now);
  Sweep& sweep = this->sweep(kind);
  if (sweep.counted_at == Steady{} || steady_now() - sweep.counted_at > count_interval) count(kind);
  if (!sweep.pressed && exceeds(sweep.volume, limits.most)) {
    count(kind);  // others may have removed what we still count
    sweep.pressed = exceeds(sweep.volume, limits.most);
    if (sweep.pressed) sweep.after = 0;
  }
  if (!sweep.pressed && sweep.after == 0 && steady_now() < sweep.due_at) return false;

  Sweep next = sweep;  // what holds once the transaction is committed
  Transaction transaction{store_};
  const ExpiredRows past =
      store_.past_rows(kind, {.after_id = sweep.after, .span = ids_a_step, .most = rows_a_step});
  next.after = past.next_cursor;
  for (const ExpiredRow& row : past.rows) {
    if (!may_go(row, limits, next)) continue;
    remove(row, kind, mute, now);
    ++next.removed;
    --next.volume.rows;
    next.volume.bytes -= row.bytes;
    if (next.pressed && !exceeds(next.volume, eased(limits.most))) next.pressed = false;
  }
  transaction.commit();
  sweep = next;
  if (sweep.after == 0) end_sweep(kind, limits);
  return sweep.pressed || sweep.after != 0;
}

// A sweep under pressure that removed nothing has spared everything; the next one spares nothing.
void RetentionSweeper::end_sweep(RetentionKind kind, const Limits& limits) {
  Sweep& sweep = this->sweep(kind);
  const bool in_vain = sweep.pressed && sweep.removed == 0;
  if (in_vain) {
    count(kind);
    sweep.pressed = exceeds(sweep.volume, limits.most);
  }
  sweep.relentless = in_vain && sweep.pressed;
  sweep.removed = 0;
  sweep.due_at = steady_now() + sweep_interval;
}

bool RetentionSweeper::may_go(const ExpiredRow& row, const Limits& limits, const Sweep& sweep) {
  if (!row.at || *row.at < limits.before) return true;
  return sweep.pressed && (!row.dear || sweep.relentless);
}

void RetentionSweeper::remove(const ExpiredRow& row, RetentionKind kind, EventKinds mute,
                              Instant now) {
  if (!row.device) return store_.remove_past(kind, row.id);
  for (const Mismatch& mismatch : store_.standing_mismatches(*row.device)) {
    const Change end = end_mismatch(mismatch, MismatchState::cleared, "retention", now);
    apply_change(store_, client_id_, mute, end.writes, end.events);
  }
  store_.remove_device(*row.device);
}

}  // namespace iotcard
