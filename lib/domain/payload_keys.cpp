// SPDX-License-Identifier: Apache-2.0
#include "domain/payload_keys.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <optional>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

// RFC 6901, 3: "~0" is a tilde, "~1" a slash; nullopt: another escape.
std::optional<std::string> unescape(std::string_view level) {
  std::string text;
  for (std::size_t i = 0; i < level.size(); ++i) {
    if (level[i] != '~') {
      text += level[i];
    } else if (i + 1 < level.size() && (level[i + 1] == '0' || level[i + 1] == '1')) {
      text += level[++i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return text;
}

std::string escape(std::string_view name) {
  std::string level;
  for (const char c : name) {
    if (c == '~' || c == '/') {
      level += c == '~' ? "~0" : "~1";
    } else {
      level += c;
    }
  }
  return level;
}

// The levels of a pointer, which begins with a slash; nullopt: it has a wrong escape.
std::optional<std::vector<std::string>> levels_of(std::string_view pointer) {
  std::vector<std::string> levels;
  for (const std::string_view level : split(pointer.substr(1), '/')) {
    auto text = unescape(level);
    if (!text) return std::nullopt;
    levels.push_back(*std::move(text));
  }
  return levels;
}

constexpr std::uint64_t bit_of(std::size_t size) {
  return std::uint64_t{1} << (size % 64);
}

// What was probably meant by "$.params.iccid", "params[0].iccid" or "params/iccid".
std::string pointer_for(std::string_view key) {
  if (key.starts_with('$')) key.remove_prefix(1);
  std::string pointer;
  for (const char c : key) {
    const bool separates = c == '.' || c == '[' || c == '/';
    if (c == ']' || (separates && pointer.ends_with('/'))) continue;
    pointer += separates ? '/' : c;
  }
  return pointer.starts_with('/') ? pointer : '/' + pointer;
}

}  // namespace

Check PayloadKeys::check(const std::string& key) {
  if (key.empty()) return expected("a text that is not empty");
  if (trim(key) != key) return expected("a key without blanks around it");
  if (key.starts_with('/')) {
    if (levels_of(key)) return std::nullopt;
    return expected("a JSON Pointer in which ~ is written ~0 and / in a name ~1");
  }
  if (key.find_first_of("./[]$") == std::string::npos) return std::nullopt;
  return expected("the name of a top-level member, or a JSON Pointer: write \"" + pointer_for(key) +
                  "\" for the member in an object, or \"/" + escape(key) +
                  "\" for a member of this very name");
}

PayloadKeys::PayloadKeys(const KeyNames& names) {
  for (const auto& [role, keys] : {std::pair{KeyRole::iccid, &names.iccid},
                                   {KeyRole::imei, &names.imei},
                                   {KeyRole::platform, &names.platform}}) {
    for (const std::string& key : *keys) {
      assert(!check(key));
      Key made{role, key, {}};
      if (!key.starts_with('/')) {
        name_sizes_ |= bit_of(key.size());
        names_.push_back(std::move(made));
        continue;
      }
      made.path = levels_of(key).value_or(std::vector<std::string>{});
      pointers_.push_back(std::move(made));
    }
  }
  assert(pointers_.size() <= max_pointers);
  all_pointers_ = (Pointers{1} << pointers_.size()) - 1;
}

const PayloadKeys::Key* PayloadKeys::find_name(std::string_view name) const {
  if ((name_sizes_ & bit_of(name.size())) == 0) return nullptr;
  const auto found = std::ranges::find_if(names_, [&](const Key& key) {
    return key.text == name || equal_ignoring_case(key.text, name);
  });
  return found == names_.end() ? nullptr : &*found;
}

PayloadKeys::Pointers PayloadKeys::descend(Pointers pointers, std::size_t depth,
                                           std::string_view name) const {
  Pointers left = 0;
  for (; pointers != 0; pointers &= pointers - 1) {
    const auto index = static_cast<std::size_t>(std::countr_zero(pointers));
    const auto& path = pointers_[index].path;
    if (depth < path.size() && path[depth] == name) left |= Pointers{1} << index;
  }
  return left;
}

const PayloadKeys::Key* PayloadKeys::find_end(Pointers pointers, std::size_t depth) const {
  for (; pointers != 0; pointers &= pointers - 1) {
    const Key& key = pointers_[static_cast<std::size_t>(std::countr_zero(pointers))];
    if (key.path.size() == depth) return &key;
  }
  return nullptr;
}

bool PayloadKeys::leads_on(Pointers pointers, std::size_t depth) const {
  for (; pointers != 0; pointers &= pointers - 1) {
    const Key& key = pointers_[static_cast<std::size_t>(std::countr_zero(pointers))];
    if (key.path.size() > depth) return true;
  }
  return false;
}

}  // namespace iotcard
