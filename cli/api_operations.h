// SPDX-License-Identifier: Apache-2.0
// api_operations.h - How requests to the API of a daemon name things. The main thread only.
#pragma once

#include <span>
#include <string>

#include "base/json_text.h"
#include "domain/card_fields.h"
#include "domain/device.h"

namespace iotcard {

std::string path_of_card(const Iccid& iccid);
std::string path_of_device(const DeviceKey& device);

// Members of the open object. The fields are read as for a store, with the operator's zone, so that
// what is wrong with them is said as there (OperationError), and sent as they are stored.
void write_fields(JsonText& json, const Iccid& iccid, std::span<const FieldChange> fields,
                  Duration zone);

}  // namespace iotcard
