// SPDX-License-Identifier: Apache-2.0
#include "csv/list_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "base/text_decoder.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "csv/encoding_evidence.h"

namespace iotcard {
namespace {

struct Alias {
  std::string_view name;
  Encoding encoding;
};
constexpr std::array aliases{
    Alias{"utf8", Encoding::utf8},
    Alias{"utf-16", Encoding::utf16le},  // where no byte order mark says otherwise
    Alias{"gbk", Encoding::gb18030},
    Alias{"gb2312", Encoding::gb18030},
    Alias{"cp936", Encoding::gb18030},
    Alias{"shift_jis", Encoding::shift_jis},
    Alias{"sjis", Encoding::shift_jis},
    Alias{"cp932", Encoding::shift_jis},
    Alias{"euc-cn", Encoding::gb18030},
    Alias{"cp950", Encoding::big5},
    Alias{"big5-hkscs", Encoding::big5},
    Alias{"cp949", Encoding::euc_kr},
    Alias{"cp874", Encoding::windows_874},
    Alias{"tis-620", Encoding::windows_874},
    Alias{"latin-1", Encoding::iso_8859_1},
    Alias{"latin1", Encoding::iso_8859_1},
};

// Those in which few texts of another encoding are valid.
constexpr std::array multi_byte{Encoding::gb18030, Encoding::shift_jis, Encoding::euc_jp,
                                Encoding::big5, Encoding::euc_kr};

constexpr std::string_view mark_of_utf16le = "\xFF\xFE";
constexpr std::string_view mark_of_utf16be = "\xFE\xFF";

// What a file is that is not a list in a text.
std::string_view other_kind(std::string_view beginning) {
  constexpr std::string_view zip = "PK\x03\x04";
  constexpr std::string_view compound_file = "\xD0\xCF\x11\xE0";  // the older kind of workbook
  if (beginning.starts_with(zip) || beginning.starts_with(compound_file)) {
    return "this is an Excel workbook, not CSV; save it as CSV";
  }
  const std::string text = to_lower(trim(beginning.substr(0, 256)));
  for (const std::string_view markup : {"<!doctype", "<html", "<table", "<?xml"}) {
    if (text.starts_with(markup)) {
      return "this is a web page or XML, not CSV; open it in a spreadsheet program and save it as "
             "CSV";
    }
  }
  return {};
}

bool decodes(std::string_view bytes, Encoding encoding) {
  TextDecoder decoder{iconv_name(encoding)};
  std::array<char, 4096> out{};
  while (true) {
    const TextDecoder::Step step = decoder.decode(bytes, out);
    bytes.remove_prefix(step.read);
    if (step.end != TextDecoder::End::full) return step.end == TextDecoder::End::all;
  }
}

// UTF-16 of a list has a NUL beside each letter of ASCII, digit and line end, on one side. Few
// other characters have one on the other side.
std::optional<Encoding> utf16_by_pattern(std::string_view bytes) {
  std::array<std::size_t, 2> nuls{};
  for (std::size_t i = 0; i < bytes.size(); ++i) nuls[i % 2] += bytes[i] == '\0' ? 1 : 0;
  const auto [fewer, more] = std::minmax(nuls[0], nuls[1]);
  if (more <= 8 * fewer) return std::nullopt;
  const Encoding encoding = nuls[1] == more ? Encoding::utf16le : Encoding::utf16be;
  return decodes(bytes.substr(0, bytes.size() / 2 * 2), encoding) ? std::optional{encoding}
                                                                  : std::nullopt;
}

EncodingEvidence evidence_of(std::string_view text) {
  EncodingEvidence evidence;
  for (const std::string_view line : split(text, '\n')) evidence.add(line);
  return evidence;
}

// Without what may be a part of a character, or of a line.
std::string_view whole_lines(std::string_view beginning) {
  const std::size_t end = beginning.find_last_of("\r\n");
  return end == beginning.npos ? beginning : beginning.substr(0, end + 1);
}

std::string first_line_beyond_ascii(std::string_view text) {
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (!is_utf8(line)) return fmt::format("line {}", number);
  }
  return "the list";
}

}  // namespace

std::variant<Encoding, Problem> read_encoding(std::string_view name) {
  const std::string lower = to_lower(name);
  if (const auto encoding = encoding_names.find(lower)) return *encoding;
  const auto alias = std::ranges::find(aliases, lower, &Alias::name);
  if (alias != aliases.end()) return alias->encoding;
  if (lower.starts_with("cp125")) return read_encoding("windows-" + lower.substr(2));
  return expected(fmt::format("one of {}", join(encoding_names.names, ", ")));
}

