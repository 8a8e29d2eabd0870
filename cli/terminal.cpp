// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "domain/utf8.h"

namespace iotcard {
namespace {

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

// Of valid UTF-8.
CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  char32_t value = lead & (0xFF >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) value = value << 6 | (byte(i) & 0x3F);
  return {value, bytes};
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}
bool changes_direction(char32_t c) {
  return c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}
// East Asian wide, the blocks that names are written in.
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || c >= 0x1F300;
}

std::int64_t steady_milliseconds() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  return isatty(fileno(stream)) == 1;
}

std::string neutralise(std::string_view text) {
  const std::string valid = replace_invalid_utf8(text);
  std::string safe;
  for (std::string_view rest = valid; !rest.empty();) {
    const CodePoint c = first_of(rest);
    if (is_control(c.value)) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned>(c.value));
    } else if (changes_direction(c.value)) {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(c.value));
    } else {
      safe += rest.substr(0, c.bytes);
    }
    rest.remove_prefix(c.bytes);
  }
  return safe;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const CodePoint c = first_of(text);
    count += is_wide(c.value) ? 2 : 1;
    text.remove_prefix(c.bytes);
  }
  return count;
}

std::string coloured(std::string_view text, Colour colour) {
  static const bool colours = is_terminal(stdout) && std::getenv("NO_COLOR") == nullptr;
  if (!colours || colour == Colour::none) return std::string{text};
  const char* code = "";
  switch (colour) {
    case Colour::none:
      break;
    case Colour::red:
      code = "31";
      break;
    case Colour::green:
      code = "32";
      break;
    case Colour::yellow:
      code = "33";
      break;
    case Colour::blue:
      code = "34";
      break;
    case Colour::grey:
      code = "90";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), visible_(is_terminal(stderr)) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total, std::int64_t count) {
  if (!visible_) return;
  const std::int64_t time = steady_milliseconds();
  if (time < next_draw_) return;
  next_draw_ = time + 100;
  drawn_ = true;
  if (total == 0) {
    fmt::print(stderr, "\r\x1b[K{} {}", label_, count);
  } else {
    constexpr std::size_t width = 30;
    const double share =
        done >= total ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(share * width);
    fmt::print(stderr, "\r\x1b[K{} [{}{}] {:3.0f} % {}", label_, std::string(filled, '#'),
               std::string(width - filled, '.'), share * 100, count);
  }
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!drawn_) return;
  drawn_ = false;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace iotcard
