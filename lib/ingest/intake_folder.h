// SPDX-License-Identifier: Apache-2.0
// intake_folder.h - The store's journal position belongs to one intake folder. When the
// configuration names another one, what waits in the old folder must not be left behind, and the
// position means nothing in the new one. Before the journal is opened; throws JournalError and
// StoreError.
#pragma once

#include <string>

#include "store/store.h"

namespace iotcard {

// Refuses to leave reports behind. A folder that was moved with its files keeps its position; in
// another one everything begins behind what stands there.
void enter_intake_folder(Store& store, const std::string& client_id, const std::string& dir);

}  // namespace iotcard
