// SPDX-License-Identifier: Apache-2.0
// explanation.h - What the daemon makes of a payload, for people. The main thread only.
#pragma once

#include <string>

#include "operations/explain.h"

namespace iotcard {

// `configured`: the topics of reports, for a topic that is none of them; "": not known.
void print_explanation(const Explanation& explanation, const std::string& configured);

}  // namespace iotcard
