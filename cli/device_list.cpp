// SPDX-License-Identifier: Apache-2.0
// device list, device show.
#include <fmt/core.h>

#include <memory>

#include "base/text_sanitizer.h"
#include "operations.h"
#include "operations/device_operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {

namespace {

// As they were typed.
struct DeviceListOptions {
  DeviceFilter filter;
  bool silent = false;
  std::string not_seen;
  std::string since;
  std::string outcome;
  std::string iccid;
  std::string sort;
  std::int64_t limit = 100;
};

TableRow device_row(const ListedDevice& device) {
  const DeviceRow& row = device.row;
  return {{row.device.text(), row.binding ? std::string{row.binding->iccid.text()} : "",
           printable(row.last_seen), printable(row.silent_since), std::to_string(row.reports),
           printable(row.rssi), row.firmware_version, row.outcome,
           device.holder ? device.holder->text() : ""},
          row.outcome.starts_with("mismatch.") ? Colour::red : Colour::none};
}

DeviceFilter filter_of(const DeviceListOptions& options) {
  DeviceFilter filter = options.filter;
  if (options.silent) filter.silent = true;
  if (!options.not_seen.empty())
    set_seen_before(filter, time_from_operator("--not-seen", options.not_seen));
  if (!options.since.empty()) set_seen_after(filter, time_from_operator("--since", options.since));
  try {
    if (!options.outcome.empty()) filter.outcome = outcome_from_operator(options.outcome);
  } catch (const OperationError& error) {
    throw UsageError{std::string{"--outcome: "} + error.what()};
  }
  try {
    filter.iccid_prefix = iccid_prefix_from_operator(options.iccid);
  } catch (const OperationError& error) {
    throw UsageError{std::string{"--iccid: "} + error.what()};
  }
  if (!options.iccid.empty() && filter.order == DeviceOrder::device)
    filter.order = DeviceOrder::iccid;
  if (!options.sort.empty()) sort_by(filter, options.sort, device_order_names);
  return filter;
}

int list_devices(Program& program, const DeviceListOptions& options) {
  const DeviceFilter filter = filter_of(options);
  const auto operations = open_operations(program, Use::read);
  ListPrinter rows{program.output,
                   {{"DEVICE", "product"},
                    {"CARD", "iccid"},
                    "LAST SEEN",
                    "SILENT SINCE",
                    "REPORTS",
                    "RSSI",
                    {"FIRMWARE", "firmware_version"},
                    {"KIND", "outcome"},
                    {"HELD BY", "holder"}},
                   "no devices",
                   options.limit};
  return rows.print(
      operations->devices(filter),
      [](JsonText& json, const ListedDevice& device) { write_device(json, device); }, device_row);
}

void add_card_facts(Facts& facts, const StoredCard& stored, const Context& context) {
  const Card& card = stored.card;
  facts.add("card status", card_status_names[card.status]);
  facts.add("card operator", card.operator_name);
  facts.add("card plan", card.plan);
  facts.add("card used bytes", printable_bytes(card.used_bytes));
  facts.add("card limit bytes", printable_bytes(card.limit_bytes));
  facts.add("card expires", printable(card.expires_at));
  facts.add("card abnormal", join(reasons_of(stored, context).names(abnormal_names), ", "),
            Colour::yellow);
}

void add_report_facts(Facts& facts, const DeviceRow& row) {
  facts.add("reports", std::to_string(row.reports));
  facts.add("first seen", printable(row.first_seen));
  facts.add("last seen", printable(row.last_seen));
  facts.add("silent since", printable(row.silent_since), Colour::yellow);
  facts.add("kind", row.outcome);
  facts.add("reported iccid", row.reported_iccid);
  facts.add("platform", printable(row.platform));
  facts.add("rssi", printable(row.rssi));
  facts.add("status", printable(row.status));
  facts.add("firmware", row.firmware_version);
  facts.add("user", row.user_id);
  facts.add("imei", row.imei);
  if (row.longitude && row.latitude) {
    facts.add("place", std::to_string(*row.longitude) + ", " + std::to_string(*row.latitude));
  }
  facts.add("summary", on_one_line(row.summary));
  facts.add("leniencies", join(row.leniencies, ", "));
  facts.add("issues", join(row.issues, ", "), Colour::yellow);
  facts.add("last topic", row.last_topic);
  facts.add("last payload", row.last_payload);
}

void print_device(const DeviceDetails& details, const Context& context) {
  const DeviceRow& row = details.device;
  Facts facts;
  facts.add("device", row.device.text());
  if (row.binding) {
    facts.add("card", row.binding->iccid.text());
    facts.add("bound since", printable(row.binding->since));
    facts.add("match", match_names[row.binding->match]);
  }
  if (details.card) add_card_facts(facts, *details.card, context);
  add_report_facts(facts, row);
  if (details.holder) facts.add("reported card held by", details.holder->text(), Colour::red);
  for (const Binding& binding : details.bindings) {
    if (!binding.until) continue;
    facts.add("was bound to",
              fmt::format("{} from {} until {}, ended by {}", binding.iccid.text(),
                          printable(binding.since), printable(*binding.until), binding.ended_by));
  }
  for (const Mismatch& mismatch : details.mismatches) {
    facts.add(
        "mismatch",
        fmt::format("{} {} {}", mismatch.id, outcome_name(mismatch.outcome), mismatch.reported),
        Colour::red);
  }
  facts.print();
}

int show_device(Program& program, const std::string& text) {
  const DeviceKey device = device_from_operator(text);
  const auto operations = open_operations(program, Use::read);
  const Context& context = operations->context();
  const DeviceDetails details = operations->device(device);
  return print_result(
      program.json, [&](JsonText& json) { write_device(json, details, context); },
      [&] { print_device(details, context); });
}

}  // namespace

