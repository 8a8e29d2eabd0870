// SPDX-License-Identifier: Apache-2.0
// process_usage.h - What this process uses of the machine, as the kernel counts it. What the
// kernel does not say is absent; never an error. Any thread. Source: proc(5), getrusage(2).
#pragma once

#include <cstdint>
#include <optional>

namespace iotcard {

struct ProcessUsage {
  double cpu_seconds = 0;  // user and system time of all threads, since the start
  struct Memory {
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
  };
  std::optional<Memory> memory{};
  std::optional<std::uint64_t> threads{};
  std::optional<std::uint64_t> open_files{};  // descriptors
  std::optional<std::uint64_t> max_files{};   // the soft limit; absent if there is none
};

ProcessUsage read_process_usage();

}  // namespace iotcard
