// SPDX-License-Identifier: Apache-2.0
// json_slice.h - A value in a JSON text that a daemon has sent, as a part of that text: so what is
// only passed on keeps each character. Reads its members, items and value. Refers to the text,
// which must live longer. Pure; any thread. Source: RFC 8259.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace iotcard {

// A value is missing, or of another kind than this program expects; the message names it.
class JsonSliceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class JsonSlice {
 public:
  // Throws JsonSliceError if the whole text is not one JSON value.
  static JsonSlice of(std::string_view json);

  std::string_view raw() const { return raw_; }
  bool is_null() const { return raw_ == "null"; }
  bool is_object() const { return raw_.starts_with('{'); }
  // Each throws JsonSliceError for a value of another kind; a null is "", none, or false.
  std::string text() const;
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;
  std::optional<Instant> time() const;
  bool boolean() const;
  std::vector<JsonSlice> items() const;

 private:
  friend class JsonMembers;
  explicit JsonSlice(std::string_view raw) : raw_(raw) {}
  [[noreturn]] void refuse(std::string_view expected) const;
  std::string_view raw_;
};

// The members of an object. A member that is not there is a null: an older daemon does not send it.
class JsonMembers {
 public:
  explicit JsonMembers(const JsonSlice& object);
  JsonSlice operator[](std::string_view name) const;
  // Throws JsonSliceError if it is not there or null.
  std::int64_t integer(std::string_view name) const;
  Instant time(std::string_view name) const;

 private:
  std::vector<std::pair<std::string_view, JsonSlice>> members_;
};

}  // namespace iotcard
