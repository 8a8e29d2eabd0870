// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace iotcard {
namespace {

volatile std::sig_atomic_t signalled = 0;
bool quiet = false;

extern "C" void note_signal(int) {
  signalled = 1;
}

}  // namespace

bool is_terminal(std::FILE* stream) {
  return isatty(fileno(stream)) == 1;
}

void say(std::string_view line) {
  fmt::print("{}\n", escape_controls(line));
}

void complain(std::string_view line) {
  fmt::print(stderr, "{}\n", escape_controls(line));
}

void be_quiet() {
  quiet = true;
}

bool is_quiet() {
  return quiet;
}

void hint(std::string_view line) {
  if (!quiet) complain(line);
}

void ask(std::string_view question) {
  fmt::print(stderr, "{} [y/N] ", escape_controls(question));
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw std::runtime_error{"nothing was done"};
  }
}

std::size_t terminal_width() {
  static const std::size_t width = [] {
    winsize size{};
    const bool known = is_terminal(stdout) && ioctl(fileno(stdout), TIOCGWINSZ, &size) == 0;
    return known ? std::size_t{size.ws_col} : 0;
  }();
  return width;
}

std::string coloured(std::string_view text, Colour colour) {
  static const bool colours = is_terminal(stdout) && std::getenv("NO_COLOR") == nullptr;
  if (!colours || colour == Colour::none) return std::string{text};
  return fmt::format("\x1b[{}m{}\x1b[0m", static_cast<int>(colour), text);
}

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), visible_(is_terminal(stderr)) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::show(std::int64_t done, std::int64_t total, std::int64_t count) {
  if (!visible_) return;
  const auto time = std::chrono::steady_clock::now();
  if (time < next_draw_) return;
  next_draw_ = time + std::chrono::milliseconds{100};
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

void watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return signalled != 0;
}

}  // namespace iotcard
