// SPDX-License-Identifier: Apache-2.0
// cards.h - A store of iotcardd's with the cards of a fleet, by way of the store itself.
// One thread; throws StoreError.
#pragma once

#include <cstdint>
#include <string>

namespace iotcard {

// Makes the store with the cards 0 … cards - 1.
void fill_store(const std::string& path, std::int64_t cards);

}  // namespace iotcard
