// SPDX-License-Identifier: Apache-2.0
// device_argument.h - A device as it is named on the command line. Pure.
#pragma once

#include <string>

#include "domain/device.h"

namespace iotcard {

// "PRODUCT/NUMBER"; throws UsageError.
DeviceKey device_from_operator(const std::string& text);

}  // namespace iotcard
