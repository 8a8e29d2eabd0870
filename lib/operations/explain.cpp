// SPDX-License-Identifier: Apache-2.0
#include "operations/explain.h"

#include "base/json_text.h"
#include "operations/json_parts.h"
#include "store/stored_decision.h"

namespace iotcard {
namespace {

const DeviceKey unseen_device{"-", "-"};

void look_up(Store& store, const Context& context, const DeviceKey& device,
             const DeviceReport& report, Explanation& explanation) {
  const DecisionInputs inputs = load_inputs(store, device, report);
  const Decision decision = decide(device, report, inputs, context.policy, context.now);
  explanation.outcome = decision.outcome;
  explanation.match = decision.match;
  explanation.suspect = decision.suspect;
  if (inputs.device_binding) explanation.bound = inputs.device_binding->iccid;
  // Of several cards that fit none is meant.
  if (inputs.cards.size() == 1 && inputs.cards[0].binding) {
    explanation.holder = inputs.cards[0].binding->device;
  }
  if (decision.outcome == Outcome::iccid_invalid && !explanation.problem) {
    explanation.problem = IccidProblem::precision_lost;
  }
  if (decision.outcome == Outcome::iccid_ambiguous) {
    for (const MatchedCard& card : inputs.cards) {
      explanation.candidates.push_back(card.card.iccid);
    }
  } else if (explanation.problem) {
    explanation.candidates = inputs.rounding_candidates;
  }
}

}  // namespace

std::string report_topic(ListStore* store, const Context& context, const DeviceKey& device) {
  const auto known = store != nullptr ? store->find_device(device) : std::nullopt;
  if (known && context.sources.device(known->last_topic) == device) return known->last_topic;
  for (const ReportSource& source : context.sources.all()) {
    for (const TopicPattern& pattern : source.topics) {
      if (pattern.has_product(device.product)) return pattern.topic(device);
    }
  }
  throw OperationError::invalid("no configured topic is for devices of product " + device.product +
                                ", as " + device.text());
}

Explanation explain(Store* store, const Context& context, std::string_view payload,
                    const std::optional<std::string>& topic) {
  Explanation explanation;
  const auto found =
      topic ? context.sources.find(*topic)
            : std::optional{ReportSources::Found{unseen_device, 0, &context.sources[0].topics[0]}};
  if (!found) {
    explanation.reading = Rejection{RejectionReason::bad_topic, 0};
    return explanation;
  }
  explanation.pattern = found->pattern->text();
  explanation.reading = read_report(payload, context.sources[found->source].read);
  const auto* report = std::get_if<DeviceReport>(&explanation.reading);
  if (report == nullptr) return explanation;
  explanation.problem = report->iccid.problem;
  if (store != nullptr) {
    look_up(*store, context, found->device, *report, explanation);
  } else if (report->iccid.iccid && looks_rounded(*report->iccid.iccid)) {
    explanation.problem = IccidProblem::precision_lost;  // no card is known to have it
  }
  return explanation;
}

std::string explanation_json(const Explanation& explanation) {
  static const DeviceReport unread;
  const auto* accepted = std::get_if<DeviceReport>(&explanation.reading);
  const DeviceReport& report = accepted != nullptr ? *accepted : unread;
  const auto& problem = explanation.problem;
  const std::optional<Iccid> iccid = problem ? std::nullopt : report.iccid.iccid;
  JsonText json;
  json.begin_object()
      .member("accepted", explanation.accepted())
      .member("iccid", or_null(iccid ? iccid->text() : ""))
      .member("iccid_raw", report.iccid.raw)
      .member("iccid_problem",
              problem ? std::optional{iccid_problem_names[*problem]} : std::nullopt)
      .member("platform", report.platform)
      .member("luhn", luhn_names[iccid ? luhn(*iccid) : Luhn::not_applicable])
      .member("leniencies", report.leniencies.names(leniency_names))
      .member("issues", report.issues)
      .key("rejection");
  if (const auto* rejection = std::get_if<Rejection>(&explanation.reading)) {
    json.begin_object()
        .member("reason", rejection_reason_names[rejection->reason])
        .member("offset", static_cast<std::int64_t>(rejection->offset))
        .end_object();
  } else {
    json.null();
  }
  json.member("outcome", explanation.outcome ? std::optional{outcome_name(*explanation.outcome)}
                                             : std::nullopt)
      .member("match",
              explanation.match ? std::optional{match_names[*explanation.match]} : std::nullopt)
      .member("imei", or_null(report.imei))
      .member("iccid_key", or_null(report.iccid_key))
      .member("topic_pattern", or_null(explanation.pattern))
      .member("holder",
              explanation.holder ? std::optional{explanation.holder->text()} : std::nullopt)
      .member("bound_iccid",
              explanation.bound ? std::optional{explanation.bound->text()} : std::nullopt)
      .member("suspect", explanation.suspect ? std::optional{suspect_names[*explanation.suspect]}
                                             : std::nullopt);
  write_iccids(json, "candidates", explanation.candidates);
  json.end_object();
  return json.take();
}

}  // namespace iotcard
