// SPDX-License-Identifier: Apache-2.0
// process_identity.h - Which process owns a piece of work in the store, and whether it still runs.
// A number alone would not do: it is used again. Any thread.
#pragma once

#include <string>

namespace iotcard {

std::string this_process();

// Whether the process of this identity has certainly ended. False also where that cannot be known:
// it may run in another container.
bool has_ended(const std::string& process);

}  // namespace iotcard
