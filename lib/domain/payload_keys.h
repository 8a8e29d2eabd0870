// SPDX-License-Identifier: Apache-2.0
// payload_keys.h - Where a report has its ICCID, its IMEI and its platform. A key is the name of a
// top-level member, letter case ignored, or a JSON Pointer to any member or element, such as
// "/params/ICCID/value". Pure; any thread. Source: RFC 6901.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.h"

namespace iotcard {

enum class KeyRole : std::uint8_t { iccid, imei, platform };

// As configured; each in the order of preference.
struct KeyNames {
  std::vector<std::string> iccid = {"iccid"};
  std::vector<std::string> imei = {"imei"};
  std::vector<std::string> platform = {"cardPlatformId"};
  friend bool operator==(const KeyNames&, const KeyNames&) = default;
};

class PayloadKeys {
 public:
  struct Key {
    KeyRole role = KeyRole::iccid;
    std::string text;               // as configured
    std::vector<std::string> path;  // of a pointer, without escapes; empty: a top-level name
  };
  using Pointers = std::uint64_t;  // a set of pointers, by their order
  static constexpr std::size_t max_pointers = 32;

  // Why the key can match nothing, with the one to write instead.
  static Check check(const std::string& key);

  // Each key must pass check(), and at most max_pointers are pointers.
  explicit PayloadKeys(const KeyNames& names = {});

  // The key that is this top-level name; null: none.
  const Key* find_name(std::string_view name) const;
  // All pointers: those that lead into the object.
  Pointers all_pointers() const { return all_pointers_; }
  // Of these pointers those whose level `depth`, from 0, is this name or index.
  Pointers descend(Pointers pointers, std::size_t depth, std::string_view name) const;
  // The first of these pointers that ends behind `depth` levels; null: none.
  const Key* find_end(Pointers pointers, std::size_t depth) const;
  // Whether any of them leads on.
  bool leads_on(Pointers pointers, std::size_t depth) const;

 private:
  std::vector<Key> names_;
  std::uint64_t name_sizes_ = 0;  // which sizes a name may have, to pass over most others
  std::vector<Key> pointers_;
  Pointers all_pointers_ = 0;
};

}  // namespace iotcard
