// SPDX-License-Identifier: Apache-2.0
// allocations.h - Counts what this program takes from the heap by operator new. Linking it replaces
// the operator for the whole program. Of the calling thread.
#pragma once

#include <cstdint>

namespace iotcard {

std::int64_t allocations();  // so far

}  // namespace iotcard
