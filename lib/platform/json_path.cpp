// SPDX-License-Identifier: Apache-2.0
#include "platform/json_path.h"

#include <utility>

namespace iotcard {

bool is_selector(std::string_view token) {
  const std::size_t equals = token.find('=');
  return token.starts_with('[') && token.ends_with(']') && equals != std::string_view::npos &&
         equals > 1;
}

std::variant<JsonPath, std::string> parse_json_path(std::string_view text) {
  constexpr const char* expected =
      "a pointer such as \"/data/0/status\" (~0 for ~, ~1 for /, * for every element), or \"\" for "
      "all of it";
  JsonPath path{std::string{text}, {}};
  if (text.empty()) return path;
  if (text.front() != '/') return expected;
  std::string token;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '/') {
      path.tokens.push_back(std::exchange(token, {}));
    } else if (text[i] == '~') {
      const char escaped = i + 1 < text.size() ? text[++i] : '\0';
      if (escaped != '0' && escaped != '1') return expected;
      token += escaped == '0' ? '~' : '/';
    } else {
      token += text[i];
    }
  }
  return path;
}

}  // namespace iotcard
