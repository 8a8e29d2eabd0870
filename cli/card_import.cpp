// SPDX-License-Identifier: Apache-2.0
// card import.
#include "operations/card_import.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "api_requests.h"
#include "base/utf8.h"
#include "csv/csv_cell.h"
#include "list_reading.h"
#include "operations/json.h"
#include "operations/list_options.h"
#include "output.h"
#include "output_file.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct CardImportOptions {
  std::string file;
  std::string zone;
  std::string rejects;
  ListOptions list;
  ImportOptions import;
};

// Bytes; 0 if that is not known beforehand.
std::int64_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

void print_changes(const ImportResult& result) {
  for (const CardDifference& card : result.changes) {
    for (const FieldDifference& field : card.fields) {
      say(fmt::format("{}: {} {} -> {}", card.iccid.text(), field.field,
                      printable_value(field.field, field.before),
                      printable_value(field.field, field.after)));
    }
  }
  const std::int64_t more = result.updated - static_cast<std::int64_t>(result.changes.size());
  if (more > 0) fmt::print("… and {} more cards\n", more);
}

// "2 of 3 rows imported (1 added, 1 updated), 1 unchanged, 0 refused"; of a dry run what would be.
std::string summary(const ImportResult& result, const ImportOptions& options) {
  const char* const would = options.dry_run ? "would be " : "";
  std::string text = options.dry_run ? "dry run, nothing stored: " : "";
  text += fmt::format("{} of {} rows {}imported", result.imported(), result.rows, would);
  if (options.update) text += fmt::format(" ({} added, {} updated)", result.added, result.updated);
  if (options.update || result.unchanged > 0) {
    text += fmt::format(", {} unchanged", result.unchanged);
  }
  text += fmt::format(", {} {}refused", result.refused, options.dry_run ? would : "");
  if (result.withheld) text += ", so nothing is imported (--strict)";
  if (result.list.passed_over > 0) text += ", " + passed_over_text(result.list);
  if (result.bound > 0) text += fmt::format(", {} {}bound to a device", result.bound, would);
  if (result.settled > 0) text += fmt::format(", {} mismatches {}settled", result.settled, would);
  return text;
}

void print(const ImportResult& result, const ImportOptions& options) {
  if (options.dry_run) {
    print_list_reading(result.list);
    print_changes(result);
  }
  say(summary(result, options));
}

// Rows of cards that are stored with other values are one line, however many there are.
void complain_of_others(const ImportResult& result) {
  const auto named = std::ranges::count(result.problems, false, &RefusedRow::of_stored_card);
  if (const auto more = result.refused - result.stored_before - named; more > 0) {
    complain(fmt::format("… and {} more row{} refused", more, more == 1 ? " was" : "s were"));
  }
  if (result.stored_before == 0) return;
  std::string lines;
  for (const RefusedRow& row : result.problems) {
    if (!row.of_stored_card || lines.size() > 30) continue;
    lines.append(lines.empty() ? "" : ", ").append(std::to_string(row.line));
  }
  const bool one = result.stored_before == 1;
  const bool all = std::ranges::count(lines, ',') + 1 == result.stored_before;
  complain(fmt::format(
      "{} row{} of a card that is in the store already, with other values{}; --update changes {}",
      result.stored_before, one ? " is" : "s are each",
      lines.empty() ? "" : fmt::format(" (line{} {}{})", one ? "" : "s", lines, all ? "" : " …"),
      one ? "it" : "them"));
}

// Every refused row, also those that are too many to be named one by one.
class RejectsFile {
 public:
  explicit RejectsFile(const std::string& path) {
    if (path.empty()) return;
    file_.emplace(path);
    file_->write("line,reason\r\n");
  }
  void add(const RowProblem& problem) {
    if (!file_) return;
    std::string row = std::to_string(problem.line);
    append_csv_field(row, csv_cell(replace_invalid_utf8(problem.reason)));
    file_->write(row + "\r\n");
  }
  void finish() {
    if (file_) file_->finish();
  }

 private:
  std::optional<OutputFile> file_;
};

void warn_of_luhn(const ImportResult& result) {
  if (result.luhn_invalid == 0) return;
  const std::string first = join(result.luhn_first, " ", &Iccid::text);
  const bool more = result.luhn_invalid > static_cast<std::int64_t>(result.luhn_first.size());
  complain(fmt::format(
      "warning: the Luhn digit of {} ICCID{} is wrong: {}{}. Some carriers print such "
      "cards; if yours does not, look for typing errors",
      result.luhn_invalid, result.luhn_invalid == 1 ? "" : "s", first, more ? " …" : ""));
}

