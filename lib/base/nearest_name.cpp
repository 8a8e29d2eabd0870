// SPDX-License-Identifier: Apache-2.0
#include "base/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

namespace iotcard {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& known) {
  constexpr std::size_t max_distance = 2;
  const auto nearest =
      std::ranges::min_element(known, [&](const std::string& a, const std::string& b) {
        return distance(a, word) < distance(b, word);
      });
  if (nearest == known.end()) return std::nullopt;
  const std::size_t differs = distance(*nearest, word);
  if (differs > max_distance || 2 * differs >= std::max(nearest->size(), word.size())) {
    return std::nullopt;
  }
  return *nearest;
}

}  // namespace iotcard
