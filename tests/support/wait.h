// SPDX-License-Identifier: Apache-2.0
// wait.h - Waiting for what a test expects, never for a time to pass: each wait has a condition
// and a deadline. Also free ports. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace iotcard {

// Long enough for a busy machine under a sanitizer; reached only by a test that fails.
inline constexpr std::chrono::seconds patience{20};

// Waits until the predicate holds (true) or the deadline has passed (false).
bool eventually(std::chrono::milliseconds deadline, const std::function<bool()>& predicate);
inline bool eventually(const std::function<bool()>& predicate) {
  return eventually(patience, predicate);
}

// A TCP port of 127.0.0.1 that nobody listens on at the moment.
std::uint16_t free_port();
// Whether somebody listens on this port of 127.0.0.1.
bool accepts_connections(std::uint16_t port);

// The last lines of a text, for the message of a failure.
std::string last_lines(const std::string& text, std::size_t count);
// The content of a file, "" if there is none.
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);
// Another one once the file was written beside and renamed; 0 if there is none.
std::uint64_t inode(const std::string& path);

}  // namespace iotcard
