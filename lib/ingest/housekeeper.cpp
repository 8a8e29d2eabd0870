// SPDX-License-Identifier: Apache-2.0
#include "ingest/housekeeper.h"

#include "store/carry_out.h"

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

Housekeeper::Housekeeper(Store& store, std::string client_id, std::chrono::seconds first_sweep)
    : store_(store), client_id_(std::move(client_id)) {
  for (Sweep& sweep : sweeps_) sweep.due_at = steady_now() + first_sweep;
}

Housekeeper::Limits Housekeeper::limits(PastKind kind, const Retention& retention, Instant now) {
  constexpr std::int64_t uncounted = 0;  // bytes are counted for rejected reports only
  switch (kind) {
    case PastKind::rejected_reports:
      return {{retention.rejected_reports, retention.rejected_bytes}, now - retention.rejected_age};
    case PastKind::bindings:
    case PastKind::mismatches:
      return {{retention.history, uncounted}, now - retention.history_age};
    case PastKind::devices:
      return {{retention.unbound_devices, uncounted}, now - retention.unbound_age};
  }
  return {};  // not reached
}

void Housekeeper::added(const std::vector<Write>& writes, bool new_device) {
  if (new_device) added(PastKind::devices, {1, 0});
  for (const Write& write : writes) {
    if (std::holds_alternative<CreateBinding>(write)) {
      added(PastKind::devices, {-1, 0});
    } else if (std::holds_alternative<EndBinding>(write)) {
      added(PastKind::devices, {1, 0});
      added(PastKind::bindings, {1, 0});
    } else if (std::holds_alternative<EndMismatch>(write)) {
      added(PastKind::mismatches, {1, 0});
    }
  }
}

void Housekeeper::recount() {
  for (Sweep& sweep : sweeps_) sweep.counted_at = {};
}

void Housekeeper::count(PastKind kind) {
  sweep(kind).volume = store_.past_volume(kind);
  sweep(kind).counted_at = steady_now();
}

bool Housekeeper::step(PastKind kind, const Retention& retention, EventKinds mute, Instant now) {
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
  const PastRows past =
      store_.past_rows(kind, {.after_id = sweep.after, .span = ids_a_step, .most = rows_a_step});
  next.after = past.looked_to;
  for (const PastRow& row : past.rows) {
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
void Housekeeper::end_sweep(PastKind kind, const Limits& limits) {
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

bool Housekeeper::may_go(const PastRow& row, const Limits& limits, const Sweep& sweep) {
  if (!row.at || *row.at < limits.before) return true;
  return sweep.pressed && (!row.dear || sweep.relentless);
}

void Housekeeper::remove(const PastRow& row, PastKind kind, EventKinds mute, Instant now) {
  if (!row.device) return store_.remove_past(kind, row.id);
  for (const Mismatch& mismatch : store_.standing_mismatches(*row.device)) {
    const Change end = end_mismatch(mismatch, MismatchState::cleared, "retention", now);
    carry_out(store_, client_id_, mute, end.writes, end.events);
  }
  store_.remove_device(*row.device);
}

}  // namespace iotcard
