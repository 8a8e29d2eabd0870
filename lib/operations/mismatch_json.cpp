// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"
#include "operations/json.h"
#include "operations/json_parts.h"

namespace iotcard {
namespace {

// A stored card is known; so are several that fit.
bool is_card_known(const Mismatch& mismatch) {
  return mismatch.outcome != Outcome::iccid_invalid && mismatch.outcome != Outcome::card_unknown;
}

void mismatch_members(JsonText& json, const Mismatch& mismatch) {
  const Against& against = mismatch.against;
  json.member("id", mismatch.id);
  device_members(json, mismatch.device);
  json.member("outcome", outcome_name(mismatch.outcome))
      .member("reported", mismatch.reported)
      .member("platform", mismatch.platform)
      .member("state", mismatch_state_names[mismatch.state])
      .member("count", mismatch.count)
      .member("first_seen", mismatch.first_seen)
      .member("last_seen", mismatch.last_seen)
      .member("dismissed", mismatch.dismissed)
      .member("dismissed_by", or_null(mismatch.dismissed_by))
      .member("ended", mismatch.ended)
      .member("ended_by", or_null(mismatch.ended_by))
      .member("bound_iccid", or_null(against.bound ? against.bound->text() : ""));
  device_member(json, "holder", against.holder);
  json.member("suspect",
              against.suspect ? std::optional{suspect_names[*against.suspect]} : std::nullopt)
      .member("card_platform", against.card_platform)
      .member("reported_text", or_null(mismatch.reported_text))
      .member("leniencies", mismatch.leniencies.names(leniency_names));
  write_iccids(json, "candidates", mismatch.candidates);
  json.member("card_known", is_card_known(mismatch)).member("reason", or_null(mismatch.reason));
}

void write_pair(JsonText& json, const DeviceKey& device, const Iccid& iccid) {
  json.begin_object();
  device_members(json, device);
  json.member("iccid", iccid.text()).end_object();
}

}  // namespace

void write_plan(JsonText& json, const AcceptancePlan& plan, const DeviceKey& device) {
  json.begin_object()
      .member("possible", plan.obstacle.empty())
      .member("obstacle", or_null(plan.obstacle))
      .member("iccid", or_null(plan.card ? plan.card->text() : ""))
      .member("card_added", plan.card_added)
      .member("new_platform", plan.new_platform)
      .key("binding");
  plan.bound ? write_pair(json, device, *plan.card) : static_cast<void>(json.null());
  array_member(json, "ended", plan.ended, [](JsonText& inner, const Binding& binding) {
    write_pair(inner, binding.device, binding.iccid);
  });
  write_iccids(json, "choices", plan.choices);
  json.end_object();
}

void write_mismatch(JsonText& json, const Mismatch& mismatch) {
  json.begin_object();
  mismatch_members(json, mismatch);
  json.end_object();
}

void write_mismatch(JsonText& json, const MismatchDetails& details, const Context& context) {
  json.begin_object();
  mismatch_members(json, details.mismatch);
  const auto& device = details.device;
  json.member("last_report", device ? device->last_seen : std::nullopt)
      .member("last_topic", or_null(device ? replace_invalid_utf8(device->last_topic) : ""));
  payload_member(json, "last_payload", device ? device->last_payload : "");
  const auto write = [&](JsonText& inner, const StoredCard& card) {
    write_card(inner, card, context);
  };
  array_member(json, "cards", details.cards, write).key("bound_card");
  details.bound ? write(json, *details.bound) : static_cast<void>(json.null());
  write_plan(json.key("accept_would"), details.accept, details.mismatch.device);
  json.end_object();
}

void write_mismatch_counts(JsonText& json, const std::vector<MismatchCount>& counts) {
  json.begin_array();
  for (const MismatchCount& count : counts) {
    const auto& suspect = count.group.suspect;
    json.begin_object()
        .member("state", mismatch_state_names[count.group.state])
        .member("outcome", outcome_name(count.group.kind))
        .member("suspect", suspect ? std::optional{suspect_names[*suspect]} : std::nullopt)
        .member("count", count.rows)
        .member("count_is_lower_bound", count.is_lower_bound)
        .end_object();
  }
  json.end_array();
}

void write_batch(JsonText& json, const MismatchBatchResult& result, bool dry_run) {
  json.begin_object()
      .member("matching", result.matching)
      .member("done", result.done)
      .member("bound", result.bound)
      .member("ended", result.ended)
      .member("cards_added", result.cards_added);
  array_member(json, "failed", result.failed, [](JsonText& inner, const MismatchFailure& failure) {
    inner.begin_object().member("id", failure.id).member("reason", failure.reason).end_object();
  });
  array_member(json, "accepted", result.accepted, write_acceptance);
  array_member(json, "settled", result.settled,
               [](JsonText& inner, const Mismatch& mismatch) { write_mismatch(inner, mismatch); });
  json.member("dry_run", dry_run).end_object();
}

void write_acceptance(JsonText& json, const Acceptance& acceptance) {
  json.begin_object()
      .member("mismatch", acceptance.mismatch.id)
      .member("card_added", acceptance.card_added)
      .member("bound", acceptance.bound);
  write_binding(json.key("binding"), acceptance.binding);
  array_member(json, "released", acceptance.released, write_binding).end_object();
}

}  // namespace iotcard
