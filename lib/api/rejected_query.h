// SPDX-License-Identifier: Apache-2.0
// rejected_query.h - The parameters that choose rejected reports in a list: reason, device, topic,
// since and until. One thread at a time; throws ApiError 400.
#pragma once

#include "api/request.h"
#include "operations/rejected_operations.h"

namespace iotcard {

// "truncated,invalid-json"; none: any reason.
EnumSet<RejectionReason> rejection_reasons_of(QueryReader& reader);
RejectedQuery rejected_query_of(QueryReader& reader, Instant now);

}  // namespace iotcard
