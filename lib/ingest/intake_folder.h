// SPDX-License-Identifier: Apache-2.0
// intake_folder.h - The journal position in the store belongs to one intake folder. When the
// configuration names another folder, the reports that wait in the old one must not be lost, and
// the position does not apply to the new one. To be called before the journal is opened; throws
// JournalError and StoreError.
#pragma once

#include <string>

#include "store/store.h"

namespace iotcard {

// Throws if reports wait in the old folder. A folder that was moved with its files keeps its
// position; in another folder the position is set behind all files.
void enter_intake_folder(StateStore& store, const std::string& client_id, const std::string& dir);

}  // namespace iotcard
