// SPDX-License-Identifier: Apache-2.0
#include "ingest/intake.h"

#include <spdlog/spdlog.h>

#include <exception>

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds append_retry_interval{200};

}  // namespace

bool Intake::try_append(const ReceivedReport& report) {
  std::string problem;
  try {
    journal_.append(report);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  const std::lock_guard lock{mutex_};
  if (!problem.empty() && state_.held.empty()) {
    spdlog::error("holding reports, none is acknowledged: {}", problem);
  } else if (problem.empty() && !state_.held.empty()) {
    spdlog::warn("the intake journal takes reports again");
  }
  state_.held = problem;
  return problem.empty();
}

void Intake::accept(ReceivedReport report) noexcept {
  report.arrival = clock_.now();
  report.size = static_cast<std::uint32_t>(report.payload.size());
  if (report.payload.size() > max_payload_) report.payload.resize(max_payload_);
  while (!try_append(report)) {
    std::unique_lock lock{mutex_};
    closing_.wait_for(lock, append_retry_interval, [&] { return state_.closed; });
    while (state_.closed) closing_.wait(lock);
  }
  ++accepted_;
}

void Intake::close() {
  const std::lock_guard lock{mutex_};
  state_.closed = true;
  closing_.notify_all();
}

std::string Intake::held() const {
  const std::lock_guard lock{mutex_};
  return state_.held;
}

}  // namespace iotcard
