// SPDX-License-Identifier: Apache-2.0
// import_finisher.h - Finishes or deletes, once after the start, the imports whose process has
// ended before their last row: see operations/card_import.h. Thread "imports" uses a store
// connection of its own and ends when it is done; the end of the result waits for it, for a few
// milliseconds at most.
#pragma once

#include <string>
#include <thread>

#include "operations/operation.h"

namespace iotcard {

std::jthread start_import_finisher(std::string store_url, Context context);

}  // namespace iotcard
