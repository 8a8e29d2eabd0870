// SPDX-License-Identifier: Apache-2.0
// encoding_evidence.h - Whether a list that is valid UTF-8 is UTF-8 for certain. Two bytes can be a
// letter in UTF-8 and a Chinese character in GB18030 (GBK, GB2312): "\xC4\xA3" is U+0123 in the one
// and U+6A21 in the other. If all text beyond ASCII is of such pairs, either may be meant, and the
// likelier one is told by what people write. Pure; one thread at a time. Sources: GB 2312-1980,
// rows 1 to 3 and 16 to 87; Unicode 15, blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "csv/list_encoding.h"

namespace iotcard {

// Another encoding that a list may be in, and the first text that both have.
struct EncodingDoubt {
  Encoding other = Encoding::utf8;
  std::string text;        // as it is read
  std::string other_text;  // in the other encoding
};

class EncodingEvidence {
 public:
  // A part of the list that ends at a line or a cell. What is not UTF-8 is passed over.
  void add(std::string_view bytes);

  bool certain() const { return certain_; }  // that it is UTF-8
  bool doubtful() const { return !certain_ && !sample_.empty(); }
  Encoding likelier() const { return strange_ > usual_ ? Encoding::gb18030 : Encoding::utf8; }
  // The doubt about a list that is read in this encoding; nullopt: there is none.
  std::optional<EncodingDoubt> doubt(Encoding taken) const;

 private:
  void add_run(std::string_view run, char before, char behind);

  bool certain_ = false;
  std::string sample_;        // bytes of the first run that both have
  std::int64_t usual_ = 0;    // runs that are usual text in UTF-8
  std::int64_t strange_ = 0;  // and those that are not
};

}  // namespace iotcard
