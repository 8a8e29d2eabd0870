// SPDX-License-Identifier: Apache-2.0
#include "api/representation.h"

#include <fmt/format.h>
#include <openssl/sha.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr std::size_t min_compressed = 1024;  // a smaller body fits into a packet as it is
constexpr int gzip_level = 4;                 // 6 takes twice the time for 5 % less
constexpr int gzip_window = 15 + 16;          // 32 KiB, with the header of gzip

// Calls `use` for each element of a list in a header.
template <typename Use>
void each_element(std::string_view list, const Use& use) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (const auto one = trim(list.substr(0, end)); !one.empty()) use(one);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

std::string_view opaque(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

// Weak, since the body may be sent compressed or not.
std::string tag_of(std::string_view body) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data());
  std::string tag = "W/\"";
  for (std::size_t i = 0; i < 16; ++i) tag += fmt::format("{:02x}", digest[i]);
  return tag + '"';
}

// One gzip file, in pieces.
class Compressor {
 public:
  Compressor() {
    if (deflateInit2(&stream_, gzip_level, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc{};
    }
  }
  ~Compressor() { deflateEnd(&stream_); }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // False: `write` wants no more.
  template <typename Write>
  bool add(std::string_view bytes, bool last, const Write& write) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      const std::size_t made = out_.size() - stream_.avail_out;
      if (made > 0 && !write(std::string_view{out_.data(), made})) return false;
    } while (stream_.avail_out == 0);
    return true;
  }

 private:
  z_stream stream_{};
  std::array<char, 16384> out_{};
};

void compress(Response& response) {
  response.headers.emplace_back("Content-Encoding", "gzip");
  if (!response.stream) {
    std::string small;
    const auto compressor = std::make_unique<Compressor>();
    compressor->add(response.body, true, [&](std::string_view bytes) {
      small += bytes;
      return true;
    });
    response.body = std::move(small);
    return;
  }
  response.stream = [stream = std::move(response.stream)](const WriteBytes& write) {
    const auto compressor = std::make_unique<Compressor>();
    bool wanted = true;
    stream([&](std::string_view bytes) {
      // Without bytes it is only asked whether the client is there.
      wanted = wanted && (bytes.empty() ? write({}) : compressor->add(bytes, false, write));
      return wanted;
    });
    if (wanted) compressor->add({}, true, write);
  };
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<bool> named;
  bool others = false;
  each_element(accept_encoding, [&](std::string_view one) {
    const std::size_t end = std::min(one.find(';'), one.size());
    const std::string_view coding = trim(one.substr(0, end));
    std::string_view weight = one.substr(end);
    weight.remove_prefix(std::min(weight.find('='), weight.size()));
    const bool wanted = weight.empty() || weight.find_first_of("123456789") != weight.npos;
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
      named = wanted;
    }
    if (coding == "*") others = wanted;
  });
  return named.value_or(others);
}

bool matches_tag(std::string_view if_none_match, std::string_view tag) {
  bool found = false;
  each_element(if_none_match, [&](std::string_view one) {
    found = found || one == "*" || opaque(one) == opaque(tag);
  });
  return found;
}

void represent(const RequestHead& head, Response& response) {
  const bool get = head.method == "GET" || head.method == "HEAD";
  const bool has_tag = header_of(response, "ETag") != nullptr;
  const bool json = response.content_type == "application/json";
  const bool worth = response.stream ? response.content_type != "text/event-stream"
                                     : response.body.size() >= min_compressed;
  // Before a 304 takes the body: it has the same one as the 200.
  if (worth && header_of(response, "Vary") == nullptr) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  if (get && response.status == 200 && !response.stream) {
    // The tag of a card stands for its own fields, for If-Match; its JSON tells more than these.
    if (!has_tag) response.headers.emplace_back("ETag", tag_of(response.body));
    const bool comparable = !has_tag || !json;
    if (comparable && matches_tag(head.header("if-none-match"), *header_of(response, "ETag"))) {
      response.status = 304;
      response.body.clear();
      return;
    }
  }
  if (!worth || header_of(response, "Content-Encoding") != nullptr) return;
  if (accepts_gzip(head.header("accept-encoding"))) compress(response);
}

}  // namespace iotcard
