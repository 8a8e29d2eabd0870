// SPDX-License-Identifier: Apache-2.0
// card import.
#include "operations/card_import.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "domain/json_text.h"
#include "program.h"
#include "terminal.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct Options {
  std::string file;
  ImportOptions import;
};

// Bytes; 0 if that is not known beforehand.
std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

void print_json(const ImportResult& result, bool dry_run) {
  JsonText json;
  json.begin_object()
      .member("rows", result.rows)
      .member("imported", result.imported)
      .member("refused", result.refused)
      .member("bound", result.bound)
      .member("settled", result.settled)
      .member("dry_run", dry_run)
      .end_object();
  fmt::print("{}\n", json.view());
}

void print(const ImportResult& result, bool dry_run) {
  fmt::print("{}{} of {} rows imported, {} refused", dry_run ? "dry run, nothing stored: " : "",
             result.imported, result.rows, result.refused);
  if (result.bound > 0) fmt::print(", {} bound to a device", result.bound);
  if (result.settled > 0) fmt::print(", {} mismatches settled", result.settled);
  fmt::print("\n");
}

int run(Program& program, const Options& options) {
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
  const auto store = options.import.dry_run ? program.open_store_or_empty() : program.open_store();
  ProgressBar bar{"importing"};
  const std::uint64_t size = standard ? 0 : size_of(options.file);
  const ImportHooks hooks{
      .refused =
          [&](const RowProblem& problem) {
            bar.clear();
            complain(fmt::format("{}:{}: {}", name, problem.line, problem.reason));
          },
      .progress =
          [&](std::int64_t bytes, std::int64_t rows) {
            bar.show(static_cast<std::uint64_t>(bytes), size, rows);
          }};
  ImportResult result;
  try {
    result =
        import_cards(*store, program.context(), standard ? std::cin : file, options.import, hooks);
  } catch (const OperationError& error) {
    throw std::runtime_error{fmt::format("{}: {}", name, error.what())};
  }
  bar.clear();
  program.json ? print_json(result, options.import.dry_run) : print(result, options.import.dry_run);
  return result.refused == 0 ? success : failure;
}

}  // namespace

void add_card_import(CLI::App& card, Program& program) {
  CLI::App* verb = card.add_subcommand("import", "Adds cards from a CSV file");
  auto options = std::make_shared<Options>();
  verb->add_option("FILE", options->file, "CSV with a header; - is standard input")->required();
  verb->add_flag("--trust-zeros", options->import.trust_zeros,
                 "Takes an ICCID of 15 digits and then only zeros for what it says; else it is "
                 "refused as what a spreadsheet made of another");
  verb->add_flag("--dry-run", options->import.dry_run, "Does all of it, then forgets it");
  verb->footer(
      "The header names the columns in any order: iccid, any field of a card, and product and\n"
      "device for the device to bind it to. Good rows are imported in one transaction; each bad\n"
      "one is named on standard error as FILE:LINE: reason, and then the exit status is 1.\n"
      "With --json: one object.");
  verb->callback([&program, options] {
    program.verb = [&program, options] { return run(program, *options); };
  });
}

}  // namespace iotcard
