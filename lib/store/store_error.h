// SPDX-License-Identifier: Apache-2.0
// store_error.h - What every function of the store's ports throws when its environment fails: a
// disk, a lock, a file of another program. Not for bad input, nor for what is not there.
// A value; any thread.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace iotcard {

// The message says what was tried on which store, and what to do.
class StoreError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    unavailable,   // disk full, locked, I/O: trying again may help
    newer_schema,  // written by a newer program
    not_a_store,   // no database, or one of something else
    conflict,      // a rule of the schema was about to be broken, such as a second open binding
  };
  StoreError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

}  // namespace iotcard
