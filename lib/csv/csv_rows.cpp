// SPDX-License-Identifier: Apache-2.0
#include "csv/csv_rows.h"

#include <fmt/format.h>

#include <ios>
#include <utility>

namespace iotcard {
namespace {

bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

}  // namespace

bool CsvRows::is_delimiter(char c) const {
  return c == format_.delimiter || (c == '\t' && format_.delimiter == CsvFormat::blanks);
}

bool CsvRows::is_blank(char c) const {
  return c == ' ' || (c == '\t' && format_.delimiter != '\t');
}

std::optional<CsvRow> CsvRows::next() {
  row_ = {};
  row_bytes_ = 0;
  bool complete = false;
  while (!complete) {
    if (rest_.empty() && !refill()) {
      complete = end_of_input();
      break;
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    complete = step(c);
    count_line(c);
  }
  if (!complete) return std::nullopt;
  return std::move(row_);
}

bool CsvRows::refill() {
  in_.read(chunk_.data(), static_cast<std::streamsize>(chunk_.size()));
  if (in_.bad()) throw std::ios_base::failure("the CSV file cannot be read on");
  rest_ = {chunk_.data(), static_cast<std::size_t>(in_.gcount())};
  return !rest_.empty();
}

void CsvRows::count_line(char c) {
  const bool second_half = c == '\n' && before_ == '\r';
  if (is_line_end(c) && !second_half) ++line_;
  before_ = c;
}

// True if the character completes the row.
bool CsvRows::step(char c) {
  switch (state_) {
    case State::preamble:
      if (is_line_end(c) && !(c == '\n' && before_ == '\r') && line_ >= format_.skipped_lines) {
        state_ = State::row_begin;
      }
      return false;
    case State::row_begin:
      if (is_blank(c) || is_line_end(c)) return false;
      row_.line = line_;
      state_ = State::field_begin;
      [[fallthrough]];
    case State::field_begin:
      if (is_blank(c)) return false;
      if (c == '=') {
        state_ = State::equals;
        return false;
      }
      if (c == '"') {
        state_ = State::quoted;
        return false;
      }
      state_ = State::plain;
      break;
    case State::equals:
      if (c == '"') {
        state_ = State::quoted;
        return false;
      }
      field_ += '=';
      state_ = State::plain;
      break;
    case State::plain:
      break;
    case State::quoted:
    case State::quote:
    case State::closed:
      return step_in_quotes(c);
    case State::skipping:
      if (is_line_end(c)) state_ = State::row_begin;
      return false;
  }
  if (is_delimiter(c) || is_line_end(c)) {
    while (!field_.empty() && is_blank(field_.back())) field_.pop_back();
    return end_field(c);
  }
  if (c == '"') return refuse({"a quote stands inside a field that is not quoted"}, c);
  field_ += c;
  if (field_.size() <= max_field_bytes) return false;
  return refuse({fmt::format("a field is longer than {} bytes", max_field_bytes)}, c);
}

bool CsvRows::step_in_quotes(char c) {
  if (state_ == State::quoted && c == '"') {
    state_ = State::quote;
    return false;
  }
  if (state_ == State::quoted || (state_ == State::quote && c == '"')) {
    state_ = State::quoted;
    field_ += c;
    if (field_.size() <= max_field_bytes) return false;
    return refuse({fmt::format("a field is longer than {} bytes, perhaps because a closing quote "
                               "is missing; everything up to line {} was skipped",
                               max_field_bytes, line_)},
                  c);
  }
  if (is_delimiter(c) || is_line_end(c)) return end_field(c);
  if (!is_blank(c)) return refuse({"text stands behind a closing quote"}, c);
  state_ = State::closed;
  return false;
}

// True if it completes a last row without a line end.
bool CsvRows::end_of_input() {
  const State last = std::exchange(state_, State::row_begin);
  if (last == State::row_begin || last == State::skipping || last == State::preamble) return false;
  if (last == State::quoted) return refuse({"a field's opening quote is never closed"}, '\n');
  state_ = last;
  return step('\n');
}

bool CsvRows::end_field(char separator) {
  row_bytes_ += field_.size() + 1;
  row_.fields.push_back(std::exchange(field_, {}));
  if (row_bytes_ > max_row_bytes) {
    return refuse({fmt::format("the row is longer than {} bytes", max_row_bytes)}, separator);
  }
  state_ = is_line_end(separator) ? State::row_begin : State::field_begin;
  return state_ == State::row_begin;
}

// `c` is the character that shows the problem.
bool CsvRows::refuse(Problem problem, char c) {
  field_.clear();
  row_.fields.clear();
  row_.problem = std::move(problem);
  state_ = is_line_end(c) ? State::row_begin : State::skipping;
  return true;
}

}  // namespace iotcard
