// SPDX-License-Identifier: Apache-2.0
// apply_rules.h - The part of the configuration that decides reports; a reload replaces it.
// A plain value; any thread.
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
  std::string prefix = "iotcard";  // of the daemon's own topics: domain/state_topic.h
  ReadOptions read;
  Policy policy;
  Retention retention;
};

}  // namespace iotcard
