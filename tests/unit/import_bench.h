// SPDX-License-Identifier: Apache-2.0
// import_bench.h - What the tests of card imports share: an import of a text, and what came of it.
#pragma once

#include <catch2/catch.hpp>
#include <sstream>

#include "operations/card_import.h"
#include "unit/operations_bench.h"

namespace iotcard {

inline const std::string one = "898604293620C0000970";
inline const std::string two = "89860617060065258667";

struct ImportRun {
  ImportResult result;
  std::vector<std::string> problems;  // "line: reason"
};

inline ImportRun import(OperationsBench& bench, const std::string& csv,
                        const ImportOptions& options = {}) {
  std::istringstream in{csv};
  ImportRun run;
  const ImportHooks hooks{.refused = [&](const RowProblem& problem) {
    run.problems.push_back(std::to_string(problem.line) + ": " + problem.reason);
  }};
  run.result = import_cards(bench.store(), bench.context, in, options, hooks);
  return run;
}

inline Card card_of(OperationsBench& bench, const std::string& iccid) {
  return bench.store().find_card(iccid_of(iccid.c_str()))->card;
}

}  // namespace iotcard
