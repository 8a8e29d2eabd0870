// SPDX-License-Identifier: Apache-2.0
// output.h - The shapes in which a verb prints what it read: an aligned table, names with values,
// or JSON. Lists are printed as rows come in, so a long list takes little memory. Text for people
// is escaped. The main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "base/time.h"
#include "operations/listing.h"
#include "terminal.h"

namespace iotcard {

struct TableRow {
  std::vector<std::string> cells;
  Colour colour = Colour::none;
};

// Column widths are those of the first thousand rows. On a terminal the table is made to fit:
// see table_layout.h.
class Table {
 public:
  // What happens to cells that are wider than their column may be on a terminal.
  enum class TooWide : std::uint8_t { cut, wrap };
  explicit Table(std::vector<std::string> header, TooWide too_wide = TooWide::cut);
  void add(TableRow row);
  // Prints what is left, or `none` if there was no row at all.
  void finish(std::string_view none);

 private:
  void flush(bool complete);
  void print(const TableRow& row) const;

  const std::vector<std::string> header_;
  const TooWide too_wide_;
  std::vector<TableRow> rows_;
  std::vector<std::size_t> widths_;  // 0: the column is left out
  std::size_t gap_ = 2;
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

using WriteJson = std::function<void(JsonText&)>;

// One JSON value on a line of its own.
void print_json(const WriteJson& write);
// The same, or what `print` prints for a person. Returns ExitStatus success.
int print_result(bool json, const WriteJson& write, const std::function<void()>& print);

class JsonArray {
 public:
  void add(const WriteJson& write);
  void finish();

 private:
  bool begun_ = false;
};

// The rows of a list verb as JSON or as a table, `limit` at most, 0 for all. One row more is read,
// so that finish() can say on standard error that there are more.
class ListPrinter {
 public:
  ListPrinter(bool json, std::vector<std::string> header, std::string_view none,
              std::int64_t limit = no_limit)
      : json_(json), limit_(limit), none_(none), table_(std::move(header)) {}
  void add(const WriteJson& write, const std::function<TableRow()>& row);
  int finish();  // ExitStatus success

  template <typename Row, typename Write, typename MakeRow>
  int print(const RowList<Row>& list, const Write& write, const MakeRow& make_row) {
    each_row(list, limit_ == no_limit ? no_limit : limit_ + 1, [&](const Row& row) {
      add([&](JsonText& json) { write(json, row); }, [&] { return make_row(row); });
    });
    return finish();
  }

 private:
  const bool json_;
  const std::int64_t limit_;
  const std::string none_;
  std::int64_t rows_ = 0;
  JsonArray array_;
  Table table_;
};

void say_released(const Binding& binding);
// "2026-11-23 20:51:00", UTC; "" for none.
std::string printable(Instant time);
std::string printable(const std::optional<Instant>& time);
std::string printable(const std::optional<std::int64_t>& number);
// The value of a card's field: a number as it is, a text in quotes, "nothing" for none.
std::string printable_value(std::string_view field, const std::string& value);
std::string printable_bytes(const std::optional<std::int64_t>& bytes);  // "7000000 (6.68 MiB)"

}  // namespace iotcard