const char* iconv_name(Encoding encoding) {
  switch (encoding) {
    case Encoding::utf8:
      return "UTF-8";
    case Encoding::utf16le:
      return "UTF-16LE";
    case Encoding::utf16be:
      return "UTF-16BE";
    case Encoding::gb18030:
      return "GB18030";
    case Encoding::big5:
      return "BIG5-HKSCS";
    case Encoding::shift_jis:
      return "CP932";  // Shift-JIS as Windows writes it
    case Encoding::euc_jp:
      return "EUC-JP-MS";
    case Encoding::euc_kr:
      return "CP949";
    case Encoding::windows_874:
      return "CP874";
    case Encoding::windows_1250:
      return "CP1250";
    case Encoding::windows_1251:
      return "CP1251";
    case Encoding::windows_1252:
      return "CP1252";
    case Encoding::windows_1253:
      return "CP1253";
    case Encoding::windows_1254:
      return "CP1254";
    case Encoding::windows_1255:
      return "CP1255";
    case Encoding::windows_1256:
      return "CP1256";
    case Encoding::windows_1257:
      return "CP1257";
    case Encoding::windows_1258:
      return "CP1258";
    case Encoding::koi8_r:
      return "KOI8-R";
    case Encoding::koi8_u:
      return "KOI8-U";
    case Encoding::iso_8859_1:
      return "ISO-8859-1";
    case Encoding::iso_8859_2:
      return "ISO-8859-2";
    case Encoding::iso_8859_5:
      return "ISO-8859-5";
    case Encoding::iso_8859_7:
      return "ISO-8859-7";
    case Encoding::iso_8859_9:
      return "ISO-8859-9";
    case Encoding::iso_8859_15:
      return "ISO-8859-15";
  }
  return "UTF-8";
}

std::size_t byte_order_mark(std::string_view text, Encoding encoding) {
  std::string_view mark;
  if (encoding == Encoding::utf8) mark = utf8_byte_order_mark;
  if (encoding == Encoding::utf16le) mark = mark_of_utf16le;
  if (encoding == Encoding::utf16be) mark = mark_of_utf16be;
  return !mark.empty() && text.starts_with(mark) ? mark.size() : 0;
}

std::string encodings_that_fit(std::string_view bytes) {
  constexpr std::string_view one_byte =
      "those of one byte a character, such as windows-1252 (Western), windows-1251 (Cyrillic) or "
      "windows-1254 (Turkish)";
  std::string names;
  for (const Encoding encoding : multi_byte) {
    if (!decodes(bytes, encoding)) continue;
    names.append(names.empty() ? "" : ", ").append(encoding_names[encoding]);
  }
  return names.append(names.empty() ? "" : ", and ").append(one_byte);
}

bool shows_utf8(std::string_view beginning, bool whole) {
  const std::string_view text = whole ? beginning : whole_lines(beginning);
  return is_utf8(text) && evidence_of(text).certain();
}

Check check_kind(std::string_view beginning) {
  const std::string_view kind = other_kind(beginning);
  return kind.empty() ? std::nullopt : Check{Problem{std::string{kind}}};
}

std::variant<Encoding, Problem> detect_encoding(std::string_view beginning, bool whole) {
  for (const Encoding encoding : {Encoding::utf8, Encoding::utf16le, Encoding::utf16be}) {
    if (byte_order_mark(beginning, encoding) > 0) return encoding;
  }
  if (beginning.find('\0') != beginning.npos) {
    if (const auto encoding = utf16_by_pattern(beginning)) return *encoding;
    return Problem{"the file has NUL bytes, so it is not a text"};
  }
  const std::string_view text = whole ? beginning : whole_lines(beginning);
  // Single bytes that are not UTF-8 are a matter of their row.
  const EncodingEvidence evidence = evidence_of(text);
  if (evidence.certain()) return Encoding::utf8;
  if (is_utf8(text)) return evidence.doubtful() ? evidence.likelier() : Encoding::utf8;
  // Any bytes fit an encoding of one byte a character, so that says nothing.
  const bool fits =
      std::ranges::any_of(multi_byte, [&](Encoding encoding) { return decodes(text, encoding); });
  if (!fits) return Encoding::utf8;
  return not_utf8(text);
}

Problem not_utf8(std::string_view text) {
  return Problem{fmt::format(
      "{} is not UTF-8; it fits {}: say which by encoding = \"…\" under [file] of the mapping, or "
      "by --encoding, or save the list as UTF-8",
      first_line_beyond_ascii(text), encodings_that_fit(text))};
}

}  // namespace iotcard
