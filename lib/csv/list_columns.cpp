// SPDX-License-Identifier: Apache-2.0
#include "csv/list_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "base/text_sanitizer.h"
#include "csv/card_columns.h"

namespace iotcard {
namespace {

using Kind = MappedField::Kind;

// A column of our own; nullopt if there is none of this name.
std::optional<ColumnTarget> own_target(const std::string& name) {
  if (name == "iccid") return ColumnTarget{.kind = Kind::iccid};
  if (name == "product") return ColumnTarget{.kind = Kind::product};
  if (name == "device") return ColumnTarget{.kind = Kind::device};
  const CardField* const field = find_card_field(name);
  return field != nullptr ? std::optional{ColumnTarget{.field = field}} : std::nullopt;
}

std::string in_quotes(const std::vector<std::string>& names, std::string_view separator) {
  return join(names, separator,
              [](const std::string& name) { return '"' + printable(name) + '"'; });
}

// Columns are compared by fold_name(), and each is there once.
class HeaderLookup {
 public:
  explicit HeaderLookup(const std::vector<std::string>& header) {
    for (const std::string& name : header) folded_.push_back(fold_name(name));
  }

  // Of the first name that there is; nullopt: of none.
  std::optional<std::size_t> find(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      const auto found = std::ranges::find(folded_, fold_name(name));
      if (found != folded_.end()) return static_cast<std::size_t>(found - folded_.begin());
    }
    return std::nullopt;
  }
  bool is_repeated(std::size_t column) const {
    return std::ranges::count(folded_, folded_[column]) > 1;
  }

 private:
  std::vector<std::string> folded_;
};

class MappedColumns {
 public:
  MappedColumns(const ListMapping& mapping, const std::vector<std::string>& header)
      : mapping_(mapping), header_(header), lookup_(header), used_(header.size()) {}

  std::variant<ListColumns, Problem> find() {
    for (const MappedField& field : mapping_.fields) {
      if (auto problem = add(field)) return *problem;
    }
    if (!mapping_.header) return std::move(columns_);
    columns_.count = header_.size();
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (!used_[i]) columns_.unused.push_back(printable(header_[i]));
    }
    return std::move(columns_);
  }

 private:
  Check add(const MappedField& field) {
    ColumnTarget target{.kind = field.kind, .field = field.field, .column = 0, .rule = &field};
    if (field.constant) {
      columns_.targets.push_back(target);
      return std::nullopt;
    }
    const auto column =
        field.number > 0 ? std::optional{field.number - 1} : lookup_.find(field.columns);
    if (!column || (mapping_.header && *column >= header_.size())) return missing(field);
    target.column = *column;
    if (mapping_.header) {
      if (field.number == 0 && lookup_.is_repeated(*column)) {
        return Problem{
            fmt::format("the column {} stands there twice", printable(header_[*column]))};
      }
      used_[*column] = true;
    }
    const std::string name =
        mapping_.header ? printable(header_[*column]) : fmt::format("column {}", field.number);
    columns_.used.emplace_back(name, std::string{field.name()});
    columns_.count = std::max(columns_.count, *column + 1);
    if (field.kind == Kind::iccid) columns_.iccid = *column;
    columns_.targets.push_back(target);
    return std::nullopt;
  }

  Check missing(const MappedField& field) {
    if (field.kind == Kind::iccid) {
      const std::string wanted = field.number > 0 ? fmt::format("number {}", field.number)
                                                  : in_quotes(field.columns, " or ");
      return Problem{fmt::format("there is no column {} (iccid in the mapping); the columns are {}",
                                 wanted, in_quotes(header_, ", "))};
    }
    columns_.missing.emplace_back(field.name());
    return std::nullopt;
  }

  const ListMapping& mapping_;
  const std::vector<std::string>& header_;
  const HeaderLookup lookup_;
  std::vector<bool> used_;
  ListColumns columns_;
};

}  // namespace

std::vector<std::string> header_names(std::vector<std::string> cells) {
  while (!cells.empty() && trim(cells.back()).empty()) cells.pop_back();
  for (std::string& cell : cells) cell = std::string{trim(cell)};
  return cells;
}

std::variant<ListColumns, Problem> own_columns(const std::vector<std::string>& header) {
  ListColumns columns{
      .targets = {}, .iccid = 0, .count = header.size(), .used = {}, .unused = {}, .missing = {}};
  std::vector<std::string> seen;
  for (const std::string& cell : header) {
    const std::string name = fold_name(cell);
    if (contains(seen, name)) {
      return Problem{fmt::format("the column {} stands there twice", printable(name))};
    }
    auto target = own_target(name);
    if (!target) {
      return Problem{
          fmt::format("unknown column \"{}\"; the columns may be {}. A list with other "
                      "columns needs a mapping (--map)",
                      printable(name), card_column_names())};
    }
    target->column = seen.size();
    if (target->kind == Kind::iccid) columns.iccid = target->column;
    columns.targets.push_back(*target);
    columns.used.emplace_back(printable(cell), name);
    seen.push_back(name);
  }
  if (!contains(seen, "iccid")) return Problem{"there is no column iccid"};
  if (contains(seen, "product") != contains(seen, "device")) {
    return Problem{"of product and device there is only one column; a device is named by both"};
  }
  return columns;
}

std::variant<ListColumns, Problem> mapped_columns(const ListMapping& mapping,
                                                  const std::vector<std::string>& header) {
  return MappedColumns{mapping, header}.find();
}

}  // namespace iotcard
