// SPDX-License-Identifier: Apache-2.0
// libcsv says neither where it is nor how long a field has become. So it gets one line at a time,
// and what it holds is looked at in between.
#include "csv/csv_rows.h"

#include <csv.h>
#include <fmt/format.h>

#include <array>
#include <deque>
#include <exception>
#include <ios>
#include <new>
#include <string_view>
#include <utility>

namespace iotcard {
namespace {

constexpr std::size_t chunk_bytes = 16 * 1024;
constexpr std::size_t beginning_bytes = 4 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool ends_line(std::string_view text) {
  return text.ends_with('\n') || text.ends_with('\r');
}

}  // namespace

class CsvRows::Parser {
 public:
  explicit Parser(std::istream& in) : in_(in) { open(); }
  ~Parser() { csv_free(&csv_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  std::optional<CsvRow> next() {
    while (ready_.empty() && !ended_) step();
    if (ready_.empty()) return std::nullopt;
    CsvRow row = std::move(ready_.front());
    ready_.pop_front();
    return row;
  }

  std::int64_t bytes_read() const { return bytes_read_; }
  const std::string& beginning() const { return beginning_; }

 private:
  void open() {
    if (csv_init(&csv_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc{};
  }

  void step() {
    if (rest_.empty()) refill();
    if (rest_.empty()) {
      finish();
      return;
    }
    const std::size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end == rest_.npos ? end : end + 1);
    rest_.remove_prefix(line.size());
    bytes_read_ += static_cast<std::int64_t>(line.size());
    feed(line);
    count_line(line);
  }

  void refill() {
    const bool first = bytes_read_ == 0;
    in_.read(chunk_.data(), static_cast<std::streamsize>(chunk_.size()));
    if (in_.bad()) throw std::ios_base::failure("the CSV file cannot be read on");
    rest_ = {chunk_.data(), static_cast<std::size_t>(in_.gcount())};
    if (first) beginning_ = rest_.substr(0, beginning_bytes);
    if (first && rest_.starts_with(byte_order_mark)) {
      rest_.remove_prefix(byte_order_mark.size());
      bytes_read_ += static_cast<std::int64_t>(byte_order_mark.size());
    }
  }

  // A line, or a part of a long one.
  void feed(std::string_view line) {
    if (skipping_) {
      skipping_ = !ends_line(line);
      return;
    }
    if (!row_begun_ && is_blank(line)) return;
    if (!row_begun_) row_line_ = line_;
    row_begun_ = true;
    const std::string_view text = without_formulas(line);
    const std::size_t parsed = csv_parse(&csv_, text.data(), text.size(), on_field, on_row, this);
    if (failure_) std::rethrow_exception(failure_);
    if (parsed != text.size()) {
      give_up("a quote stands inside a field that is not quoted, or text behind a closing quote",
              line);
    } else if (csv_.entry_pos > max_field_bytes) {
      give_up(fmt::format("a field is longer than {} bytes, perhaps for want of a closing quote; "
                          "everything up to line {} was passed over",
                          max_field_bytes, line_),
              line);
    } else if (row_bytes_ > max_row_bytes) {
      give_up(fmt::format("the row is longer than {} bytes", max_row_bytes), line);
    }
  }

  // The equals sign of a field that begins with =" is left out.
  std::string_view without_formulas(std::string_view line) {
    if (!quoted_ && !held_equals_ && ends_line(line) && line.find('=') == line.npos &&
        line.find('"') == line.npos) {
      return line;
    }
    text_.clear();
    for (const char c : line) {
      if (std::exchange(held_equals_, false) && c != '"') text_ += '=';
      if (c == '=' && field_begins_) {
        field_begins_ = false;
        held_equals_ = true;
        continue;
      }
      if (c == '"') quoted_ = !quoted_;
      field_begins_ = !quoted_ && (c == ',' || (field_begins_ && c == ' '));
      text_ += c;
    }
    return text_;
  }

  // Goes on with the next line.
  void give_up(std::string problem, std::string_view line) {
    ready_.push_back({row_line_, {}, std::move(problem)});
    begin_row();
    csv_free(&csv_);
    open();
    skipping_ = !ends_line(line);
  }

  void finish() {
    ended_ = true;
    if (held_equals_) csv_parse(&csv_, "=", 1, on_field, on_row, this);
    if (csv_fini(&csv_, on_field, on_row, this) != 0) {
      ready_.push_back({row_line_, {}, "a field's opening quote is never closed"});
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  void begin_row() {
    fields_.clear();
    row_bytes_ = 0;
    long_field_ = false;
    row_begun_ = false;
    quoted_ = false;
    field_begins_ = true;
    held_equals_ = false;
  }

  void count_line(std::string_view line) {
    const bool second_half = line == "\n" && after_return_;
    if (ends_line(line) && !second_half) ++line_;
    after_return_ = line.ends_with('\r');
  }

  void add_field(std::string_view field) {
    row_bytes_ += field.size() + 1;
    if (field.size() > max_field_bytes) long_field_ = true;
    if (row_bytes_ <= max_row_bytes) fields_.emplace_back(field);
  }

  void add_row() {
    CsvRow row{row_line_, std::move(fields_), {}};
    if (long_field_) row.problem = fmt::format("a field is longer than {} bytes", max_field_bytes);
    if (row_bytes_ > max_row_bytes) {
      row.problem = fmt::format("the row is longer than {} bytes", max_row_bytes);
    }
    ready_.push_back(std::move(row));
    begin_row();
  }

  static void on_field(void* text, std::size_t size, void* self) noexcept {
    auto* parser = static_cast<Parser*>(self);
    try {
      parser->add_field({static_cast<const char*>(text), size});
    } catch (...) {
      parser->failure_ = std::current_exception();
    }
  }

  static void on_row(int /*terminator*/, void* self) noexcept {
    auto* parser = static_cast<Parser*>(self);
    try {
      parser->add_row();
    } catch (...) {
      parser->failure_ = std::current_exception();
    }
  }

  std::istream& in_;
  csv_parser csv_{};
  std::array<char, chunk_bytes> chunk_{};
  std::string_view rest_;  // of the chunk
  std::string beginning_;
  std::int64_t bytes_read_ = 0;
  std::int64_t line_ = 1;
  bool after_return_ = false;  // the line before ended in CR: an LF belongs to it
  bool skipping_ = false;      // to the end of the line

  std::int64_t row_line_ = 1;
  bool row_begun_ = false;
  bool quoted_ = false;       // what is to come stands in quotes
  bool field_begins_ = true;  // nothing but blanks since the separator
  bool held_equals_ = false;  // with which a field begins; it goes with a quote behind it
  std::string text_;          // of the line, without such
  std::vector<std::string> fields_;
  std::size_t row_bytes_ = 0;
  bool long_field_ = false;
  std::deque<CsvRow> ready_;
  std::exception_ptr failure_;  // from within libcsv
  bool ended_ = false;
};

CsvRows::CsvRows(std::istream& in) : parser_(std::make_unique<Parser>(in)) {}
CsvRows::~CsvRows() = default;

std::optional<CsvRow> CsvRows::next() {
  return parser_->next();
}

const std::string& CsvRows::beginning() const {
  return parser_->beginning();
}

std::int64_t CsvRows::bytes_read() const {
  return parser_->bytes_read();
}

}  // namespace iotcard
