// SPDX-License-Identifier: Apache-2.0
// device_query.h - The filters of a list of devices as parameters of a request. Throws ApiError and
// OperationError. Any thread.
#pragma once

#include "api/request.h"

namespace iotcard {

// Without an order that the request names.
DeviceFilter device_filter_of(QueryReader& reader, Instant now);
// One device: the parameters product and device, of which both or neither are given.
std::optional<DeviceKey> device_of(QueryReader& reader);

}  // namespace iotcard
