// SPDX-License-Identifier: Apache-2.0
// card list, card show.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "base/byte_size.h"
#include "base/duration.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "domain/card_fields.h"
#include "operations/json.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct CardListOptions {
  std::string prefix;
  std::string status;
  std::string platform;
  std::string operator_name;
  std::string text;
  bool bound = false;
  bool unbound = false;
  bool abnormal = false;
  std::string reason;
  std::string expiring_within;
  std::string over;  // percent
  std::string sort;
  std::int64_t limit = 100;
};

template <typename Names>
std::vector<std::string> all_of(const Names& table) {
  return {table.names.begin(), table.names.end()};
}

// "expires_at" or "expires_at:desc".
void sort_by(CardFilter& filter, std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto order =
      name == "usage" ? std::optional{CardOrder::used_share} : card_order_names.find(name);
  const std::string_view way = colon == text.npos ? "asc" : text.substr(colon + 1);
  if (!order || (way != "asc" && way != "desc")) {
    throw UsageError{fmt::format("--sort: \"{}\" is not COLUMN or COLUMN:desc; the columns are {}",
                                 printable(text), joined(all_of(card_order_names)))};
  }
  filter.order = *order;
  filter.descending = way == "desc";
}

// A whole number of this option, from 1; what it is to be is said of another.
std::int64_t number_of(std::string_view option, std::string_view text, std::int64_t most,
                       std::string_view expected) {
  const auto number = parse_integer(text);
  if (number && *number >= 1 && *number <= most) return *number;
  throw UsageError{
      fmt::format("{}: \"{}\" does not fit: expected {}", option, printable(text), expected)};
}

std::int64_t percent_of(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  return number_of("--over", text, 1000, "a whole number of percent from 1 to 1000");
}

CardQuery query_of(const CardListOptions& options, Instant now) {
  CardQuery query;
  CardFilter& filter = query.filter;
  filter.iccid_prefix = options.prefix;
  if (!options.status.empty()) filter.status = card_status_names.find(options.status);
  if (!options.platform.empty()) {
    filter.platform =
        number_of("--platform", options.platform, std::numeric_limits<std::int64_t>::max(),
                  "a platform's number, above 0");
  }
  filter.operator_name = options.operator_name;
  filter.text = options.text;
  if (options.bound || options.unbound) filter.bound = options.bound;
  query.abnormal = options.abnormal;
  if (!options.reason.empty()) filter.reason = abnormal_names.find(options.reason);
  if (!options.over.empty()) {
    filter.used_share_from = static_cast<double>(percent_of(options.over)) / 100;
    filter.order = CardOrder::used_share;
    filter.descending = true;
  }
  if (!options.expiring_within.empty()) {
    const auto duration = parse_duration(options.expiring_within);
    if (!duration || !set_expiring_within(filter, *duration, now)) {
      throw UsageError{fmt::format("--expiring-within: \"{}\" is no duration such as 12h or 30d",
                                   printable(options.expiring_within))};
    }
  }
  if (!options.sort.empty()) sort_by(filter, options.sort);
  return query;
}

AbnormalReasons reasons_of(const StoredCard& card, const Context& context) {
  return abnormal_reasons(card.card, context.policy.alerts, context.now);
}

// The columns of a list, with what the cards have used where it is about that.
std::vector<std::string> columns_of(bool usage) {
  if (usage) {
    return {"ICCID", "STATUS", "DEVICE", "OPERATOR", "PLAN", "USED", "LIMIT", "SHARE", "ABNORMAL"};
  }
  return {"ICCID", "PLATFORM", "STATUS", "DEVICE", "OPERATOR", "MSISDN", "EXPIRES", "ABNORMAL"};
}

std::string size_of(const std::optional<std::int64_t>& bytes) {
  return bytes ? show_byte_size(*bytes) : std::string{};
}

std::vector<std::string> card_row(const StoredCard& known, AbnormalReasons reasons, bool usage) {
  const Card& card = known.card;
  const std::string iccid{card.iccid.text()};
  const std::string status{card_status_names[card.status]};
  const std::string device = known.binding ? known.binding->device.text() : "";
  const std::string why = joined(reasons.names(abnormal_names));
  if (!usage) {
    return {iccid,
            shown(card.platform),
            status,
            device,
            card.operator_name,
            card.msisdn,
            shown(card.expires_at).substr(0, 10),
            why};
  }
  std::optional<std::int64_t> used = card.used_bytes;
  if (!used && card.limit_bytes && card.remaining_bytes) {
    used = *card.limit_bytes - *card.remaining_bytes;
  }
  const bool limited = used && card.limit_bytes.value_or(0) > 0;
  const std::string share =
      limited ? fmt::format("{:.1f} %", static_cast<double>(*used) * 100 /
                                            static_cast<double>(*card.limit_bytes))
              : std::string{};
  return {iccid,
          status,
          device,
          card.operator_name,
          card.plan,
          size_of(used),
          size_of(card.limit_bytes),
          share,
          why};
}

int list_cards(Program& program, const CardListOptions& options) {
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const CardQuery query = query_of(options, context.now);
  ShownRows rows{options.limit};
  if (program.json) {
    JsonArray array;
    each_card(*store, context, query, rows.to_read(), rows.only([&](const StoredCard& card) {
      JsonText json;
      write_card(json, card, context);
      array.add(json.view());
    }));
    array.finish();
    rows.finish();
    return success;
  }
  const bool usage = !options.over.empty() || query.filter.order == CardOrder::used_bytes ||
                     query.filter.order == CardOrder::used_share;
  Table table{columns_of(usage)};
  each_card(*store, context, query, rows.to_read(), rows.only([&](const StoredCard& card) {
    const AbnormalReasons reasons = reasons_of(card, context);
    table.add(card_row(card, reasons, usage), reasons.empty() ? Colour::none : Colour::yellow);
  }));
  table.finish("no cards");
  rows.finish();
  return success;
}

