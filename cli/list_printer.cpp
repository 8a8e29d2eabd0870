// SPDX-License-Identifier: Apache-2.0
// ListPrinter of output.h: one row is read as the table's cells and as JSON, and columns are chosen
// from both.
#include <fmt/core.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

#include "base/nearest_name.h"
#include "base/text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "csv/csv_cell.h"
#include "output.h"
#include "program.h"

namespace iotcard {
namespace {

using Value = rapidjson::Value;

std::string json_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

// A number keeps its digits, since it was parsed as a text.
std::string cell_text(const Value& value) {
  if (value.IsNull()) return {};
  if (value.IsString()) return {value.GetString(), value.GetStringLength()};
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsObject() && value.HasMember("product") && value.HasMember("device")) {
    return fmt::format("{}/{}", cell_text(value["product"]), cell_text(value["device"]));
  }
  const bool flat = value.IsArray() && std::ranges::none_of(value.GetArray(), [](const Value& one) {
                      return one.IsObject() || one.IsArray();
                    });
  return flat ? join(value.GetArray(), ",", cell_text) : json_of(value);
}

std::vector<std::pair<std::string, std::string>> members_of(const WriteJson& write) {
  JsonText json;
  write(json);
  rapidjson::Document object;
  object.Parse<rapidjson::kParseNumbersAsStringsFlag>(json.view().data(), json.view().size());
  std::vector<std::pair<std::string, std::string>> members;
  if (!object.IsObject()) return members;
  for (const auto& member : object.GetObject()) {
    members.emplace_back(cell_text(member.name), cell_text(member.value));
  }
  return members;
}

// A time of the JSON as the other times of a table.
std::string for_people(const std::string& value) {
  constexpr std::string_view like = "2026-11-23T20:51:00.123Z";
  const auto time =
      value.size() == like.size() && value[10] == 'T' ? parse_time(value) : std::nullopt;
  return time ? printable(*time) : value;
}

// "LAST SEEN" as "last_seen".
std::string name_of_title(std::string_view title) {
  std::string name = to_lower(title);
  std::ranges::replace(name, ' ', '_');
  return name;
}

std::string title_of_name(std::string_view name) {
  std::string title = to_upper(name);
  std::ranges::replace(title, '_', ' ');
  return title;
}

}  // namespace

Column::Column(const char* column_title, const char* members)
    : title(column_title), name(name_of_title(title)) {
  for (const std::string_view member : split(members, ' ')) shows.emplace_back(member);
}

ListPrinter::ListPrinter(const OutputOptions& options, std::vector<Column> columns,
                         std::string_view none, std::int64_t limit)
    : options_(options), columns_(std::move(columns)), limit_(limit), none_(none) {}

void ListPrinter::add(const WriteJson& write, const std::function<TableRow()>& row) {
  if (++rows_ > limit_ && limit_ != no_limit) return;
  if (options_.json()) return array_.add(write);
  const Members members = needs_members() ? members_of(write) : Members{};
  if (sources_.empty()) choose(members);
  const bool cells_are_used =
      std::ranges::any_of(sources_, [](const Source& source) { return source.member.empty(); });
  TableRow made = cells_are_used || options_.format != OutputFormat::csv ? row() : TableRow{{}};
  const bool csv = options_.format == OutputFormat::csv;
  std::vector<std::string> cells;
  for (const Source& source : sources_) {
    if (source.member.empty()) {
      cells.push_back(made.cells[source.cell]);
      continue;
    }
    const auto member = std::ranges::find(members, source.member, &Members::value_type::first);
    const std::string value = member != members.end() ? member->second : "";
    cells.push_back(csv ? value : for_people(value));
  }
  if (csv) return print_csv(cells);
  table_->add({std::move(cells), made.colour});
}

