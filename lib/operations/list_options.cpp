// SPDX-License-Identifier: Apache-2.0
#include "operations/list_options.h"

#include <fmt/core.h>

#include <memory>
#include <utility>
#include <variant>

namespace iotcard {
namespace {

template <typename Value, typename Read>
std::optional<Value> read_option(const char* option, const std::string& text, const Read& read) {
  if (text.empty()) return std::nullopt;
  auto reading = read(text);
  if (const auto* problem = std::get_if<Problem>(&reading)) {
    throw OperationError::invalid(fmt::format("{}: {}", option, problem->text),
                                  {ErrorKey::invalid_parameter, {{"name", option}}});
  }
  return std::get<Value>(reading);
}

}  // namespace

void set_list_options(ImportOptions& options, const ListOptions& list) {
  options.encoding = read_option<Encoding>("encoding", list.encoding, read_encoding);
  options.delimiter = read_option<char>("delimiter", list.delimiter, read_delimiter);
  if (list.map.empty()) return;
  if (list.maps == ListOptions::Maps::names && !is_mapping_name(list.map)) {
    throw OperationError::invalid("map: expected the name of a mapping, without a folder and .toml",
                                  {ErrorKey::invalid_parameter, {{"name", "map"}}});
  }
  auto mapping = find_list_mapping(list.map, list.folders);
  if (const auto* problem = std::get_if<Problem>(&mapping)) {
    throw OperationError::invalid(problem->text, {ErrorKey::invalid_parameter, {{"name", "map"}}});
  }
  options.mapping = std::make_shared<const ListMapping>(std::move(std::get<ListMapping>(mapping)));
}

}  // namespace iotcard
