// SPDX-License-Identifier: Apache-2.0
// card export.
#include "operations/card_export.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "card_selection.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

// A file that is replaced whole or not at all: it is written under another name and renamed when it
// is finished. "-" is standard output; what is no regular file, such as a pipe, is written to
// directly. Throws std::runtime_error that names the file.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();  // without finish(), deletes what was written
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  bool standard() const { return path_ == "-"; }
  void write(std::string_view text);
  void finish();  // writes to the disk and renames

 private:
  [[noreturn]] void fail() const;  // by errno
  void open_beside();

  std::string path_;
  std::string temporary_;  // "": written to directly
  std::FILE* file_ = nullptr;
};

// What open() would give a new file.
mode_t usual_mode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (standard()) {
    file_ = stdout;
    return;
  }
  std::error_code unknown;
  const std::filesystem::path target = std::filesystem::canonical(path_, unknown);
  if (!unknown) path_ = target.string();  // a link stays, what it points to is replaced
  if (!unknown && !std::filesystem::is_regular_file(target)) {
    file_ = std::fopen(path_.c_str(), "wbe");
    if (file_ == nullptr) fail();
    return;
  }
  open_beside();
}

void OutputFile::open_beside() {
  std::string name = path_ + ".XXXXXX";
  const int descriptor = mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) fail();
  temporary_ = std::move(name);
  struct stat existing {};
  const bool replaces = stat(path_.c_str(), &existing) == 0;
  file_ = fdopen(descriptor, "wb");
  if (file_ == nullptr) fail();
  // Whose file it was, as far as this user may say so.
  if (replaces && existing.st_uid != geteuid()) {
    [[maybe_unused]] const int kept = fchown(descriptor, existing.st_uid, existing.st_gid);
  }
  if (fchmod(descriptor, replaces ? existing.st_mode & 0777 : usual_mode()) != 0) fail();
}

OutputFile::~OutputFile() {
  if (file_ != nullptr && !standard()) std::fclose(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
}

void OutputFile::finish() {
  if (std::fflush(file_) != 0) fail();
  if (standard()) return;
  if (!temporary_.empty() && fsync(fileno(file_)) != 0) fail();
  const int closed = std::fclose(std::exchange(file_, nullptr));
  if (closed != 0) fail();
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail();
  temporary_.clear();
}

void OutputFile::fail() const {
  const int error = errno;
  if (!temporary_.empty()) unlink(temporary_.c_str());  // also where the constructor fails
  throw std::runtime_error{"cannot write " + (standard() ? "to standard output" : path_) + ": " +
                           std::generic_category().message(error)};
}

struct CardExportOptions {
  std::string path = "-";
  CardSelection selection;
};

// The failures are those of a list.
std::int64_t write_cards(Program& program, OutputFile& file, const CardSelection& selection,
                         std::vector<CardFailure>& failed) {
  const auto store = program.open_existing_store();
  const Context context = program.context();
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
    SelectedCards selected = select_cards(*store, context, selection);
    total = std::ssize(selected.cards);
    failed = std::move(selected.failed);
    return export_listed_cards(*store, context, selected.cards, format, write);
  }
  try {
    const CardQuery query = query_of(selection.filters, context.now);
    if (!file.standard()) total = card_rows(*store, context, query).count(count_all);
    return export_cards(*store, context, query, format, write);
  } catch (const OperationError& error) {  // only the filter can be wrong
    throw UsageError{error.what()};
  }
}

int export_to_file(Program& program, const CardExportOptions& options) {
  watch_for_interrupts();
  OutputFile file{options.path};
  std::vector<CardFailure> failed;
  const std::int64_t count = write_cards(program, file, options.selection, failed);
  file.finish();
  if (!file.standard()) {
    print_result(
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
