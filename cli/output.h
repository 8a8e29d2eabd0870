// SPDX-License-Identifier: Apache-2.0
// output.h - The two shapes in which a verb prints what it read: an aligned table for people, and
// one JSON array for programs. Both print as rows come in, so a long list takes little memory.
// Text in a table is escaped. The main thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "terminal.h"

namespace iotcard {

// Column widths are those of the first thousand rows.
class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row, Colour colour = Colour::none);
  // Prints what is left, or `none` if there was no row at all.
  void finish(std::string_view none);

 private:
  struct Row {
    std::vector<std::string> cells;
    Colour colour;
  };
  void flush();
  void print(const Row& row) const;

  const std::vector<std::string> header_;
  std::vector<Row> rows_;
  std::vector<std::size_t> widths_;
  bool flushed_ = false;
};

// Names and values below each other; a value that is "" is left out.
class Facts {
 public:
  void add(std::string_view name, std::string_view value, Colour colour = Colour::none);
  void print() const;

 private:
  struct Fact {
    std::string name;
    std::string value;
    Colour colour;
  };
  std::vector<Fact> facts_;
};

class JsonArray {
 public:
  void add(std::string_view value);
  void finish();

 private:
  bool begun_ = false;
};

// The rows of a list that are shown: `limit` at most, 0 for all. One more than these is to be read,
// so that a list that was cut off is told from one that ends there.
class ShownRows {
 public:
  explicit ShownRows(std::int64_t limit) : limit_(limit) {}
  std::int64_t to_read() const { return limit_ == 0 ? 0 : limit_ + 1; }
  // Takes a row of any kind, and gives it to `show` unless it is the one too many.
  template <typename Show>
  auto only(const Show& show) {
    return [this, show](const auto& row) {
      if (++rows_ <= limit_ || limit_ == 0) show(row);
    };
  }
  // Says on standard error if there were more.
  void finish() const;

 private:
  const std::int64_t limit_;
  std::int64_t rows_ = 0;
};

// "2026-11-23 20:51:00", UTC; "" for none.
std::string shown(Instant time);
std::string shown(const std::optional<Instant>& time);
std::string shown(const std::optional<std::int64_t>& number);
std::string shown_bytes(const std::optional<std::int64_t>& bytes);  // "7000000 (7.00 MB)"
std::string joined(const std::vector<std::string_view>& words);
std::string joined(const std::vector<std::string>& words);

}  // namespace iotcard