Action device_list_verb(Arguments& arguments) {
  auto options = std::make_shared<DeviceListOptions>();
  DeviceFilter& filter = options->filter;
  arguments.option("--product", filter.product, "Only devices of this product");
  arguments.option("--number", filter.number_prefix, "Only those whose number begins like this");
  arguments.flag("--silent", options->silent, "Only those silent: see [alerts] device_silent");
  arguments.option("--not-seen", options->not_seen,
                   "Only those whose last report is older, such as 7d, 1w or 2026-11-23; the "
                   "longest unseen first");
  arguments.option("--since", options->since, "Only those that have reported since, such as 1h");
  arguments.option("--outcome", options->outcome,
                   "Only those whose last report came to this, such as card_in_use");
  arguments.choice("--leniency", filter.leniency, leniency_names,
                   "Only those whose last report needed this repair");
  arguments.option("--issue", filter.issue,
                   "Only those whose last report had an issue with this in it, such as rssi");
  arguments.option("--firmware", filter.firmware, "Only this firmware version");
  arguments.option("--rssi-below", filter.rssi_below, "Only those with a weaker signal");
  arguments.option("--iccid", options->iccid,
                   "Only those bound to a card that begins like this, in the order of the cards");
  arguments.option("--text", filter.text,
                   "Only those with this anywhere in device, ICCID, IMEI, firmware or user");
  arguments.bound(filter.bound, "Only devices bound to a card", "Only devices without a card");
  arguments.option("--sort", options->sort,
                   "By this column, or COLUMN:desc: " + join(choices_of(device_order_names), ", "));
  arguments.limit(options->limit);
  arguments.footer(R"(
Devices must pass all filters that are given. KIND is that of the event that the last report came
to; HELD BY, for card_in_use, is the device that the reported card is bound to. A day is one in UTC.
With --json: an array of devices, each with product, device, iccid and bound_since of the
card that it is bound to, reports, first_seen, last_seen, outcome, and of the last report
reported_iccid, platform, rssi, status, firmware_version, user_id, imei, longitude, latitude,
summary, leniencies and issues, then silent_since and holder (product and device). A field
without a value is null.)");
  return [options](Program& program) { return list_devices(program, *options); };
}

Action device_show_verb(Arguments& arguments) {
  auto name = std::make_shared<std::string>();
  arguments.required("PRODUCT/NUMBER", *name, "The device");
  arguments.footer(R"(
With --json, one object: as in device list, and last_topic, last_payload (or
last_payload_base64 if that is not UTF-8), bindings, newest first, as in card show, and
mismatches that stand, as in mismatch list.)");
  return [name](Program& program) { return show_device(program, *name); };
}

}  // namespace iotcard