int ListPrinter::finish(const std::function<ListTotal()>& total) {
  if (options_.json()) {
    array_.finish();
  } else if (table_) {
    table_->finish("");
  } else if (options_.format != OutputFormat::csv) {
    fmt::print("{}\n", none_);
  } else if (options_.header && rows_ == 0 && !options_.columns.empty()) {
    print_csv(options_.columns);
  }
  if (limit_ == no_limit || rows_ <= limit_) return success;
  std::fflush(stdout);  // in this order where both go to one place
  const ListTotal all = total ? total() : ListTotal{rows_, true};
  hint(fmt::format("the first {} of {}{} {} shown; --limit 0 shows all", limit_,
                   all.is_lower_bound ? "more than " : "",
                   all.is_lower_bound && !total ? limit_ : all.rows, limit_ == 1 ? "is" : "are"));
  return success;
}

bool ListPrinter::needs_members() const {
  return options_.format != OutputFormat::table || !options_.columns.empty();
}

void ListPrinter::choose(const Members& members) {
  if (options_.columns.empty()) {
    choose_usual(members);
  } else {
    for (const std::string& column : options_.columns) sources_.push_back(find(column, members));
  }
  std::vector<std::string> titles;
  const bool csv = options_.format == OutputFormat::csv;
  for (const Source& source : sources_) titles.push_back(source.title);
  if (csv) {
    if (options_.header) print_csv(titles);
    return;
  }
  const bool wide = options_.format == OutputFormat::wide;
  table_.emplace(std::move(titles),
                 TableOptions{.too_wide = wide ? Table::TooWide::keep : Table::TooWide::cut,
                              .header = options_.header,
                              .keep_empty = !options_.columns.empty()});
}

void ListPrinter::choose_usual(const Members& members) {
  const bool csv = options_.format == OutputFormat::csv;
  for (std::size_t i = 0; i < columns_.size() && !csv; ++i) {
    sources_.push_back({columns_[i].title, i});
  }
  for (const auto& [name, value] : members) {
    const bool shown = std::ranges::any_of(columns_, [&](const Column& column) {
      return column.name == name || contains(column.shows, name);
    });
    if (csv || !shown) sources_.push_back({csv ? name : title_of_name(name), 0, name});
  }
}

// A table's column comes before a member of the same name, which in CSV is the other way round.
ListPrinter::Source ListPrinter::find(const std::string& column, const Members& members) const {
  const bool csv = options_.format == OutputFormat::csv;
  std::string name = name_of_title(column);
  std::ranges::replace(name, '-', '_');
  const auto cell = std::ranges::find(columns_, name, &Column::name);
  const auto member = std::ranges::find(members, name, &Members::value_type::first);
  if (member != members.end() && (csv || cell == columns_.end())) {
    return {csv ? name : title_of_name(name), 0, name};
  }
  if (cell != columns_.end()) {
    return {csv ? name : cell->title, static_cast<std::size_t>(cell - columns_.begin())};
  }
  std::vector<std::string> known;
  for (const Column& one : columns_) known.push_back(one.name);
  for (const auto& [one, value] : members) {
    if (!contains(known, one)) known.push_back(one);
  }
  const auto meant = nearest_name(name, known);
  throw UsageError{
      fmt::format("--columns: there is no column \"{}\"{} known: {}", printable(column),
                  meant ? fmt::format(", did you mean \"{}\"?", *meant) : ";", join(known, ", "))};
}

// What a spreadsheet would take for a formula begins with an apostrophe: csv_cell.h.
void ListPrinter::print_csv(const std::vector<std::string>& cells) const {
  std::string row;
  for (const std::string& cell : cells) {
    const bool number = !cell.empty() && cell.find_first_not_of("-0123456789.") == cell.npos;
    std::string field;
    append_csv_field(field, number ? cell : csv_cell(replace_invalid_utf8(cell)));
    if (&cell != &cells.front()) row += ',';
    row += field;
  }
  fmt::print("{}\r\n", row);
}

}  // namespace iotcard