void print_details(const CardDetails& details, const Context& context) {
  const StoredCard& card = details.card;
  const AbnormalReasons reasons = reasons_of(card, context);
  Facts facts;
  facts.add("iccid", card.card.iccid.text());
  for (const CardField& field : card_fields()) {
    const std::string value = field.get(card.card);
    const bool bytes = field.name.ends_with("_bytes");
    facts.add(field.name, bytes ? shown_bytes(parse_byte_size(value)) : value);
  }
  if (card.binding) {
    facts.add("device", card.binding->device.text());
    facts.add("bound since", shown(card.binding->since) + " by " + card.binding->created_by);
  }
  facts.add("luhn", luhn_names[luhn(card.card.iccid)]);
  facts.add("abnormal", joined(reasons.names(abnormal_names)), Colour::yellow);
  for (const Binding& binding : details.bindings) {
    if (!binding.until) continue;
    facts.add("was bound to", binding.device.text() + " from " + shown(binding.since) + " by " +
                                  binding.created_by + " until " + shown(*binding.until) +
                                  ", ended by " + binding.ended_by);
  }
  for (const auto& [mismatch, bound, holder] : details.mismatches) {
    facts.add("mismatch",
              std::to_string(mismatch.id) + " " + std::string{outcome_name(mismatch.outcome)} +
                  " of device " + mismatch.device.text() + ", which reports " + mismatch.reported,
              Colour::red);
  }
  for (const UsageSample& sample : details.usage) {
    facts.add("used by " + sample.day, show_byte_size(sample.used_bytes));
  }
  for (const PlatformRequest& request : details.requests) {
    const std::string end = !request.done_at          ? "under way"
                            : request.failure.empty() ? "platform said " + request.status
                                                      : request.failure;
    facts.add(platform_request_kind_names[request.kind],
              shown(request.requested_at) + " by " + request.requested_by + ": " + end);
  }
  facts.print();
}

int show_card(Program& program, const std::string& text) {
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const CardDetails details = describe_card(*store, iccid_from_operator(text));
  if (program.json) {
    JsonText json;
    write_card(json, details, context);
    std::printf("%s\n", json.take().c_str());
  } else {
    print_details(details, context);
  }
  return success;
}

}  // namespace

void add_card_list(CLI::App& card, Program& program) {
  CLI::App* list = card.add_subcommand(
      "list", "Lists cards, in the order of their ICCID if nothing else is said");
  auto options = std::make_shared<CardListOptions>();
  list->add_option("--prefix", options->prefix, "Only ICCIDs that begin so");
  list->add_option("--status", options->status, "Only cards with this status")
      ->check(CLI::IsMember(all_of(card_status_names)));
  list->add_option("--platform", options->platform, "Only cards of this platform")
      ->type_name("NUMBER");
  auto* bound = list->add_flag("--bound", options->bound, "Only cards bound to a device");
  list->add_flag("--unbound", options->unbound, "Only free cards")->excludes(bound);
  list->add_option("--operator", options->operator_name, "Only cards of this operator, in full");
  list->add_option("--text", options->text,
                   "Only cards with this, three characters at least, anywhere in a number, the "
                   "operator, the plan or the note");
  list->add_flag("--abnormal", options->abnormal,
                 "Only cards that an operator must look at, the worst first");
  list->add_option("--reason", options->reason, "Only cards that are abnormal for this")
      ->check(CLI::IsMember(all_of(abnormal_names)));
  list->add_option("--expiring-within", options->expiring_within,
                   "Only cards that expire within this time, such as 30d, the soonest first");
  list->add_option(
          "--over", options->over,
          "Only cards that have used so many percent of their limit, 1 to 1000, the highest "
          "first")
      ->type_name("PERCENT");
  list->add_option(
      "--sort", options->sort,
      "By this column, or COLUMN:desc: " + joined(all_of(card_order_names)) + " (or usage)");
  list->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  list->footer(
      "All filters that are given must hold. A share is of a card's own limit; a pool's is not.\n"
      "With --json: an array of cards, each with iccid, every field of card set and of the "
      "store's\n"
      "own, product, device and bound_since of the device that it is bound to, luhn, and "
      "abnormal:\n"
      "an array of reasons, the worst first. What has no value is null.");
  list->callback([&program, options] {
    program.verb = [&program, options] {
      try {
        return list_cards(program, *options);
      } catch (const OperationError& error) {  // there is nothing but the request to be wrong
        throw UsageError{error.what()};
      }
    };
  });
}

void add_card_show(CLI::App& card, Program& program) {
  CLI::App* show = card.add_subcommand("show", "Shows a card, its bindings and its mismatches");
  auto iccid = std::make_shared<std::string>();
  show->add_option("ICCID", *iccid, "The card, in any spelling a report may use")->required();
  show->footer(
      "With --json, one object: as in card list, and bindings, newest first, each with product,\n"
      "device, iccid, match, since, last_seen, until, created_by, ended_by; mismatches that "
      "stand,\n"
      "as in mismatch list; usage, newest first, each with day and used_bytes; and requests, what\n"
      "operators wanted of its platform, newest first, each with id, platform, kind, "
      "requested_by,\n"
      "requested_at, done_at, failure and status.");
  show->callback([&program, iccid] {
    program.verb = [&program, iccid] { return show_card(program, *iccid); };
  });
}

}  // namespace iotcard
