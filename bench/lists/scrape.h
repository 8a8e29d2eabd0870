// SPDX-License-Identifier: Apache-2.0
// scrape.h - What GET /metrics costs in a large store against one in a small store. Starts a broker
// and a daemon for each and ends them. One thread.
#pragma once

#include <cstdint>

namespace iotcard {

// The large store has `cards` and a tenth as many open mismatches. True: a scrape of it takes at
// most 1.5 times as long.
bool compare_scrapes(std::int64_t cards);

}  // namespace iotcard
