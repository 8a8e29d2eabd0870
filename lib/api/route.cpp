// SPDX-License-Identifier: Apache-2.0
#include "api/route.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::array<std::string_view, 4> method_names = {"GET", "POST", "PUT", "DELETE"};

std::vector<std::string_view> levels_of(std::string_view path) {
  return split(path.substr(path.starts_with('/') ? 1 : 0), '/');
}

bool is_part(std::string_view level) {
  return level.starts_with('{');
}

// How many levels of the pattern are not in braces; nullopt if the path does not match it.
std::optional<int> fit(const std::vector<std::string_view>& pattern,
                       const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  int literal = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (is_part(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return std::nullopt;
    literal += is_part(pattern[i]) ? 0 : 1;
  }
  return literal;
}

std::map<std::string, std::string> parts_of(const std::vector<std::string_view>& pattern,
                                            const std::vector<std::string_view>& path) {
  std::map<std::string, std::string> parts;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!is_part(pattern[i])) continue;
    const std::string name{pattern[i].substr(1, pattern[i].size() - 2)};
    auto value = percent_decoded(path[i], false);
    if (!value) throw ApiError{400, name + ": the path is not percent-encoded UTF-8"};
    parts[name] = *std::move(value);
  }
  return parts;
}

}  // namespace

std::string_view method_name(Method method) {
  return method_names[static_cast<std::size_t>(method)];
}

std::optional<RouteMatch> find_route(const std::vector<Route>& routes, std::string_view method,
                                     std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  const std::string_view wanted = method == "HEAD" ? method_names[0] : method;
  const std::vector<std::string_view> levels = levels_of(path);
  // The pattern with the fewest braces decides, whatever its method: /card/list is not a card.
  int best = -1;
  for (const Route& route : routes) {
    best = std::max(best, fit(levels_of(route.pattern), levels).value_or(-1));
  }
  if (best < 0) return std::nullopt;
  RouteMatch match;
  for (const Route& route : routes) {
    const std::vector<std::string_view> pattern = levels_of(route.pattern);
    if (fit(pattern, levels) != best) continue;
    const std::string_view name = method_name(route.method);
    match.allow.append(match.allow.empty() ? "" : ", ").append(name);
    if (route.method == Method::get) match.allow += ", HEAD";
    if (name != wanted) continue;
    match.route = &route;
    match.parts = parts_of(pattern, levels);
  }
  return match;
}

}  // namespace iotcard
