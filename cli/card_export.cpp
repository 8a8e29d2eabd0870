// SPDX-License-Identifier: Apache-2.0
// card export.
#include "operations/card_export.h"

#include <fmt/core.h>

#include <memory>

#include "interrupt.h"
#include "output.h"
#include "output_file.h"
#include "verbs.h"

namespace iotcard {
namespace {

std::int64_t write_cards(Program& program, OutputFile& file) {
  const auto store = program.open_existing_store();
  const std::int64_t total = store->count_cards({});
  ProgressBar bar{"exporting"};
  const auto format = program.json ? ExportFormat::json : ExportFormat::csv;
  return export_cards(*store, program.context(), {}, format,
                      [&](std::string_view text, std::int64_t cards) {
                        if (interrupted()) {
                          throw std::runtime_error{"interrupted; nothing is exported"};
                        }
                        file.write(text);
                        if (!file.standard()) bar.show(cards, total);
                        return true;
                      });
}

int export_to_file(Program& program, const std::string& path) {
  watch_for_interrupts();
  OutputFile file{path};
  const std::int64_t count = write_cards(program, file);
  file.finish();
  if (file.standard()) return success;
  return print_result(
      program.json,
      [&](JsonText& json) { json.begin_object().member("exported", count).end_object(); },
      [&] { say(fmt::format("{} cards exported to {}", count, path)); });
}

}  // namespace

Action card_export_verb(Arguments& arguments) {
  auto path = std::make_shared<std::string>("-");
  arguments.option("FILE", *path, "Where to; - is standard output");
  arguments.footer(R"(
Columns: iccid, each field of a card, and product and device of the device that it is
bound to. FILE is replaced once all is written. What a spreadsheet would take for a formula
has an apostrophe before it, and a control character is written as \u{85}; card import
takes both off again. In a spreadsheet, load the columns as text: ICCIDs are no numbers.
With --json: an array of cards, as card list, instead of CSV; with FILE, one object, whose
exported says how many.)");
  return [path](Program& program) { return export_to_file(program, *path); };
}

}  // namespace iotcard
