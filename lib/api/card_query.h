// SPDX-License-Identifier: Apache-2.0
// card_query.h - The filters of a list of cards, as parameters of a request. One thread at a time.
#pragma once

#include "api/request.h"
#include "operations/listing.h"

namespace iotcard {

// Reads iccid, status, platform, operator, bound, reason, abnormal, text, expiringWithin and over.
// Throws ApiError.
CardQuery card_query_of(QueryReader& reader, Instant now);

}  // namespace iotcard
