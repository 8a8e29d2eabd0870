// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/byte_size.h"

namespace iotcard {
namespace {

constexpr std::size_t measured_rows = 1000;

}  // namespace

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {}

void Table::finish(std::string_view none) {
  flush();
  if (!flushed_) fmt::print("{}\n", none);
}

void Table::add(std::vector<std::string> row, Colour colour) {
  for (std::string& cell : row) cell = escape_controls(cell);
  if (flushed_) return print({std::move(row), colour});
  rows_.push_back({std::move(row), colour});
  if (rows_.size() == measured_rows) flush();
}

void Table::flush() {
  if (flushed_ || rows_.empty()) return;
  flushed_ = true;
  for (const std::string& name : header_) widths_.push_back(columns(name));
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      widths_[i] = std::max(widths_[i], columns(row.cells[i]));
    }
  }
  print({header_, Colour::grey});
  for (const Row& row : rows_) print(row);
  rows_.clear();
}

void Table::print(const Row& row) const {
  std::string line;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    line += row.cells[i];
    const std::size_t taken = columns(row.cells[i]);
    line.append(widths_[i] > taken ? widths_[i] - taken : 0, ' ').append("  ");
  }
  line.erase(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", coloured(line, row.colour));
}

void Facts::add(std::string_view name, std::string_view value, Colour colour) {
  if (!value.empty()) facts_.push_back({std::string{name}, escape_controls(value), colour});
}

void Facts::print() const {
  std::size_t width = 0;
  for (const Fact& fact : facts_) width = std::max(width, fact.name.size());
  for (const Fact& fact : facts_) {
    fmt::print("{:<{}}  {}\n", fact.name, width, coloured(fact.value, fact.colour));
  }
}

void JsonArray::add(std::string_view value) {
  fmt::print("{}\n{}", begun_ ? "," : "[", value);
  begun_ = true;
}

void JsonArray::finish() {
  fmt::print("{}]\n", begun_ ? "\n" : "[");
}

void ShownRows::finish() const {
  if (limit_ == 0 || rows_ <= limit_) return;
  std::fflush(stdout);  // in this order where both go to one place
  complain(fmt::format("the first {} {} shown; --limit 0 shows all", limit_,
                       limit_ == 1 ? "is" : "are"));
}

std::string shown(Instant time) {
  std::string text = to_rfc3339(time).substr(0, 19);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string shown(const std::optional<Instant>& time) {
  return time ? shown(*time) : std::string{};
}

std::string shown(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : std::string{};
}

std::string shown_bytes(const std::optional<std::int64_t>& bytes) {
  return bytes ? fmt::format("{} ({})", *bytes, show_byte_size(*bytes)) : std::string{};
}

std::string joined(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace iotcard
