// SPDX-License-Identifier: Apache-2.0
#include "operations/explain.h"

#include <algorithm>

#include "domain/iccid_value.h"
#include "domain/json_scan.h"
#include "operations/json.h"
#include "operations/json_parts.h"
#include "store/stored_decision.h"

namespace iotcard {
namespace {

const DeviceKey unseen_device{"-", "-"};

// Without the quotes of a value that is quoted twice.
std::string_view unquoted(std::string_view token) {
  constexpr std::string_view quotes = "\"\\";
  token.remove_prefix(std::min(token.find_first_not_of(quotes), token.size()));
  return token.substr(0, token.find_last_not_of(quotes) + 1);
}

PayloadSpan span_within(std::string_view payload, std::string_view part) {
  return {static_cast<std::size_t>(part.data() - payload.data()), part.size()};
}

// The ICCID in the payload itself, whose offset is known.
std::optional<PayloadSpan> span_of_iccid(std::string_view payload, std::size_t offset,
                                         PayloadKind kind) {
  if (offset >= payload.size()) return std::nullopt;
  std::string_view token = payload.substr(offset);
  if (kind == PayloadKind::text) {
    token = token.substr(0, token.find_last_not_of(std::string_view{" \t\r\n\0", 5}) + 1);
    return PayloadSpan{offset, token.size()};
  }
  const IccidValue value = find_iccid_value(payload, offset, false);
  switch (value.form) {
    case IccidValue::Form::bare:
    case IccidValue::Form::quoted:
      return span_within(payload, unquoted(value.token));
    case IccidValue::Form::missing:
      return std::nullopt;
    case IccidValue::Form::non_finite:
      return PayloadSpan{value.first, value.last - value.first};
    case IccidValue::Form::endless:
      return PayloadSpan{offset, token.size()};
    case IccidValue::Form::json:
      break;
  }
  if (token.front() == '"') {
    return span_within(payload,
                       unquoted(payload.substr(offset, end_of_string(payload, offset) - offset)));
  }
  if (token.front() == '[' || token.front() == '{') return PayloadSpan{offset, 1};
  // A number, null, true or false.
  return PayloadSpan{offset, std::max(token.find_first_of(",}] \t\r\n"), std::size_t{1})};
}

// What follows from the decision, in the words of the events.
class ExplainedWrites {
 public:
  ExplainedWrites(const DecisionInputs& inputs, std::vector<ExplainedWrite>& writes)
      : inputs_(inputs), writes_(writes) {}

  void operator()(const CreateBinding& write) { add("binding.created", write.device, write.iccid); }
  void operator()(const ConfirmBinding& write) {
    add("binding.confirmed", write.device, card_of(write.device));
  }
  void operator()(const EndBinding& write) {
    add("binding.released", write.device, card_of(write.device));
  }
  void operator()(const RaiseMismatch& write) {
    add("mismatch.raised", write.mismatch.device, Iccid::from_canonical(write.mismatch.reported));
  }
  void operator()(const RepeatMismatch& write) { add_standing("mismatch.counted", write.mismatch); }
  void operator()(const EndMismatch& write) { add_standing("mismatch.cleared", write.mismatch); }
  void operator()(const SetAbnormal& write) { add("card.judged", std::nullopt, write.iccid); }

 private:
  void add(const char* kind, const std::optional<DeviceKey>& device,
           const std::optional<Iccid>& iccid) {
    writes_.push_back({kind, device == unseen_device ? std::nullopt : device, iccid});
  }
  void add_standing(const char* kind, const MismatchKey& key) {
    std::optional<Iccid> reported;
    for (const auto* mismatches : {&inputs_.standing, &inputs_.contested_by}) {
      for (const Mismatch& standing : *mismatches) {
        if (standing.key() == key) reported = Iccid::from_canonical(standing.reported);
      }
    }
    add(kind, key.device, reported);
  }
  // That the device is bound to now.
  std::optional<Iccid> card_of(const DeviceKey& device) const {
    if (inputs_.device_binding && inputs_.device_binding->device == device) {
      return inputs_.device_binding->iccid;
    }
    for (const MatchedCard& card : inputs_.cards) {
      if (card.binding && card.binding->device == device) return card.binding->iccid;
    }
    return std::nullopt;
  }

  const DecisionInputs& inputs_;
  std::vector<ExplainedWrite>& writes_;
};

void write_span(JsonText& json, std::string_view name, const std::optional<PayloadSpan>& span) {
  if (!span) return void(json.key(name).null());
  json.key(name)
      .begin_object()
      .member("offset", static_cast<std::int64_t>(span->offset))
      .member("length", static_cast<std::int64_t>(span->length))
      .end_object();
}

void look_up(Store& store, const Context& context, const DeviceKey& device,
             const DeviceReport& report, Explanation& explanation) {
  const DecisionInputs inputs = load_inputs(store, device, report);
  const Decision decision = decide(device, report, inputs, context.policy, context.now);
  explanation.outcome = decision.outcome;
  explanation.match = decision.match;
  explanation.suspect = decision.suspect;
  ExplainedWrites writes{inputs, explanation.writes};
  for (const Write& write : decision.writes) std::visit(writes, write);
  for (const Event& event : decision.events) {
    if (context.policy.mute.has(event.kind)) continue;
    explanation.events.push_back({"iotcard." + std::string{event_names[event.kind]}, event.data});
  }
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
  if (report == nullptr) {
    const std::size_t offset = std::get<Rejection>(explanation.reading).offset;
    explanation.error_span = PayloadSpan{offset, offset < payload.size() ? 1U : 0U};
    return explanation;
  }
  explanation.iccid_span =
      span_of_iccid(payload, report->iccid_offset, context.sources[found->source].read.payload);
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
    write_rejection(json, *rejection);
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
  json.key("spans").begin_object();
  write_span(json, "iccid", explanation.iccid_span);
  write_span(json, "error", explanation.error_span);
  json.end_object().key("writes").begin_array();
  for (const ExplainedWrite& write : explanation.writes) {
    json.begin_object()
        .member("kind", write.kind)
        .member("device", write.device ? std::optional{write.device->text()} : std::nullopt)
        .member("iccid", write.iccid ? std::optional{write.iccid->text()} : std::nullopt)
        .end_object();
  }
  json.end_array().key("events").begin_array();
  for (const ExplainedEvent& event : explanation.events) {
    json.begin_object().member("type", event.type).key("data").raw(event.data).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace iotcard
