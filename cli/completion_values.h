// SPDX-License-Identifier: Apache-2.0
// completion_values.h - Candidates for the value of an option or an argument. The main thread only.
#pragma once

#include "completion_candidates.h"
#include "completion_line.h"
#include "program.h"

namespace iotcard {

// Of line.value_of. Throws what reading the store, the API or the configuration throws.
void add_values(Candidates& found, Program& program, const LineAtCursor& line);

}  // namespace iotcard
