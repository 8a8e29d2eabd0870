// SPDX-License-Identifier: Apache-2.0
// usage.h - What a running process has used so far, as /proc says. Of that process only, not of its
// children. Throws std::runtime_error if there is no such process. Any thread.
// Source: proc(5).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace iotcard {

struct CpuTime {
  double user = 0;    // seconds, all threads
  double system = 0;  // likewise
};
CpuTime cpu_time(pid_t pid);

// "VmHWM": the peak of what was resident. "VmRSS": now.
std::int64_t memory_kib(pid_t pid, const std::string& key);

// Whether a library of this folder is mapped.
bool has_mapped(pid_t pid, const std::string& folder);

double median(std::vector<double> values);
double percentile(std::vector<double> values, double part);  // 0 to 1; 0 of nothing

}  // namespace iotcard
