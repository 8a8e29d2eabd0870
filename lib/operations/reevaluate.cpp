// SPDX-License-Identifier: Apache-2.0
#include "operations/reevaluate.h"

#include <algorithm>
#include <set>

#include "operations/redecide.h"
#include "store/decision_inputs.h"

namespace iotcard {
namespace {

constexpr int page = 200;  // mismatches

// The device's last report, if that is what the mismatch is about.
std::optional<DeviceReport> last_report(Store& store, const Context& context,
                                        const Mismatch& mismatch) {
  const auto device = store.find_device(mismatch.device);
  if (!device || device->last_payload.empty()) return std::nullopt;
  ReportReading reading = read_report(device->last_payload, context.read);
  auto* report = std::get_if<DeviceReport>(&reading);
  if (report == nullptr || report->iccid.absent()) return std::nullopt;
  const bool same = mismatch.about_iccid() ||
                    (report->iccid.iccid && report->iccid.iccid->text() == mismatch.reported);
  return same ? std::optional{std::move(*report)} : std::nullopt;
}

// A later report said nothing of this card: what the mismatch itself remembers of the one that did.
std::optional<DeviceReport> remembered_report(const Mismatch& mismatch) {
  const auto iccid = Iccid::from_canonical(mismatch.reported);
  if (!iccid) return std::nullopt;
  DeviceReport report;
  report.iccid.iccid = iccid;
  report.iccid.raw = mismatch.reported;
  report.platform = mismatch.platform;
  return report;
}

bool is_unchanged(const Decision& decision) {
  return decision.outcome == Outcome::no_card || holds<RepeatMismatch>(decision);
}

bool reconsider_one(Store& store, const Context& context, std::int64_t id) {
  const auto mismatch = store.find_mismatch(id);
  if (!mismatch || mismatch->ended) return false;
  auto report = last_report(store, context, *mismatch);
  const bool remembered = !report;
  if (remembered) report = remembered_report(*mismatch);
  if (!report) return false;
  DecisionInputs knowledge = load_inputs(store, mismatch->device, *report);
  // What the device reported since then is not for this one to judge.
  if (remembered) knowledge.standing = {*mismatch};
  Decision decision = decide(mismatch->device, *report, knowledge, context.policy, context.now);
  if (is_unchanged(decision)) return false;
  // Of a number alone nobody can say anew that it was unreadable.
  if (remembered && decision.outcome == Outcome::iccid_invalid) return false;
  forget_confirmation(decision);
  apply_change(store, context, Change{std::move(decision.writes), std::move(decision.events)});
  return true;
}

}  // namespace

std::int64_t reevaluate(Store& store, const Context& context, const Affected& touched) {
  std::set<std::int64_t> ids;
  const auto collect = [&](const std::vector<Mismatch>& mismatches) {
    for (const Mismatch& mismatch : mismatches) ids.insert(mismatch.id);
  };
  for (const DeviceKey& device : touched.devices) collect(store.standing_mismatches(device));
  for (const Iccid& iccid : touched.cards) collect(store.mismatches_about(iccid));
  return std::count_if(ids.begin(), ids.end(),
                       [&](std::int64_t id) { return reconsider_one(store, context, id); });
}

std::int64_t reconsider_unknown_cards(Store& store, const Context& context) {
  std::int64_t ended = 0;
  std::int64_t after = 0;
  for (;;) {
    const std::vector<Mismatch> known = store.unknown_cards_now_known(after, page);
    for (const Mismatch& mismatch : known) {
      if (reconsider_one(store, context, mismatch.id)) ++ended;
    }
    if (known.size() < static_cast<std::size_t>(page)) return ended;
    after = known.back().id;
  }
}

}  // namespace iotcard
