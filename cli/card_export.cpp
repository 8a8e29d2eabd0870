// SPDX-License-Identifier: Apache-2.0
// card export.
#include "operations/card_export.h"

#include <fmt/core.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "card_selection.h"
#include "operations.h"
#include "output.h"
#include "output_file.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct CardExportOptions {
  std::string path = "-";
  std::string columns;
  CardSelection selection;
};

// The failures are those of a list.
std::int64_t write_cards(Program& program, OutputFile& file, const CardExportOptions& options,
                         const CardColumns& columns, std::vector<CardFailure>& failed) {
  const CardSelection& selection = options.selection;
  ProgressBar bar{"exporting"};
  std::int64_t total = 0;
  const WriteExport write = [&](std::string_view text, std::int64_t cards) {
    if (interrupted()) throw std::runtime_error{"interrupted; nothing is exported"};
    file.write(text);
    if (!file.standard()) bar.show(cards, total);
    return true;
  };
  const auto format = program.json ? ExportFormat::json : ExportFormat::csv;
  if (!selection.from.empty()) {
    const auto store = program.open_existing_store();
    const Context context = program.context();
    SelectedCards selected = select_cards(*store, context, selection);
    total = std::ssize(selected.cards);
    failed = std::move(selected.failed);
    say_spellings(selected.spelled);
    return export_listed_cards(*store, context, selected.cards, format, write, columns);
  }
  const auto operations = open_operations(program, Use::read);
  const RowList<StoredCard> cards =
      operations->cards(query_of(selection.filters, operations->context().now));
  if (!file.standard()) total = cards.count(count_all);
  return export_cards(cards, operations->context(), format, write, columns);
}

CardColumns columns_of(const Program& program, const CardExportOptions& options) {
  if (options.columns.empty()) return {};
  if (program.json) throw UsageError{"--columns are those of a CSV: leave out --json"};
  try {
    return card_columns_from_operator(options.columns);
  } catch (const OperationError& error) {
    throw UsageError{std::string{"--"} + error.what()};
  }
}

int export_to_file(Program& program, const CardExportOptions& options) {
  const CardColumns columns = columns_of(program, options);
  watch_for_interrupts();
  OutputFile file{options.path};
  std::vector<CardFailure> failed;
  const std::int64_t count = write_cards(program, file, options, columns, failed);
  file.finish();
  if (!file.standard()) {
    print_change(
        program.json,
        [&](JsonText& json) { json.begin_object().member("exported", count).end_object(); },
        [&] { say(fmt::format("{} cards exported to {}", count, options.path)); });
  }
  for (const CardFailure& one : failed) complain(fmt::format("{}: {}", one.iccid, one.reason));
  return failed.empty() ? success : failure;
}

}  // namespace

Action card_export_verb(Arguments& arguments) {
  auto options = std::make_shared<CardExportOptions>();
  arguments.option("FILE", options->path, "Where to; - is standard output");
  arguments
      .option("--columns", options->columns,
              "Only these columns, in this order, such as iccid,plan,device")
      ->type_name("NAMES");
  declare_selection(arguments, options->selection);
  arguments.footer(R"(
Without --from and filters, all cards. Cards of a list are in its order; those that the
store does not have are named on standard error, and then the exit status is 1.
Columns: iccid, each field of a card, and product and device of the device that it is
bound to. FILE is replaced once all is written. What a spreadsheet would take for a formula
has an apostrophe before it, and a control character is written as \u{85}; card import
takes both off again. In a spreadsheet, load the columns as text: ICCIDs are no numbers.
With --json: an array of cards, as card list, instead of CSV; with FILE, one object, whose
exported says how many.)");
  return [options](Program& program) { return export_to_file(program, *options); };
}

}  // namespace iotcard
