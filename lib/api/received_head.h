// SPDX-License-Identifier: Apache-2.0
// received_head.h - The head of a request as libmicrohttpd read it, and whether it was HTTP/1.1 to
// the letter. For the files of lib/api that call the library. The server's thread. Source: RFC
// 9112.
#pragma once

#include <string>

#include "api/request.h"

struct MHD_Connection;

namespace iotcard {

// What the library hands over, in its own memory.
struct RequestLine {
  const char* method;
  const char* version;
  const char* target_at;  // where the target began
  std::string target;     // as it came, not decoded
};

inline constexpr std::size_t max_head_bytes = 64 << 10;
inline constexpr std::size_t max_target_bytes = 8192;

// Throws ApiError 400, 414 or 431.
RequestHead received_head(MHD_Connection* connection, const RequestLine& line);

}  // namespace iotcard
