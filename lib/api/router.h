// SPDX-License-Identifier: Apache-2.0
// router.h - Finds the route of a request. Pure; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/route.h"

namespace iotcard {

struct RouteMatch {
  const Route* route = nullptr;                // null: the path exists, but not with this method
  std::map<std::string, std::string> parts{};  // of the path, decoded, by name in the pattern
  std::string allow{};                         // the methods of the path: "GET, HEAD, PUT"
};

// `path` is still percent-encoded, so that "%2F" does not separate levels. "/card/list" matches the
// pattern "/card/list" rather than "/card/{iccid}". nullopt: no such path. Throws ApiError for a
// part that is not percent-encoded UTF-8.
std::optional<RouteMatch> find_route(const std::vector<Route>& routes, std::string_view method,
                                     std::string_view path);

std::string_view method_name(Method method);

}  // namespace iotcard
