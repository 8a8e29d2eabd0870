// SPDX-License-Identifier: Apache-2.0
// event_query.h - The parameters that choose events, for the list and the stream of events: kind,
// device and iccid. One thread at a time; throws ApiError 400 and OperationError (invalid).
#pragma once

#include "api/request.h"
#include "domain/event_filter.h"

namespace iotcard {

EventFilter event_filter_of(QueryReader& reader);

}  // namespace iotcard
