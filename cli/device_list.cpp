// SPDX-License-Identifier: Apache-2.0
// device list, device show.
#include <CLI/CLI.hpp>

#include "base/text_sanitizer.h"
#include "device_argument.h"
#include "operations/json.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {

DeviceKey device_from_operator(const std::string& text) {
  if (auto device = DeviceKey::parse(text)) return *std::move(device);
  throw UsageError{"\"" + printable(text) + "\" names no device: it is PRODUCT/NUMBER"};
}

namespace {

struct DeviceListOptions {
  std::string product;
  bool bound = false;
  bool unbound = false;
  std::int64_t limit = 100;
};

int list_devices(Program& program, const DeviceListOptions& options) {
  const auto store = program.open_existing_store();
  DeviceFilter filter{.product = options.product, .bound = {}};
  if (options.bound || options.unbound) filter.bound = options.bound;
  ShownRows rows{options.limit};
  if (program.json) {
    JsonArray array;
    each_device(*store, filter, rows.to_read(), rows.only([&](const DeviceRow& row) {
      JsonText json;
      write_device(json, row);
      array.add(json.view());
    }));
    array.finish();
    rows.finish();
    return success;
  }
  Table table{{"DEVICE", "CARD", "LAST SEEN", "REPORTS", "RSSI", "FIRMWARE", "LAST REPORT"}};
  each_device(*store, filter, rows.to_read(), rows.only([&](const DeviceRow& row) {
    table.add({row.device.text(), row.binding ? std::string{row.binding->iccid.text()} : "",
               shown(row.last_seen), std::to_string(row.reports), shown(row.rssi),
               row.firmware_version, row.outcome},
              row.outcome.starts_with("mismatch.") ? Colour::red : Colour::none);
  }));
  table.finish("no devices");
  rows.finish();
  return success;
}

void print_details(const DeviceDetails& details, const Context& context) {
  const DeviceRow& row = details.device;
  Facts facts;
  facts.add("device", row.device.text());
  if (row.binding) {
    facts.add("card", row.binding->iccid.text());
    facts.add("bound since", shown(row.binding->since));
    facts.add("match", match_names[row.binding->match]);
  }
  if (details.card) {
    const Card& card = details.card->card;
    facts.add("card status", card_status_names[card.status]);
    facts.add("card operator", card.operator_name);
    facts.add("card plan", card.plan);
    facts.add("card used bytes", shown_bytes(card.used_bytes));
    facts.add("card limit bytes", shown_bytes(card.limit_bytes));
    facts.add("card expires", shown(card.expires_at));
    facts.add(
        "card abnormal",
        joined(abnormal_reasons(card, context.policy.alerts, context.now).names(abnormal_names)),
        Colour::yellow);
  }
  facts.add("reports", std::to_string(row.reports));
  facts.add("first seen", shown(row.first_seen));
  facts.add("last seen", shown(row.last_seen));
  facts.add("outcome", row.outcome);
  facts.add("reported iccid", row.reported_iccid);
  facts.add("platform", shown(row.platform));
  facts.add("rssi", shown(row.rssi));
  facts.add("status", shown(row.status));
  facts.add("firmware", row.firmware_version);
  facts.add("user", row.user_id);
  if (row.longitude && row.latitude) {
    facts.add("place", std::to_string(*row.longitude) + ", " + std::to_string(*row.latitude));
  }
  facts.add("summary", on_one_line(row.summary));
  facts.add("leniencies", joined(row.leniencies));
  facts.add("issues", joined(row.issues), Colour::yellow);
  facts.add("last topic", row.last_topic);
  facts.add("last payload", row.last_payload);
  for (const Binding& binding : details.bindings) {
    if (!binding.until) continue;
    facts.add("was bound to", std::string{binding.iccid.text()} + " from " + shown(binding.since) +
                                  " until " + shown(*binding.until) + ", ended by " +
                                  binding.ended_by);
  }
  for (const auto& [mismatch, bound, holder] : details.mismatches) {
    facts.add("mismatch",
              std::to_string(mismatch.id) + " " + std::string{outcome_name(mismatch.outcome)} +
                  " " + mismatch.reported,
              Colour::red);
  }
  facts.print();
}

int show_device(Program& program, const std::string& text) {
  const DeviceKey device = device_from_operator(text);
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const DeviceDetails details = describe_device(*store, device);
  if (program.json) {
    JsonText json;
    write_device(json, details, context);
    std::printf("%s\n", json.take().c_str());
  } else {
    print_details(details, context);
  }
  return success;
}

}  // namespace

void add_device_list(CLI::App& device, Program& program) {
  CLI::App* verb = device.add_subcommand("list", "Lists devices by product and number");
  auto options = std::make_shared<DeviceListOptions>();
  verb->add_option("--product", options->product, "Only devices of this product");
  auto* bound = verb->add_flag("--bound", options->bound, "Only devices bound to a card");
  verb->add_flag("--unbound", options->unbound, "Only devices without a card")->excludes(bound);
  verb->add_option("--limit", options->limit, "At most so many; 0 for all")
      ->capture_default_str()
      ->check(CLI::Range(0, 2147483647));
  verb->footer(
      "LAST REPORT is what it came to, in --json outcome.\n"
      "With --json: an array of devices, each with product, device, iccid and bound_since of the\n"
      "card that it is bound to, reports, first_seen, last_seen, outcome, and of the last report\n"
      "reported_iccid, platform, rssi, status, firmware_version, user_id, longitude, latitude,\n"
      "summary, leniencies and issues. What has no value is null.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return list_devices(program, *options); };
  });
}

void add_device_show(CLI::App& device, Program& program) {
  CLI::App* verb =
      device.add_subcommand("show", "Shows a device, its last report and its bindings");
  auto name = std::make_shared<std::string>();
  verb->add_option("PRODUCT/NUMBER", *name, "The device")->required();
  verb->footer(
      "With --json, one object: as in device list, and last_topic, last_payload (or\n"
      "last_payload_base64 if that is not UTF-8), bindings, newest first, as in card show, and\n"
      "mismatches that stand, as in mismatch list.");
  verb->callback([&program, name] {
    program.verb = [&program, name] { return show_device(program, *name); };
  });
}

}  // namespace iotcard
