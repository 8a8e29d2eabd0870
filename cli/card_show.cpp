// SPDX-License-Identifier: Apache-2.0
// card show.
#include <fmt/core.h>

#include <memory>

#include "base/byte_size.h"
#include "domain/card_fields.h"
#include "operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

void add_facts(Facts& facts, const StoredCard& card, const Context& context) {
  facts.add("iccid", card.card.iccid.text());
  for (const CardField& field : card_fields()) {
    const std::string value = field.get(card.card);
    const bool bytes = field.name.ends_with("_bytes");
    const auto time = is_time_field(field.name) ? parse_time(value) : std::nullopt;
    facts.add(field.name, bytes  ? printable_bytes(parse_byte_size(value))
                          : time ? printable(*time)
                                 : value);
  }
  if (card.binding) {
    facts.add("device", card.binding->device.text());
    facts.add("bound since", printable(card.binding->since) + " by " + card.binding->created_by);
  }
  facts.add("luhn", luhn_names[luhn(card.card.iccid)]);
  facts.add("abnormal", join(reasons_of(card, context).names(abnormal_names), ", "),
            Colour::yellow);
}

// "2026-11-23 20:51:00 by anna: plan "30 MB" -> nothing".
std::string change_text(const LoggedChange& change) {
  std::string text = printable(change.at) + " by " + change.by;
  if (change.kind != LoggedChange::Kind::changed) return text;
  return fmt::format("{}: {} {} -> {}", text, change.field,
                     printable_value(change.field, change.before),
                     printable_value(change.field, change.after));
}

void print_card(const CardDetails& details, const Context& context) {
  Facts facts;
  add_facts(facts, details.card, context);
  for (const Binding& binding : details.bindings) {
    if (!binding.until) continue;
    facts.add("was bound to",
              fmt::format("{} from {} by {} until {}, ended by {}", binding.device.text(),
                          printable(binding.since), binding.created_by, printable(*binding.until),
                          binding.ended_by));
  }
  for (const Mismatch& mismatch : details.mismatches) {
    facts.add(
        "mismatch",
        fmt::format("{} {} of device {}, which reports {}", mismatch.id,
                    outcome_name(mismatch.outcome), mismatch.device.text(), mismatch.reported),
        Colour::red);
  }
  for (const UsageSample& sample : details.usage) {
    facts.add("used by " + sample.day, printable_byte_size(sample.used_bytes));
  }
  for (const PlatformRequest& request : details.requests) {
    const std::string end = !request.done_at          ? "not done yet"
                            : request.failure.empty() ? "platform said " + request.status
                                                      : request.failure;
    facts.add(platform_request_kind_names[request.kind],
              printable(request.requested_at) + " by " + request.requested_by + ": " + end);
  }
  for (const LoggedChange& change : details.changes) {
    facts.add(logged_change_names[change.kind], change_text(change));
  }
  facts.print();
}

int show_card(Program& program, const std::string& text) {
  const Iccid iccid = iccid_from_operator(text);
  const auto operations = open_operations(program, Use::read);
  const Context& context = operations->context();
  const CardDetails details = operations->card(iccid);
  return print_result(
      program.json, [&](JsonText& json) { write_card(json, details, context); },
      [&] { print_card(details, context); });
}

}  // namespace

Action card_show_verb(Arguments& arguments) {
  auto iccid = std::make_shared<std::string>();
  arguments.required("ICCID", *iccid, "The card, in any spelling a report may use");
  arguments.footer(R"(
With --json, one object: as in card list, and bindings, newest first, each with product,
device, iccid, match, since, last_seen, until, created_by, ended_by; mismatches that stand,
as in mismatch list; usage, newest first, each with day and used_bytes; requests, the
operators' requests to its platform, newest first, each with id, platform, kind,
requested_by, requested_at, done_at, failure and status; and changes of the card, newest
first, at most 50, each with at, by, kind (added, changed, removed), field, before, after.
Usage that a platform reported is in usage only.)");
  return [iccid](Program& program) { return show_card(program, *iccid); };
}

}  // namespace iotcard
