// SPDX-License-Identifier: Apache-2.0
// card export.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "csv/card_csv_writer.h"
#include "interrupt.h"
#include "operations/json.h"
#include "output_file.h"
#include "program.h"
#include "terminal.h"
#include "verbs.h"

namespace iotcard {
namespace {

// Writes each card as it comes from the store; returns how many there were.
std::int64_t write_cards(Program& program, OutputFile& file) {
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const auto total = static_cast<std::uint64_t>(store->count_cards({}));
  ProgressBar bar{"exporting"};
  std::int64_t count = 0;
  if (!program.json) file.write(card_csv_header());
  each_card(*store, context, {}, no_limit, [&](const StoredCard& card) {
    if (interrupted()) throw std::runtime_error{"interrupted; nothing is exported"};
    if (program.json) {
      JsonText json;
      write_card(json, card, context);
      file.write(count == 0 ? "[\n" : ",\n");
      file.write(json.view());
    } else {
      file.write(card_csv_row(card));
    }
    ++count;
    if (!file.standard()) bar.show(static_cast<std::uint64_t>(count), total, count);
  });
  if (program.json) file.write(count == 0 ? "[]\n" : "\n]\n");
  return count;
}

int export_cards(Program& program, const std::string& path) {
  watch_for_interrupts();
  OutputFile file{path};
  const std::int64_t count = write_cards(program, file);
  file.finish();
  if (file.standard()) return success;
  if (program.json) {
    JsonText json;
    json.begin_object().member("exported", count).end_object();
    fmt::print("{}\n", json.view());
  } else {
    say(fmt::format("{} cards exported to {}", count, path));
  }
  return success;
}

}  // namespace

void add_card_export(CLI::App& card, Program& program) {
  CLI::App* verb = card.add_subcommand("export", "Writes all cards as CSV, for card import");
  auto path = std::make_shared<std::string>("-");
  verb->add_option("FILE", *path, "Where to; - is standard output")->capture_default_str();
  verb->footer(
      "Columns: iccid, each field of a card, and product and device of the device that it is\n"
      "bound to. FILE is replaced once all is written. What a spreadsheet would take for a "
      "formula\n"
      "has an apostrophe before it, and a control character is written as \\u{85}; card import\n"
      "takes both off again. In a spreadsheet, load the columns as text: ICCIDs are no numbers.\n"
      "With --json: an array of cards, as card list, instead of CSV; with FILE, one object, whose\n"
      "exported says how many.");
  verb->callback([&program, path] {
    program.verb = [&program, path] { return export_cards(program, *path); };
  });
}

}  // namespace iotcard