void note_cells_not_taken(const ImportResult& result) {
  for (const auto& [field, cells, line] : result.not_taken) {
    complain(
        fmt::format("note: {} cell{} of the column {} {} not taken (the first in line {}): {}",
                    cells, cells == 1 ? "" : "s", field->name, cells == 1 ? "was" : "were", line,
                    field->owner == CardField::Owner::platforms ? "only the card's platform sets it"
                                                                : "the daemon itself sets it"));
  }
}

void read_list_options(Program& program, CardImportOptions& options) {
  options.list.folders = program.config().import.mappings;
  try {
    set_list_options(options.import, options.list);
  } catch (const OperationError& error) {
    throw UsageError{error.what()};
  }
}

struct OpenList {
  std::istream& csv;
  std::string name;   // in messages
  std::int64_t size;  // bytes; 0: not known
};

void say_refused(const OpenList& list, const RefusedRow& problem) {
  if (problem.of_stored_card) return;  // complain_of_others() names them
  complain(fmt::format("{}:{}: {}", list.name, problem.line, problem.reason));
}

ImportResult import_into_store(Program& program, const CardImportOptions& options,
                               const OpenList& list) {
  const bool dry_run = options.import.dry_run;
  const auto store = dry_run ? program.open_store_or_empty() : program.open_store();
  RejectsFile rejects{options.rejects};
  ProgressBar bar{"importing"};
  const ImportHooks hooks{
      .refused =
          [&](const RefusedRow& problem) {
            bar.clear();
            say_refused(list, problem);
          },
      .each_refused = [&](const RefusedRow& problem) { rejects.add(problem); },
      .progress =
          [&](std::int64_t bytes, std::int64_t rows) {
            if (interrupted()) throw std::runtime_error{"interrupted; nothing is imported"};
            bar.show(bytes, list.size, rows);
          },
      .applied =
          [&, reported = false](std::int64_t applied, std::int64_t rows) mutable {
            if (interrupted() && !std::exchange(reported, true)) {
              bar.clear();
              complain("the whole list has been read, so the import is finished first");
            }
            bar.show(applied, rows);
          }};
  ImportResult result =
      iotcard::import_cards(*store, program.context(), list.csv, options.import, hooks);
  bar.clear();
  rejects.finish();
  return result;
}

// The API tells what it refused once all is done.
ImportResult import_into_daemon(Program& program, const CardImportOptions& options,
                                const OpenList& list) {
  const std::string csv{std::istreambuf_iterator<char>{list.csv}, {}};
  ImportResult result =
      import_through_api(program.target, csv, options.import, options.zone, options.list);
  RejectsFile rejects{options.rejects};
  for (const RefusedRow& problem : result.problems) {
    say_refused(list, problem);
    rejects.add(problem);
  }
  rejects.finish();
  const auto unnamed = result.refused - std::ssize(result.problems);
  if (!options.rejects.empty() && unnamed > 0) {
    complain(
        fmt::format("{} has the first {} refused rows, as the API names no more; import on the "
                    "daemon's host for all",
                    options.rejects, std::ssize(result.problems)));
  }
  return result;
}

int import_cards(Program& program, CardImportOptions options) {
  options.import.sole_user = true;
  options.import.zone = zone_from_operator(options.zone);
  if (options.import.clear_empty && !options.import.update) {
    throw UsageError{
        "--clear-empty goes with --update: a new card's empty cells have no other meaning"};
  }
  if (!program.remote()) {
    read_list_options(program, options);
    watch_for_interrupts();  // the API has the whole list at once, and Ctrl-C may end the waiting
  }
  const bool standard = options.file == "-";
  std::ifstream file;
  if (!standard) {
    file.open(options.file, std::ios::binary);
    if (!file || std::filesystem::is_directory(options.file)) {
      throw std::runtime_error{
          fmt::format("cannot read {}: {}", options.file,
                      file ? "it is a folder" : std::generic_category().message(errno))};
    }
  }
  const std::string name = standard ? "standard input" : options.file;
  const OpenList list{.csv = standard ? std::cin : file,
                      .name = name,
                      .size = standard ? 0 : size_of(options.file)};
  ImportResult result;
  try {
    result = program.remote() ? import_into_daemon(program, options, list)
                              : import_into_store(program, options, list);
  } catch (const OperationError& error) {
    throw std::runtime_error{fmt::format("{}: {}", name, error.what())};
  }
  complain_of_others(result);
  (options.import.dry_run || result.refused > 0 ? print_result : print_change)(
      program.json, [&](JsonText& json) { write_import(json, result, options.import.dry_run); },
      [&] { print(result, options.import); });
  if (const std::string doubt = doubt_text(result.list); !doubt.empty()) {
    complain("warning: " + doubt);
  }
  note_cells_not_taken(result);
  warn_of_luhn(result);
  return result.refused == 0 ? success : failure;
}

}  // namespace

