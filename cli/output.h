// SPDX-License-Identifier: Apache-2.0
// output.h - The shapes in which a verb prints what it read or did: names with values, a table, CSV
// or JSON. Lists are printed as rows come in, so a long list takes little memory. Text for people
// is escaped. The main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "base/time.h"
#include "operations/listing.h"
#include "output_options.h"
#include "table.h"
#include "terminal.h"

namespace iotcard {

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
// The same for a verb that changed something: with --quiet a person is told nothing.
int print_change(bool json, const WriteJson& write, const std::function<void()>& print);

class JsonArray {
 public:
  void add(const WriteJson& write);
  void finish();

 private:
  bool begun_ = false;
};

// A column of a list verb's table.
struct Column {
  // `members`: those of --json that it shows, with blanks between them, if they are not its name;
  // -o wide does not repeat them.
  Column(const char* column_title,
         const char* members = "");  // NOLINT(google-explicit-constructor)

  std::string title;  // "LAST SEEN"
  std::string name;   // "last_seen"
  std::vector<std::string> shows;
};

// The rows of a list verb in the format that was asked for, `limit` at most, 0 for all. One row
// more is read, so that finish() can say on standard error that there are more. Both throw
// UsageError for a column that there is not.
class ListPrinter {
 public:
  ListPrinter(const OutputOptions& options, std::vector<Column> columns, std::string_view none,
              std::int64_t limit = no_limit);
  void add(const WriteJson& write, const std::function<TableRow()>& row);
  // Returns ExitStatus success. `total`: how many rows there are; asked for if some are not shown.
  int finish(const std::function<ListTotal()>& total = {});

  template <typename Row, typename Write, typename MakeRow>
  int print(const RowList<Row>& list, const Write& write, const MakeRow& make_row) {
    each_row(list, limit_ == no_limit ? no_limit : limit_ + 1, [&](const Row& row) {
      add([&](JsonText& json) { write(json, row); }, [&] { return make_row(row); });
    });
    return finish([&] { return total_of(list); });
  }

 private:
  // Where a cell comes from: the table's row, or the JSON.
  struct Source {
    std::string title;
    std::size_t cell = 0;
    std::string member{};  // "": the cell
  };
  using Members = std::vector<std::pair<std::string, std::string>>;  // name and value

  void choose(const Members& members);
  void choose_usual(const Members& members);
  Source find(const std::string& column, const Members& members) const;
  bool needs_members() const;
  void print_csv(const std::vector<std::string>& cells) const;

  const OutputOptions options_;
  const std::vector<Column> columns_;
  const std::int64_t limit_;
  const std::string none_;
  std::int64_t rows_ = 0;
  std::vector<Source> sources_;  // empty until the first row
  JsonArray array_;
  std::optional<Table> table_;
};

// Whether this field of a card is a time.
bool is_time_field(std::string_view field);

void say_released(const Binding& binding);
// --local: from then on printable() has the local zone and its name.
void show_local_times();
bool shows_local_times();
// "2026-11-23 20:51:00Z"; "" for none.
std::string printable(Instant time);
std::string printable(const std::optional<Instant>& time);
std::string printable(const std::optional<std::int64_t>& number);
// The value of a card's field: a number as it is, a text in quotes, "nothing" for none.
std::string printable_value(std::string_view field, const std::string& value);
std::string printable_bytes(const std::optional<std::int64_t>& bytes);  // "7000000 (6.68 MiB)"

}  // namespace iotcard
