// SPDX-License-Identifier: Apache-2.0
#include "base/text_decoder.h"

#include <iconv.h>

#include <cerrno>

namespace iotcard {

TextDecoder::TextDecoder(const char* iconv_name) : handle_(iconv_open("UTF-8", iconv_name)) {}

TextDecoder::~TextDecoder() {
  if (usable()) iconv_close(handle_);
}

bool TextDecoder::usable() const {
  return handle_ != reinterpret_cast<iconv_t>(-1);
}

TextDecoder::Step TextDecoder::decode(std::string_view bytes, std::span<char> out) {
  if (!usable()) return {0, 0, bytes.empty() ? End::all : End::invalid};
  char* in = const_cast<char*>(bytes.data());  // iconv's signature; it does not write there
  std::size_t in_left = bytes.size();
  char* to = out.data();
  std::size_t out_left = out.size();
  const std::size_t done = iconv(handle_, &in, &in_left, &to, &out_left);
  const int error = errno;
  Step step{bytes.size() - in_left, out.size() - out_left, End::all};
  if (done != static_cast<std::size_t>(-1)) return step;
  step.end = error == E2BIG ? End::full : error == EINVAL ? End::cut : End::invalid;
  return step;
}

}  // namespace iotcard
