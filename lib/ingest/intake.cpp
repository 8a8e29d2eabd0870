// SPDX-License-Identifier: Apache-2.0
#include "ingest/intake.h"

#include <spdlog/spdlog.h>

#include <exception>

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds full_retry_interval{200};

}  // namespace

bool Intake::try_append(const RawReport& report) {
  std::string problem;
  try {
    journal_.append(report);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const std::lock_guard lock{mutex_};
  if (!problem.empty() && held_.empty()) {
    spdlog::error("holding reports, none is acknowledged: {}", problem);
  } else if (problem.empty() && !held_.empty()) {
    spdlog::warn("the intake journal takes reports again");
  }
  held_ = problem;
  return problem.empty();
}

void Intake::accept(RawReport report) noexcept {
  report.arrival = clock_.now();
  report.size = static_cast<std::uint32_t>(report.payload.size());
  report.payload = report.payload.substr(0, max_payload_);
  while (!try_append(report)) {
    std::unique_lock lock{mutex_};
    closing_.wait_for(lock, full_retry_interval, [&] { return closed_; });
    while (closed_) closing_.wait(lock);
  }
  ++accepted_;
}

void Intake::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  closing_.notify_all();
}

std::string Intake::held() const {
  const std::lock_guard lock{mutex_};
  return held_;
}

}  // namespace iotcard
