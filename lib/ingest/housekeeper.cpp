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

bool Housekeeper::step(const Retention& retention, const std::vector<EventKind>& mute,
                       Instant now) {
  bool more = false;
  for (const PastKind kind :
       {PastKind::rejected_reports, PastKind::bindings, PastKind::mismatches, PastKind::devices}) {
    more |= step(kind, limits(kind, retention, now), mute, now);
  }
  return more;
}

bool Housekeeper::step(PastKind kind, const Limits& limits, const std::vector<EventKind>& mute,
                       Instant now) {
  Sweep& sweep = this->sweep(kind);
  if (sweep.counted_at == Steady{} || steady_now() - sweep.counted_at > count_interval) {
    sweep.volume = store_.past_volume(kind);
    sweep.counted_at = steady_now();
  }
  if (exceeds(sweep.volume, limits.most)) sweep.pressed = true;
  if (!sweep.pressed && sweep.after == 0 && steady_now() < sweep.due_at) return false;

  const PastRows past =
      store_.past_rows(kind, {.after_id = sweep.after, .span = ids_a_step, .most = rows_a_step});
  Sweep next = sweep;  // what holds once the transaction is committed
  next.after = past.looked_to;
  Transaction transaction{store_};
  for (const PastRow& row : past.rows) {
    if (!may_go(row, kind, limits, next)) {
      if (kind != PastKind::rejected_reports) continue;
      next.after = 0;  // they come in order: all that follow are younger
      break;
    }
    remove(row, kind, mute, now);
    ++next.removed;
    --next.volume.rows;
    next.volume.bytes -= row.bytes;
    if (next.pressed && !exceeds(next.volume, eased(limits.most))) next.pressed = false;
  }
  transaction.commit();
  sweep = next;
  if (sweep.after == 0) end_sweep(sweep);
  return sweep.pressed || sweep.after != 0;
}

// A sweep under pressure that removed nothing has spared everything; the next one spares less, and
// if that does not help, another process has removed what was counted.
void Housekeeper::end_sweep(Sweep& sweep) {
  if (sweep.pressed && sweep.removed == 0) {
    if (sweep.relentless) {
      sweep.pressed = false;
      sweep.counted_at = {};
    }
    sweep.relentless = !sweep.relentless;
  } else {
    sweep.relentless = false;
  }
  sweep.removed = 0;
  sweep.due_at = steady_now() + sweep_interval;
}

bool Housekeeper::may_go(const PastRow& row, PastKind kind, const Limits& limits,
                         const Sweep& sweep) {
  if (!row.at || *row.at < limits.before) return true;
  if (!sweep.pressed) return false;
  const bool came_back = kind == PastKind::devices && row.reports > 1;
  return !came_back || sweep.relentless;
}

void Housekeeper::remove(const PastRow& row, PastKind kind, const std::vector<EventKind>& mute,
                         Instant now) {
  if (!row.device) return store_.remove_past(kind, row.id);
  for (const Mismatch& mismatch : store_.standing_mismatches(*row.device)) {
    const Change end = end_mismatch(mismatch, MismatchState::cleared, "retention", now);
    carry_out(store_, client_id_, mute, end.writes, end.events);
  }
  store_.remove_device(*row.device);
}

}  // namespace iotcard
