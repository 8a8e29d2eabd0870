// SPDX-License-Identifier: Apache-2.0
// completion_live.h - Candidates from the store or from the API of a daemon, whatever the program's
// target is: ICCIDs, devices, ids. Reads at most a few hundred rows, changes nothing, and makes no
// store. Throws what reading throws. The main thread only.
#pragma once

#include <memory>
#include <string>

#include "completion_candidates.h"
#include "operations.h"
#include "program.h"

namespace iotcard {

// nullptr: there is no store, or its schema is older, and reading does not change that.
std::unique_ptr<Operations> open_operations_for_completion(Program& program);

// Each adds to `found` what begins with `typed`.
void add_cards(Candidates& found, Operations& operations, const std::string& typed);
void add_devices(Candidates& found, Operations& operations, const std::string& typed);
// In one of these states; none: that stand.
void add_mismatches(Candidates& found, Operations& operations, const std::string& typed,
                    EnumSet<MismatchState> states);
void add_rejected(Candidates& found, Operations& operations, const std::string& typed);
void add_quarantined(Candidates& found, Operations& operations, const std::string& typed);
void add_platforms(Candidates& found, Program& program, const std::string& typed);

}  // namespace iotcard
