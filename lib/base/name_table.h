// SPDX-License-Identifier: Apache-2.0
// name_table.h - The spelling of an enum's values in JSON, SQL and logs, both ways.
// Not a reflection library: each enum lists its names once, in order. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace iotcard {

template <typename Enum, std::size_t Size>
struct NameTable {
  std::array<std::string_view, Size> names;  // indexed by the enum's value

  constexpr std::string_view operator[](Enum value) const {
    return names[static_cast<std::size_t>(value)];
  }
  constexpr std::optional<Enum> find(std::string_view name) const {
    for (std::size_t i = 0; i < Size; ++i) {
      if (names[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
  }
};

template <typename Enum, typename... Names>
constexpr auto make_name_table(Names... names) {
  return NameTable<Enum, sizeof...(Names)>{{std::string_view{names}...}};
}

}  // namespace iotcard
