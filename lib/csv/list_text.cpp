// SPDX-License-Identifier: Apache-2.0
#include "csv/list_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <ios>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

constexpr char not_utf8 = '\xFF';

bool is_utf16(Encoding encoding) {
  return encoding == Encoding::utf16le || encoding == Encoding::utf16be;
}

// Decodes what it can; `rest` keeps what is the beginning of a character.
void append_decoded(TextDecoder& decoder, Encoding encoding, std::string_view& rest, bool at_end,
                    std::string& text) {
  constexpr std::size_t max_growth = 3;  // bytes of UTF-8 for a byte
  const std::size_t unit = is_utf16(encoding) ? 2 : 1;
  while (!rest.empty()) {
    const std::size_t before = text.size();
    text.resize(before + rest.size() * max_growth);
    const TextDecoder::Step step =
        decoder.decode(rest, {text.data() + before, text.size() - before});
    text.resize(before + step.written);
    rest.remove_prefix(step.read);
    if (step.end == TextDecoder::End::cut && !at_end) return;
    if (step.end == TextDecoder::End::cut || step.end == TextDecoder::End::invalid) {
      text += not_utf8;
      rest.remove_prefix(std::min(unit, rest.size()));
    }
  }
}

}  // namespace

ListText::ListText(std::istream& in, Wishes wishes) : in_(in), stream_(this) {
  const bool more = read_chunk();
  problem_ = find_encoding(wishes);
  raw_.erase(0, byte_order_mark(raw_, encoding_));
  if (!problem_ && encoding_ != Encoding::utf8) {
    decoder_.emplace(iconv_name(encoding_));
    if (!decoder_->usable()) {
      problem_ = Problem{fmt::format(
          "the C library of this system cannot decode {}: its folder gconv is missing or has no "
          "converter for it; save the list as UTF-8",
          encoding_names[encoding_])};
    }
  }
  if (more && !problem_) decode_chunk();
  beginning_ = text_;
}

// A mark decides: it is no character of a list in another encoding. So does text that only UTF-8 or
// UTF-16 has, over what lists of this kind usually are in.
Check ListText::find_encoding(const Wishes& wishes) {
  if (auto problem = check_kind(raw_)) return problem;
  const auto found = detect_encoding(raw_, raw_.size() < chunk_bytes);
  const auto* detected = std::get_if<Encoding>(&found);
  const bool marked = detected != nullptr && byte_order_mark(raw_, *detected) > 0;
  const bool shown = detected != nullptr &&
                     (*detected != Encoding::utf8 || shows_utf8(raw_, raw_.size() < chunk_bytes));
  guessed_ = !wishes.encoding && !marked;
  if (guessed_) add_evidence();
  if (wishes.encoding && !marked) {
    encoding_ = *wishes.encoding;
  } else if (wishes.usual && !marked && !shown) {
    encoding_ = *wishes.usual;
  } else if (detected != nullptr) {
    encoding_ = *detected;
  } else {
    return std::get<Problem>(found);
  }
  return std::nullopt;
}

// Of whole lines: the last one goes on in the next chunk, unless there is none.
void ListText::add_evidence() {
  const std::string_view raw = raw_;
  const std::size_t end = raw.size() < chunk_bytes ? raw.size() : raw.find_last_of('\n') + 1;
  for (const std::string_view line : split(raw.substr(0, end), '\n')) evidence_.add(line);
}

// False: the file is at its end.
bool ListText::read_chunk() {
  const std::size_t kept = raw_.size();
  raw_.resize(kept + chunk_bytes);
  in_.read(raw_.data() + kept, static_cast<std::streamsize>(chunk_bytes));
  if (in_.bad()) throw std::ios_base::failure("the file cannot be read on");
  const auto count = in_.gcount();
  raw_.resize(kept + static_cast<std::size_t>(count));
  bytes_read_ += count;
  return count > 0;
}

void ListText::decode_chunk() {
  text_.clear();
  if (!decoder_) {
    std::swap(text_, raw_);
  } else {
    std::string_view rest = raw_;
    append_decoded(*decoder_, encoding_, rest, in_.eof(), text_);
    raw_.erase(0, raw_.size() - rest.size());
  }
  setg(text_.data(), text_.data(), text_.data() + text_.size());
}

// An exception sets the stream's badbit.
ListText::int_type ListText::underflow() {
  while (gptr() == egptr()) {
    if (!read_chunk() && raw_.empty()) return traits_type::eof();
    decode_chunk();
  }
  return traits_type::to_int_type(*gptr());
}

}  // namespace iotcard
