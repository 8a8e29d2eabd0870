// SPDX-License-Identifier: Apache-2.0
// table.h - The results of all rounds, for people and as JSON. Ratios are taken within a round, of
// what ran side by side, and the median is of those: the machine is never twice the same.
// One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compare/contestant.h"

namespace iotcard {

struct StormResults {
  StormKind kind;
  std::map<std::string, std::vector<Result>> by_name;  // of each contestant, a result a round
};

void print_table(const StormResults& storm, const std::vector<Contestant>& contestants);
// The goals as ratios of one run, as far as the contestants took part. True: all are reached.
bool print_goals(const std::vector<StormResults>& storms);
std::string as_json(const std::vector<StormResults>& storms, const CompareOptions& options,
                    const std::vector<std::pair<std::string, std::string>>& machine);

}  // namespace iotcard
