// SPDX-License-Identifier: Apache-2.0
#include "csv/list_text.h"

#include <catch2/catch.hpp>
#include <iterator>
#include <sstream>

#include "base/utf8.h"

namespace iotcard {
namespace {

using Catch::Contains;

struct Text {
  std::string problem;
  Encoding encoding;
  std::string text;
  std::int64_t bytes;
};

Text read(const std::string& bytes, std::optional<Encoding> encoding = {}) {
  std::istringstream in{bytes};
  ListText list{in, {.encoding = encoding}};
  if (list.problem()) return {list.problem()->text, Encoding::utf8, "", 0};
  std::string text{std::istreambuf_iterator<char>{list.stream()}, {}};
  CHECK(text.starts_with(list.beginning()));
  return {"", list.encoding(), std::move(text), list.bytes_read()};
}

// Of ASCII and the BMP.
std::string utf16(const std::u16string& text, bool little) {
  std::string bytes;
  for (const char16_t c : text) {
    const char low = static_cast<char>(c & 0xFF);
    const char high = static_cast<char>(c >> 8);
    bytes += little ? low : high;
    bytes += little ? high : low;
  }
  return bytes;
}

const std::string chinese_gbk = "ICCID,\xBF\xA8\xBA\xC5\n";  // 卡号
const std::string chinese = "ICCID,卡号\n";

}  // namespace

TEST_CASE("the encoding of a list is found where it is certain") {
  CHECK(read("iccid\n").encoding == Encoding::utf8);
  CHECK(read("").text.empty());
  CHECK(read(chinese).text == chinese);
  CHECK(read("\xEF\xBB\xBF" + chinese).text == chinese);
  const std::u16string wide = u"ICCID,卡号一二三\r\n8986,1\r\n";
  const std::string narrow = "ICCID,卡号一二三\r\n8986,1\r\n";
  for (const bool little : {true, false}) {
    const Encoding encoding = little ? Encoding::utf16le : Encoding::utf16be;
    for (const bool marked : {true, false}) {
      const Text text = read(utf16(marked ? u"\uFEFF" + wide : wide, little));
      CHECK(text.encoding == encoding);
      CHECK(text.text == narrow);
      CHECK(text.bytes == std::ssize(wide) * 2 + (marked ? 2 : 0));
    }
  }
}

TEST_CASE("an encoding that is not certain has to be said, and the problem says what fits") {
  const Text unknown = read("iccid\n" + chinese_gbk);
  CHECK_THAT(unknown.problem, Contains("line 2 is not UTF-8; it fits gb18030") &&
                                  Contains("say which by encoding = \"…\" under [file] of the "
                                           "mapping, or by --encoding"));
  CHECK(read(chinese_gbk, Encoding::gb18030).text == chinese);
  CHECK_THAT(read(std::string{"iccid\0\0,", 8}).problem, Contains("NUL bytes"));
}

TEST_CASE("text that is valid UTF-8 and GB18030 is read as the likelier one") {
  // 模式, 通 and 摹: two letters in UTF-8, of which nobody writes such a word.
  const std::string pattern = "\xC4\xA3\xCA\xBD";
  CHECK(read("iccid,plan\n1," + pattern + "\n").encoding == Encoding::gb18030);
  CHECK(read("iccid,plan\n1," + pattern + "\n").text == "iccid,plan\n1,模式\n");
  const auto encoding_of = [](const std::string& cell) {
    return read("iccid,note\n1," + cell + "\n2,plain\n").encoding;
  };
  for (const char* usual : {"Müller", "Zähler", "ÖSTERREICH", "à la carte", "5 °C", "Αθήνα", "Еда",
                            "£20", "卡", "一张卡", "Ω"}) {
    CAPTURE(usual);
    CHECK(encoding_of(usual) == Encoding::utf8);
  }
}

TEST_CASE("a doubtful line makes no list UTF-8 whose others are not") {
  CHECK_THAT(read("iccid,plan\n1,\xC4\xA3\xCA\xBD\n2,\xCD\xA3\xBB\xFA\n").problem,
             Contains("line 3 is not UTF-8; it fits gb18030"));
  std::istringstream in{"iccid,plan\n1,\xC3\xBC\n"};  // 眉 or ü
  ListText usual{in, {.usual = Encoding::gb18030}};   // as the mapping says
  CHECK(usual.encoding() == Encoding::gb18030);
}

TEST_CASE("a byte order mark decides, whatever encoding is said") {
  CHECK(read("\xEF\xBB\xBF" + chinese, Encoding::gb18030).text == chinese);
  CHECK(read(utf16(u"\uFEFFiccid\n", true), Encoding::utf8).text == "iccid\n");
}

TEST_CASE("what lists of a kind are usually in gives way to what a list shows") {
  const auto encoding_of = [](const std::string& bytes) {
    std::istringstream in{bytes};
    ListText list{in, {.usual = Encoding::gb18030}};
    return list.encoding();
  };
  CHECK(encoding_of(chinese_gbk) == Encoding::gb18030);
  CHECK(encoding_of("iccid\n") == Encoding::gb18030);  // what follows may be
  CHECK(encoding_of(chinese) == Encoding::utf8);
  CHECK(encoding_of(chinese + chinese_gbk) == Encoding::gb18030);
  CHECK(encoding_of(utf16(u"iccid,卡\n", true)) == Encoding::utf16le);
  CHECK(read(chinese, Encoding::gb18030).encoding ==
        Encoding::gb18030);  // it was said of this list
}

TEST_CASE("text of each encoding becomes UTF-8") {
  struct Sample {
    Encoding encoding;
    std::string bytes;
    std::string text;
  };
  const auto [encoding, bytes, text] = GENERATE(values<Sample>({
      {Encoding::utf8, "é", "é"},
      {Encoding::gb18030, "\xCD\xA3\xBB\xFA", "停机"},
      {Encoding::gb18030, "\x81\x30\x81\x30", "\xC2\x80"},  // four bytes
      {Encoding::big5, "\xA5\x64\xB8\xB9", "卡號"},
      {Encoding::shift_jis, "\x8E\x67\x97\x70\x92\x86", "使用中"},
      {Encoding::euc_kr, "\xC4\xAB\xB5\xE5", "카드"},
      {Encoding::windows_1250, "\xE8", "č"},
      {Encoding::windows_1251, "\xCA\xE0\xF0\xF2\xE0", "Карта"},
      {Encoding::windows_1252, "Z\xE4hler 5 \x80", "Zähler 5 €"},
      {Encoding::euc_jp, "\xBB\xC8\xCD\xD1\xC3\xE6", "使用中"},
      {Encoding::windows_874, "\xAB\xD4\xC1", "ซิม"},
      {Encoding::windows_1253, "\xEA\xDC\xF1\xF4\xE1", "κάρτα"},
      {Encoding::windows_1254,
       "\xDE"
       "ebeke",
       "Şebeke"},
      {Encoding::windows_1255, "\xEB\xF8\xE8\xE9\xF1", "כרטיס"},
      {Encoding::windows_1256, "\xE4\xD4\xD8", "نشط"},
      {Encoding::windows_1257, "\xF0", "š"},
      {Encoding::windows_1258, "\xD0", "Đ"},
      {Encoding::koi8_r, "\xEB\xC1\xD2\xD4\xC1", "Карта"},
      {Encoding::koi8_u, "\xA4", "є"},
      {Encoding::iso_8859_2, "\xB1", "ą"},
      {Encoding::iso_8859_5, "\xBA\xD0\xE0\xE2\xD0", "Карта"},
      {Encoding::iso_8859_7, "\xEA", "κ"},
      {Encoding::iso_8859_9, "\xFE", "ş"},
      {Encoding::iso_8859_1, "M\xFCller", "Müller"},
      {Encoding::iso_8859_15, "\xA4", "€"},
  }));
  CAPTURE(encoding_names[encoding]);
  const Text read_text = read("iccid," + bytes + "\n", encoding);
  CHECK(read_text.text == "iccid," + text + "\n");
  CHECK(read_text.encoding == encoding);
}

TEST_CASE("characters that a chunk of the file cuts are whole") {
  for (int shift = 0; shift < 4; ++shift) {
    std::string bytes(static_cast<std::size_t>(shift), 'x');
    std::string text = bytes;
    for (int i = 0; i < 30'000; ++i) {
      bytes += "\xCD\xA3\x81\x30\x81\x30";
      text += "停\xC2\x80";
    }
    const Text decoded = read(bytes, Encoding::gb18030);
    CHECK(decoded.text == text);
    CHECK(decoded.bytes == std::ssize(bytes));
  }
}

TEST_CASE("a byte that does not fit the encoding is one that is not UTF-8") {
  for (const std::string bad : {"\xFF", "\x81"}) {
    const Text broken = read("a," + bad + "\nb," + bad, Encoding::gb18030);
    CHECK_FALSE(is_utf8(broken.text));
    CHECK(broken.text.starts_with("a,"));
    CHECK(broken.text.ends_with("\nb,\xFF"));
  }
  const std::string odd = utf16(u"iccid\n", true) + "8";
  CHECK(read(odd, Encoding::utf16le).text == "iccid\n\xFF");
}

TEST_CASE("encodings have the names by which people know them") {
  const auto named = [](std::string_view name) { return std::get<Encoding>(read_encoding(name)); };
  CHECK(named("GBK") == Encoding::gb18030);
  CHECK(named("gb2312") == Encoding::gb18030);
  CHECK(named("UTF-8") == Encoding::utf8);
  CHECK(named("Shift_JIS") == Encoding::shift_jis);
  CHECK(named("latin-1") == Encoding::iso_8859_1);
  CHECK(named("cp1251") == Encoding::windows_1251);
  CHECK(named("TIS-620") == Encoding::windows_874);
  CHECK_THAT(std::get<Problem>(read_encoding("ebcdic")).text,
             Contains("expected one of utf-8, utf-16le"));
}

}  // namespace iotcard
