// SPDX-License-Identifier: Apache-2.0
// small_file.h - A whole file that an operator wrote: configuration, tokens, a secret, a profile.
// Only a regular file is read, and opening never waits: a FIFO would stop the thread, a device has
// no end. The only part of this layer that does I/O. Any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <variant>

#include "base/problem.h"

namespace iotcard {

inline constexpr std::size_t max_small_file_bytes = std::size_t{1} << 20;

struct SmallFile {
  std::string text;
  mode_t mode;  // who may read it
};

// The problem does not name the file.
std::variant<SmallFile, Problem> read_small_file(const std::string& path,
                                                 std::size_t max_bytes = max_small_file_bytes);

}  // namespace iotcard
