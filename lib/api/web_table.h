// SPDX-License-Identifier: Apache-2.0
// web_table.h - The files of the web console that are compiled into the program. The build makes
// the table (web.cmake); it is empty without the console. Any thread.
#pragma once

#include <span>
#include <string_view>

namespace iotcard {

struct EmbeddedFile {
  std::string_view name;     // "index.html", "assets/main.5d41402a.js"
  std::string_view gzipped;  // the bytes, as gzip
  std::string_view hash;     // of the bytes, hexadecimal
};

std::span<const EmbeddedFile> embedded_web_files();

}  // namespace iotcard
