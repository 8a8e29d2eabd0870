// SPDX-License-Identifier: Apache-2.0
// representation.h - How a response goes over the wire: whether the client has it already (ETag and
// If-None-Match), and compressed with gzip if it accepts that. Not what it says. Any thread.
// Sources: RFC 9110, 8.8.3, 12.5.3, 13.1.2; RFC 1952.
#pragma once

#include <string>
#include <string_view>

#include "api/request.h"
#include "api/response.h"

namespace iotcard {

// Whether gzip is a content coding that the client takes: the value of Accept-Encoding.
bool accepts_gzip(std::string_view accept_encoding);
// Whether one of the tags of If-None-Match is `tag`, by the weak comparison.
bool matches_tag(std::string_view if_none_match, std::string_view tag);

// Turns a GET's response that the client has into a 304, gives one without an ETag a weak one, and
// compresses bodies from 1 KiB on and streams other than events. A response with a Content-Encoding
// of its own is not compressed. Throws std::bad_alloc.
void represent(const RequestHead& head, Response& response);

}  // namespace iotcard
