// SPDX-License-Identifier: Apache-2.0
#include "csv/list_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "csv/csv_cell.h"

namespace iotcard {
namespace {

constexpr std::array<char, 4> usual_delimiters{',', ';', '\t', '|'};

// A text as its lines: CR LF, LF or CR end one.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    for (std::size_t at = 0; at < text.size();) {
      begins_.push_back(at);
      const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
      ends_.push_back(end);
      at = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
    }
  }

  std::size_t count() const { return begins_.size(); }
  std::string_view operator[](std::size_t line) const {
    return text_.substr(begins_[line], ends_[line] - begins_[line]);
  }
  std::string_view from(std::size_t line) const {
    return line < count() ? text_.substr(begins_[line]) : std::string_view{};
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> begins_;
  std::vector<std::size_t> ends_;
};

// The first row of a text; empty if it cannot be read.
std::vector<std::string> first_row(std::string_view text, char delimiter) {
  std::istringstream in{std::string{text}};
  const auto row = CsvRows{in, {.delimiter = delimiter}}.next();
  return row ? row->fields : std::vector<std::string>{};
}

// "sep=;", as spreadsheets write and read it.
std::optional<char> separator_line(std::string_view line) {
  if (line.starts_with('"') && line.ends_with('"') && line.size() > 1) {
    line = line.substr(1, line.size() - 2);
  }
  constexpr std::string_view begin = "sep=";
  if (line.size() != begin.size() + 1) return std::nullopt;
  if (!equal_ignoring_case(line.substr(0, begin.size()), begin)) return std::nullopt;
  return line.back();
}

class LayoutFinder {
 public:
  LayoutFinder(std::string_view beginning, const LayoutWishes& wishes)
      : lines_(beginning), mapping_(wishes.mapping), delimiter_(wishes.delimiter) {
    if (!delimiter_ && mapping_ != nullptr) delimiter_ = mapping_->delimiter;
  }

  std::variant<CsvFormat, Problem> find() {
    take_separator_line();
    if (mapping_ != nullptr) {
      if (auto problem = find_first_line()) return *problem;
    }
    if (!delimiter_) {
      if (auto problem = find_delimiter()) return *problem;
    }
    return CsvFormat{.delimiter = *delimiter_, .skipped_lines = std::int64_t(first_)};
  }

 private:
  void take_separator_line() {
    if (lines_.count() == 0) return;
    const auto separator = separator_line(lines_[0]);
    if (!separator) return;
    if (!delimiter_) delimiter_ = separator;
    first_ = 1;
  }

  Check find_first_line() {
    if (mapping_->skip_lines > 0) first_ = static_cast<std::size_t>(mapping_->skip_lines);
    if (!mapping_->after_line.empty()) return find_line_before();
    if (!mapping_->header_has.empty()) return find_header();
    return std::nullopt;
  }

  Check find_line_before() {
    for (std::size_t line = first_; line < lines_.count(); ++line) {
      if (!matches_glob(mapping_->after_line, std::string{trim(lines_[line])})) continue;
      first_ = line + 1;
      return std::nullopt;
    }
    return Problem{
        fmt::format("none of the first {} lines matches \"{}\" (after_line in the mapping)",
                    lines_.count(), printable(mapping_->after_line))};
  }

  Check find_header() {
    const std::string wanted = fold_name(mapping_->header_has);
    for (std::size_t line = first_; line < lines_.count(); ++line) {
      const bool found = std::ranges::any_of(candidates(), [&](char delimiter) {
        return contains(first_row(lines_.from(line), delimiter), wanted, fold_name);
      });
      if (!found) continue;
      first_ = line;
      return std::nullopt;
    }
    return Problem{
        fmt::format("none of the first {} lines has the column \"{}\" (header_has in the mapping)",
                    lines_.count(), printable(mapping_->header_has))};
  }

  // Certain if the ICCID is there with one delimiter only, or if the row is one column in any case.
  Check find_delimiter() {
    std::vector<char> fitting;
    std::size_t most = 0;
    for (const char delimiter : candidates()) {
      const std::vector<std::string> row = first_row(lines_.from(first_), delimiter);
      if (has_iccid(row)) fitting.push_back(delimiter);
      if (row.size() > most) {
        most = row.size();
        delimiter_ = delimiter;  // the best to name the columns with, if no ICCID is found
      }
    }
    if (!delimiter_) delimiter_ = usual_delimiters[0];
    if (fitting.size() == 1) delimiter_ = fitting[0];
    if (fitting.size() <= 1 || most == 1) return std::nullopt;
    return Problem{fmt::format(
        "the columns may be separated by {}: say which by delimiter = \"…\" under [file] of the "
        "mapping, or by --delimiter",
        join(fitting, " or ", [](char c) { return delimiter_name(c); }))};
  }

  bool has_iccid(const std::vector<std::string>& row) const {
    if (mapping_ == nullptr) return contains(row, std::string{"iccid"}, fold_name);
    const auto field =
        std::ranges::find(mapping_->fields, MappedField::Kind::iccid, &MappedField::kind);
    if (field == mapping_->fields.end()) return false;
    if (field->number > 0) {
      if (field->number > row.size()) return false;
      if (mapping_->header) return true;
      const std::string cell = read_csv_cell(row[field->number - 1]);
      return Iccid::read(cell).iccid.has_value();
    }
    return std::ranges::any_of(field->columns, [&](const std::string& name) {
      return contains(row, fold_name(name), fold_name);
    });
  }

  std::vector<char> candidates() const {
    if (delimiter_) return {*delimiter_};
    return {usual_delimiters.begin(), usual_delimiters.end()};
  }

  Lines lines_;
  const ListMapping* mapping_;
  std::optional<char> delimiter_;
  std::size_t first_ = 0;  // of the lines: where header or rows begin
};

}  // namespace

std::variant<CsvFormat, Problem> find_layout(std::string_view beginning,
                                             const LayoutWishes& wishes) {
  return LayoutFinder{beginning, wishes}.find();
}

}  // namespace iotcard
