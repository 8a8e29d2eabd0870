// SPDX-License-Identifier: Apache-2.0
#include "scale/imports.h"

#include <fmt/format.h>
#include <fmt/os.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "load/fleet.h"
#include "support/process.h"
#include "support/wait.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours import_patience{3};

// What carriers' lists have, and for the shell every column of the table.
void write_csv(const std::string& path, std::int64_t cards, bool all_columns) {
  auto out = fmt::output_file(path);
  out.print("{}iccid,msisdn,operator,platform,plan,status,used_bytes,limit_bytes,expires_at\n",
            all_columns ? "all of: " : "");
  for (std::int64_t i = 0; i < cards; ++i) {
    const std::string iccid = Fleet::card(i);
    const std::int64_t number = 86'106'400'000'000 + i;
    const std::int64_t used = i * 7919 % 31'000'000;
    const std::int64_t day = 1 + i % 28;
    if (all_columns) {
      out.print(
          "{},{},,{},,,,operator {},{},30 "
          "MB,active,unknown,,,{},40000000,,card,,,,,2031-01-{:02}T00"
          ":00:00.000Z,,,,2026-11-23T20:51:00.123Z,2026-11-23T20:51:00.123Z,,\n",
          i + 1, iccid, number, i % 5, i % 4 + 1, used, day);
    } else {
      out.print("{},{},operator {},{},30 MB,active,{},40000000,2031-01-{:02}\n", iccid, number,
                i % 5, i % 4 + 1, used, day);
    }
  }
}

double run(const std::vector<std::string>& command, const std::string& output,
           const std::string& input = "") {
  const auto begin = std::chrono::steady_clock::now();
  Process process{{.command = command, .output = output, .env = {}, .input = input}};
  if (process.wait(import_patience) != 0) throw std::runtime_error(process.tail());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

ImportTimes compare_imports(const std::string& folder, const std::string& store,
                            std::int64_t cards) {
  ImportTimes times;
  const std::string csv = folder + "/cards.csv";
  write_csv(csv, cards, false);
  times.ours =
      run({IOTCARDCTL, "--store", "sqlite:" + store, "card", "import", csv}, folder + "/import");

  const std::string database = folder + "/shell.db";
  write_csv(csv, cards, true);
  // As large a cache as ours, and no rollback journal to write: what an operator would try.
  const std::string settings = "PRAGMA journal_mode = WAL;\nPRAGMA cache_size = -32768;\n";
  const std::string script = folder + "/import.sql";
  write_file(script, settings + read_file(IOTCARD_SCALE "/import.sql") +
                         fmt::format(".import --csv --skip 1 {} card\n", csv));
  times.shell = run({"sqlite3", "-bail", database}, folder + "/shell", script);
  write_file(script, settings + "INSERT INTO card_text (card_text) VALUES ('rebuild');\n");
  times.search = run({"sqlite3", "-bail", database}, folder + "/shell-text", script);
  for (const char* const rest : {"", "-wal", "-shm"}) fs::remove(database + rest);
  fs::remove(csv);
  return times;
}

}  // namespace iotcard
