// SPDX-License-Identifier: Apache-2.0
// catch.hpp - Catch2 3, which Debian 13 has, under the names that Catch2 2 of Debian 12 gives to
// what the tests use. On the include path only where Catch2 3 is.
#pragma once

#include <catch2/catch_all.hpp>
#include <string>

namespace Catch {

using TestEventListenerBase = EventListenerBase;

inline auto Contains(const std::string& part) {
  return Matchers::ContainsSubstring(part);
}
using Matchers::EndsWith;
using Matchers::StartsWith;

}  // namespace Catch
