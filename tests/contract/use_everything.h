// SPDX-License-Identifier: Apache-2.0
// use_everything.h - Every query that a store has, once: for looking at what they are made into.
#pragma once

#include "store/store.h"

namespace iotcard {

void use_everything(Store& store);  // of an empty store; leaves it nearly so
// Each list of devices and of mismatches, and their counts.
void use_device_lists(Store& store);
void use_traits(Store& store);
void use_mismatch_lists(Store& store, const DeviceKey& device);

}  // namespace iotcard
