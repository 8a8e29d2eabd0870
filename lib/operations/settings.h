// SPDX-License-Identifier: Apache-2.0
// settings.h - The configuration in force as JSON: the contract of `iotcardctl settings --json` and
// of GET /settings. Pure; any thread.
#pragma once

#include "base/json_text.h"
#include "base/setting.h"

namespace iotcard {

// {"file":…,"settings":[{"key":…,"value":…,"origin":"default"|"file","line":…,"secret":…,"restart":…}]}
void write_settings(JsonText& json, const SettingsInForce& in_force);

}  // namespace iotcard
