// SPDX-License-Identifier: Apache-2.0
#include "http/http_client.h"

#include <algorithm>

namespace iotcard {

const std::string* HttpResponse::header(std::string_view lower_case_name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
    return header.first == lower_case_name;
  });
  return found == headers.end() ? nullptr : &found->second;
}

}  // namespace iotcard
