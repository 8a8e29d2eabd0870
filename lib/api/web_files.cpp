// SPDX-License-Identifier: Apache-2.0
#include "api/web_files.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "api/web_table.h"
#include "base/digest.h"
#include "base/small_file.h"
#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::size_t max_web_file_bytes = std::size_t{8} << 20;

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> web_types = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
}};

std::string_view web_type_of(std::string_view name) {
  for (const auto& [suffix, type] : web_types) {
    if (name.ends_with(suffix)) return type;
  }
  return {};
}

// One level of a name: no "..", nothing hidden, nothing that a URL has to escape.
bool is_plain_level(std::string_view level) {
  const auto is_plain = [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_' || c == '@';
  };
  return !level.empty() && level.front() != '.' && std::ranges::all_of(level, is_plain);
}

}  // namespace

WebFiles::WebFiles(std::string folder) : folder_(std::move(folder)) {}

std::optional<WebFile> WebFiles::find(std::string_view name) const {
  const std::string_view type = web_type_of(name);
  if (type.empty() || !std::ranges::all_of(split(name, '/'), is_plain_level)) return std::nullopt;
  if (is_folder()) return read(name, type);
  for (const EmbeddedFile& file : embedded_web_files()) {
    if (file.name != name) continue;
    return WebFile{std::string{file.gzipped}, true, std::string{type}, std::string{file.hash}};
  }
  return std::nullopt;
}

std::optional<WebFile> WebFiles::read(std::string_view name, std::string_view type) const {
  std::error_code problem;
  const auto folder = std::filesystem::canonical(folder_, problem);
  if (problem) return std::nullopt;
  // A link on the way makes another path of it.
  const auto path = folder / name;
  if (std::filesystem::canonical(path, problem) != path || problem) return std::nullopt;
  auto file = read_small_file(path.string(), max_web_file_bytes);
  if (!std::holds_alternative<SmallFile>(file)) return std::nullopt;
  std::string bytes = std::move(std::get<SmallFile>(file).text);
  std::string hash = to_hex(digest(Digest::sha256, bytes)).substr(0, 16);
  return WebFile{std::move(bytes), false, std::string{type}, std::move(hash)};
}

std::string gunzipped(std::string_view text) {
  z_stream stream{};
  constexpr int gzip_window = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_window) != Z_OK) throw std::runtime_error{"gzip: no memory"};
  // zlib's interface has no const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  std::string plain;
  std::array<char, 16384> part{};
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    state = inflate(&stream, Z_NO_FLUSH);
    plain.append(part.data(), part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) throw std::runtime_error{"gzip: the content is damaged"};
  return plain;
}

}  // namespace iotcard
