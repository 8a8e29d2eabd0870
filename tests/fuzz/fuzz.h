// SPDX-License-Identifier: Apache-2.0
// fuzz.h - What the fuzz targets share: require(), which ends the process where an invariant does
// not hold, and a reader that turns the input's bytes into the choices of a script.
// Not for the ordinary tests, which have Catch2. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace iotcard {

inline void require(bool condition, const char* file = __builtin_FILE(),
                    int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "%s:%d: an invariant does not hold\n", file, line);
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {size == 0 ? "" : reinterpret_cast<const char*>(data), size};
}

// Takes bytes off the front of the input; noughts once it is used up.
class Script {
 public:
  explicit Script(std::string_view bytes) : rest_(bytes) {}

  bool ended() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  // Little-endian, so that a small number is easily made.
  std::uint32_t number(int bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= std::uint32_t{byte()} << (8 * i);
    return value;
  }
  std::string_view text(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace iotcard
