// SPDX-License-Identifier: Apache-2.0
// card_query.h - From the parameters of a list of cards to what the store is asked, and likewise
// for pages. Throws ApiError 400. Pure; any thread.
#pragma once

#include "api/request.h"
#include "operations/listing.h"

namespace iotcard {

// `context`: what is soon, and now. Reads page and order too.
struct CardListing {
  CardQuery query;
  PageRequest page;
};
CardListing card_listing_of(QueryReader& reader, const Context& context);
PageRequest page_of(QueryReader& reader);  // of a list with one order only

}  // namespace iotcard