Action card_import_verb(Arguments& arguments) {
  auto options = std::make_shared<CardImportOptions>();
  arguments.required("FILE", options->file, "CSV with a header; - is standard input");
  arguments.flag("--trust-zeros", options->import.trust_zeros,
                 "Takes an ICCID of 15 digits and then only zeros for what it says; else it is "
                 "refused as what a spreadsheet made of another, unless its check digit is right");
  arguments.flag("--update", options->import.update,
                 "Rows of cards that are in the store change them; else one with other values is "
                 "refused");
  arguments.flag(
      "--clear-empty", options->import.clear_empty,
      "With --update: an empty cell clears the field; else it leaves the field as it is");
  arguments.flag("--strict", options->import.strict,
                 "All or nothing: if a row is refused, no row is imported");
  arguments.option("--rejects", options->rejects,
                   "Writes every refused row to this CSV file: line, reason");
  arguments.flag("--dry-run", options->import.dry_run,
                 "Does all of it on a copy of the store and says what would change");
  arguments.option("--map", options->list.map,
                   "A list with other columns: the mapping, a file or the name of one that comes "
                   "along, such as airvantage");
  arguments.option("--encoding", options->list.encoding,
                   "Encoding of the list, such as gb18030; found by itself where it is certain");
  arguments.option("--delimiter", options->list.delimiter,
                   "What is between columns: \",\", \";\", \"|\", tab, blanks; found by itself "
                   "where it is certain");
  arguments.zone(options->zone);
  arguments.footer(std::string{R"(
The header names the columns in any order: iccid, any field of a card, and product and
device for the device to bind it to; what card export writes can be imported. A list with
other columns, words or units needs a mapping (--map): examples/lists/README.md has what it
may say. --dry-run shows how the list is read: encoding, delimiter, the line of the header,
which column becomes which field, what is not used, and the first card. Good rows
are imported; each of the first 100 bad ones is named on standard error as FILE:LINE:
reason, and then the exit status is 1; --rejects has all of them. A row that says what the
store has is unchanged and no mistake. First the whole list is read: an import that fails
or is interrupted until then leaves nothing in the store. Then its rows are imported a few
at a time, and a running daemon works on in between. If that is cut short, the daemon or
the next iotcardctl that changes the store finishes it. A dry run works on a copy of the
store in the folder for temporary files.
A line that repeats an earlier one is harmless; one that names the same card with other
values is refused. An ICCID of 19 digits and the same with its check digit are one card: if
the store has it in the other spelling, that card is meant.
With --update, fields without a column stay, and so do the store's own times. An empty
cell leaves the field as it is, since lists have cells that nobody filled in. product and
device bind a free card to a free device; where either is bound to another, the row is
refused.)"} + time_help +
                   R"(
With --json, one object: rows, imported (added + updated), added, updated, unchanged,
refused, bound, settled (mismatches), luhn_invalid and luhn_first (the first ICCIDs whose
last digit is wrong), dry_run, changes: of the first 20 cards that are updated, iccid and
fields, each with field, before and after as text; and problems: of the first 100 rows
that were refused, line and reason; and list, how the list was read: encoding, delimiter,
header_line (0 for none), columns (column and field), constants (field and value), unused
columns, missing (fields of the mapping without a column), passed_over (rows) and
passed_lines (the first ten), and first: the first card; and stored_before: of the refused
rows those of cards that are stored with other values, and withheld: --strict imported
nothing.)");
  return [options](Program& program) { return import_cards(program, *options); };
}

}  // namespace iotcard
