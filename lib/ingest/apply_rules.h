// SPDX-License-Identifier: Apache-2.0
// apply_rules.h - By what reports are decided, as far as it may change while the daemon runs.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "domain/decision.h"
#include "domain/device_report.h"
#include "domain/topic_pattern.h"
#include "upkeep/retention_sweeper.h"

namespace iotcard {

struct ApplyRules {
  std::vector<TopicPattern> topics;
  std::string prefix = "iotcard";  // of our own topics: domain/state_topic.h
  ReadOptions read;
  Policy policy;
  Retention retention;
};

}  // namespace iotcard
