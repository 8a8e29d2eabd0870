// SPDX-License-Identifier: Apache-2.0
// list_text.h - The text of a list as UTF-8 without a byte order mark, whatever its encoding, a
// part at a time: memory does not grow with the file. A byte that does not fit the encoding becomes
// one that is not UTF-8, so that the row that has it can be refused. One thread at a time.
#pragma once

#include <istream>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>

#include "base/text_decoder.h"
#include "csv/encoding_evidence.h"
#include "csv/list_encoding.h"

namespace iotcard {

class ListText : private std::streambuf {
 public:
  struct Wishes {
    std::optional<Encoding> encoding{};  // of this list
    std::optional<Encoding> usual{};     // of lists of its kind: unless this one shows another
  };
  // Reads the beginning of `in`, which must outlive this. Without a wish, the encoding is that of
  // detect_encoding(); a byte order mark decides in any case.
  ListText(std::istream& in, Wishes wishes);

  const Check& problem() const { return problem_; }
  Encoding encoding() const { return encoding_; }
  // False: somebody or a byte order mark says so. What the beginning says of a guess.
  bool guessed() const { return guessed_; }
  const EncodingEvidence& evidence() const { return evidence_; }
  // The first lines, up to 16 KiB of the file.
  std::string_view beginning() const { return beginning_; }
  // From the beginning. Its badbit is set if `in` fails.
  std::istream& stream() { return stream_; }
  std::int64_t bytes_read() const { return bytes_read_; }  // of the file

 private:
  static constexpr std::size_t chunk_bytes = 16 * 1024;

  int_type underflow() override;
  bool read_chunk();
  void decode_chunk();
  void add_evidence();
  Check find_encoding(const Wishes& wishes);

  std::istream& in_;
  std::string raw_;  // bytes of the file that are not in text_ yet
  std::string text_;
  std::int64_t bytes_read_ = 0;
  Encoding encoding_ = Encoding::utf8;
  bool guessed_ = false;
  EncodingEvidence evidence_;
  std::optional<TextDecoder> decoder_;  // none for UTF-8
  std::string beginning_;
  Check problem_;
  std::istream stream_;
};

}  // namespace iotcard
