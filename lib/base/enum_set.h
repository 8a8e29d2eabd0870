// SPDX-License-Identifier: Apache-2.0
// enum_set.h - A set of an enum's values, listed in the enum's order. At most 32 values.
// Pure; any thread.
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace iotcard {

template <typename Enum>
class EnumSet {
 public:
  EnumSet() = default;
  EnumSet(std::initializer_list<Enum> values) {
    for (const Enum value : values) add(value);
  }

  void add(Enum value) { bits_ |= bit(value); }
  void add(EnumSet others) { bits_ |= others.bits_; }
  bool has(Enum value) const { return (bits_ & bit(value)) != 0; }
  bool empty() const { return bits_ == 0; }
  int size() const { return std::popcount(bits_); }
  // True if this holds a value that `other` does not.
  bool exceeds(EnumSet other) const { return (bits_ & ~other.bits_) != 0; }

  // Calls `take` with each value held.
  template <typename Take>
  void each(Take take) const {
    for (std::uint32_t left = bits_; left != 0; left &= left - 1) {
      take(static_cast<Enum>(std::countr_zero(left)));
    }
  }
  // The spellings of the values held; `table` is the enum's NameTable.
  template <typename Table>
  std::vector<std::string_view> names(const Table& table) const {
    std::vector<std::string_view> held;
    each([&](Enum value) { held.push_back(table[value]); });
    return held;
  }

  friend bool operator==(EnumSet, EnumSet) = default;

 private:
  static constexpr std::uint32_t bit(Enum value) {
    return std::uint32_t{1} << static_cast<unsigned>(value);
  }
  std::uint32_t bits_ = 0;
};

}  // namespace iotcard
