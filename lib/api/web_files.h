// SPDX-License-Identifier: Apache-2.0
// web_files.h - The files of the web console by their names: those that are compiled in, or, for
// whoever develops the console, those of a folder, which are read at each request. Of a folder only
// known kinds of files are given out, none that is hidden and none behind a link. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace iotcard {

struct WebFile {
  std::string bytes;
  bool is_gzipped = false;
  std::string content_type;
  std::string hash;  // of the content, hexadecimal
};

class WebFiles {
 public:
  // "": the files that are compiled in.
  explicit WebFiles(std::string folder = {});

  bool is_folder() const { return !folder_.empty(); }
  // nullopt: there is no such file. `name` is a path below the console's: "assets/main.5d41.js".
  std::optional<WebFile> find(std::string_view name) const;

 private:
  std::optional<WebFile> read(std::string_view name, std::string_view type) const;

  const std::string folder_;
};

// Throws std::runtime_error if the text is no gzip.
std::string gunzipped(std::string_view text);

}  // namespace iotcard
