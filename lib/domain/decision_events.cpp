// SPDX-License-Identifier: Apache-2.0
#include "domain/decision_events.h"

#include "base/json_text.h"

namespace iotcard {
namespace {

void write_device(JsonText& json, std::string_view name, const DeviceKey& device) {
  json.key(name).begin_object();
  json.member("product", device.product).member("number", device.number).end_object();
}

void write_card(JsonText& json, const CardState& card, AbnormalReasons reasons) {
  json.key("card").begin_object();
  json.member("iccid", card.iccid.text())
      .member("platform", card.platform)
      .member("status", card_status_names[card.status])
      .member("abnormal", reasons.names(abnormal_names))
      .end_object();
}

void write_reported(JsonText& json, const DeviceReport& report) {
  json.key("reported").begin_object();
  json.member("iccid", report.iccid.raw)
      .member("platform", report.platform)
      .member("leniencies", report.leniencies.names(leniency_names))
      .member("issues", report.issues);
  if (!report.imei.empty()) json.member("imei", report.imei);
  json.end_object();
}

void write_mismatch(JsonText& json, const Mismatch& mismatch) {
  json.member("count", mismatch.count)
      .member("first_seen", mismatch.first_seen)
      .member("last_seen", mismatch.last_seen);
}

// The other ICCIDs that the reported one may stand for.
void write_candidates(JsonText& json, const OutcomeFacts& facts) {
  json.key("candidates").begin_array();
  if (facts.outcome == Outcome::iccid_ambiguous) {
    for (const MatchedCard& card : facts.inputs.cards) json.text(card.card.iccid.text());
  } else {
    for (const Iccid& iccid : facts.inputs.rounding_candidates) json.text(iccid.text());
  }
  json.end_array();
}

// An object with the members that `write` adds.
template <typename Write>
std::string object(const Write& write) {
  JsonText json;
  json.begin_object();
  write(json);
  return json.end_object().take();
}

bool is_bound(Outcome outcome) {
  return outcome == Outcome::binding_created || outcome == Outcome::binding_confirmed;
}

}  // namespace

std::string outcome_data(const OutcomeFacts& facts, const AlertThresholds& thresholds,
                         Instant now) {
  return object([&](JsonText& json) {
    write_device(json, "device", facts.device);
    // The stored spelling if a card matches; an unreadable ICCID names no card.
    if (facts.card != nullptr) {
      json.member("iccid", facts.card->card.iccid.text());
    } else if (facts.report.iccid.iccid && !facts.problem) {
      json.member("iccid", facts.report.iccid.iccid->text());
    } else {
      json.key("iccid").null();
    }
    write_reported(json, facts.report);
    if (facts.card != nullptr) {
      write_card(json, facts.card->card,
                 abnormal_reasons(facts.card->card, thresholds, now, facts.holder_imei));
      json.member("match", match_names[facts.card->match]);
    }
    if (is_bound(facts.outcome)) {
      json.member("bound_iccid", facts.card->card.iccid.text());
    } else if (facts.inputs.device_binding) {
      json.member("bound_iccid", facts.inputs.device_binding->iccid.text());
    }
    if (!is_bound(facts.outcome) && facts.card != nullptr && facts.card->binding &&
        facts.card->binding->device != facts.device) {
      write_device(json, "holder", facts.card->binding->device);
    }
    if (facts.problem) json.member("reason", iccid_problem_names[*facts.problem]);
    if (facts.problem == IccidProblem::precision_lost ||
        facts.outcome == Outcome::iccid_ambiguous) {
      write_candidates(json, facts);
    }
    if (facts.mismatch && facts.mismatch->against.suspect) {
      json.member("suspect", suspect_names[*facts.mismatch->against.suspect]);
    }
    if (!facts.resolved.empty()) json.member("resolved", facts.resolved);
    if (facts.mismatch) {
      json.member("state", mismatch_state_names[facts.mismatch->state]);
      write_mismatch(json, *facts.mismatch);
    }
    if (facts.late) json.member("late", true);
  });
}

std::string bound_by_operator_data(const DeviceKey& device, const MatchedCard& card,
                                   const AlertThresholds& thresholds, const std::string& by,
                                   Instant now) {
  return object([&](JsonText& json) {
    write_device(json, "device", device);
    json.member("iccid", card.card.iccid.text());
    write_card(json, card.card, abnormal_reasons(card.card, thresholds, now));
    json.member("match", match_names[card.match])
        .member("bound_iccid", card.card.iccid.text())
        .member("by", by);
  });
}

std::string released_data(const Binding& binding, const std::string& by, Instant now) {
  return object([&](JsonText& json) {
    write_device(json, "device", binding.device);
    json.member("iccid", binding.iccid.text())
        .member("by", by)
        .member("since", binding.since)
        .member("until", now);
  });
}

std::string cleared_data(const Mismatch& mismatch, MismatchState state, const std::string& by,
                         const std::string& reason) {
  // The kind without its category: "card_in_use".
  std::string_view kind = outcome_name(mismatch.outcome);
  kind.remove_prefix(kind.find('.') + 1);
  return object([&](JsonText& json) {
    write_device(json, "device", mismatch.device);
    json.member("mismatch", kind)
        .member("reported", mismatch.reported)
        .member("state", mismatch_state_names[state])
        .member("by", by);
    write_mismatch(json, mismatch);
    if (!reason.empty()) json.member("reason", reason);
  });
}

std::string card_data(const MatchedCard& card, AbnormalReasons reasons) {
  return object([&](JsonText& json) {
    if (card.binding) write_device(json, "device", card.binding->device);
    json.member("iccid", card.card.iccid.text());
    write_card(json, card.card, reasons);
    if (!reasons.empty()) json.member("reasons", reasons.names(abnormal_names));
  });
}

}  // namespace iotcard
