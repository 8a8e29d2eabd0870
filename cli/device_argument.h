// SPDX-License-Identifier: Apache-2.0
// device_argument.h - A device as it is named on the command line, and a binding that ended as it
// is printed. The main thread only.
#pragma once

#include <string>

#include "domain/decision.h"
#include "domain/device.h"

namespace iotcard {

// "PRODUCT/NUMBER"; throws UsageError.
DeviceKey device_from_operator(const std::string& text);
void say_released(const Binding& binding);

}  // namespace iotcard
