// SPDX-License-Identifier: Apache-2.0
// card_query.h - Reads the query parameters of a list of cards and of pages. Throws ApiError 400.
// Pure; any thread.
#pragma once

#include "api/request.h"
#include "operations/listing.h"

namespace iotcard {

// With page and order. `context` has the time and the alerts.
struct CardListing {
  CardQuery query;
  PageRequest page;
};
CardListing card_listing_of(QueryReader& reader, const Context& context);
PageRequest page_of(QueryReader& reader);  // of a list with one order only

}  // namespace iotcard
