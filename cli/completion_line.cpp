// SPDX-License-Identifier: Apache-2.0
#include "completion_line.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "option_tree.h"

namespace iotcard {
namespace {

const CLI::Option* long_option(const CLI::App& verb, std::string_view name) {
  for (const CLI::Option* option : options_known_to(verb)) {
    if (contains(option->get_lnames(), name)) return option;
  }
  return nullptr;
}

const CLI::Option* short_option(const CLI::App& verb, char name) {
  for (const CLI::Option* option : options_known_to(verb)) {
    if (contains(option->get_snames(), std::string(1, name))) return option;
  }
  return nullptr;
}

class LineReader {
 public:
  explicit LineReader(const CLI::App& app) { line_.verb = &app; }

  // A word before the cursor.
  void pass(const std::string& word) {
    if (pending_ != nullptr && !(optional_ && word.starts_with('-'))) {
      take(*std::exchange(pending_, nullptr), word);
    } else if (!options_ended_ && word == "--") {
      pending_ = nullptr;
      options_ended_ = true;
    } else if (!options_ended_ && word.starts_with("--")) {
      pass_long(word);
    } else if (!options_ended_ && word.size() > 1 && word.front() == '-') {
      pass_short(word);
    } else {
      pass_plain(word);
    }
  }

  LineAtCursor finish(const std::string& word) && {
    line_.typed = word;
    const std::size_t equals = word.find('=');
    if (pending_ != nullptr && !(optional_ && word.starts_with('-'))) {
      line_.value_of = pending_;
    } else if (!options_ended_ && word.starts_with("--") && equals != std::string::npos) {
      line_.value_of = long_option(*line_.verb, std::string_view{word}.substr(2, equals - 2));
      line_.before = word.substr(0, equals + 1);
      line_.typed = word.substr(equals + 1);
    } else if (!options_ended_ && word.starts_with('-')) {
      line_.may_be_option = true;
    } else if (!verbs_in(*line_.verb).empty()) {
      line_.may_be_verb = true;
    } else {
      line_.value_of = argument();
      line_.may_be_option = word.empty() && !options_ended_ && line_.value_of == nullptr;
    }
    return std::move(line_);
  }

 private:
  void pass_long(const std::string& word) {
    pending_ = nullptr;
    const std::size_t equals = word.find('=');
    const CLI::Option* option =
        long_option(*line_.verb, std::string_view{word}.substr(2, equals - 2));
    if (option == nullptr) return;
    give(*option);
    if (!takes_value(*option)) return;
    if (equals != std::string::npos) {
      take(*option, word.substr(equals + 1));
    } else {
      expect(*option);
    }
  }

  // "-qo", "-ojson".
  void pass_short(const std::string& word) {
    pending_ = nullptr;
    for (std::size_t i = 1; i < word.size(); ++i) {
      const CLI::Option* option = short_option(*line_.verb, word[i]);
      if (option == nullptr) return;
      give(*option);
      if (!takes_value(*option)) continue;
      if (i + 1 == word.size()) expect(*option);
      return;
    }
  }

  void pass_plain(const std::string& word) {
    pending_ = nullptr;
    const auto verbs = verbs_in(*line_.verb);
    const auto verb = std::ranges::find(verbs, word, &CLI::App::get_name);
    if (verb != verbs.end()) {
      line_.verb = *verb;
    } else {
      ++arguments_;
    }
  }

  void give(const CLI::Option& option) {
    line_.given.push_back(&option);
    if (name_of(option) == "--insecure-http") line_.target.insecure_http = true;
  }

  void expect(const CLI::Option& option) {
    pending_ = &option;
    optional_ = option.get_items_expected_min() == 0;
  }

  void take(const CLI::Option& option, const std::string& value) {
    const std::string name = name_of(option);
    if (name == "--config") line_.target.config_path = value;
    if (name == "--store") line_.target.store_url = value;
    if (name == "--api") line_.target.api_url = value;
    if (name == "--token-file") line_.target.token_file = value;
  }

  // The one that the next word is for; the last one may take all that follow.
  const CLI::Option* argument() const {
    const auto all = arguments_of(*line_.verb);
    if (arguments_ < all.size()) return all[arguments_];
    return !all.empty() && may_repeat(*all.back()) ? all.back() : nullptr;
  }

  LineAtCursor line_;
  const CLI::Option* pending_ = nullptr;  // whose value the next word is
  bool optional_ = false;                 // unless it is an option
  bool options_ended_ = false;            // by "--"
  std::size_t arguments_ = 0;
};

}  // namespace

LineAtCursor read_line_at_cursor(const CLI::App& app, std::span<const std::string> words) {
  LineReader reader{app};
  if (words.empty()) return std::move(reader).finish("");
  // "help card list" is the help of card list.
  const std::size_t first = words.size() > 1 && words.front() == "help" ? 1 : 0;
  for (const std::string& word : words.subspan(first, words.size() - 1 - first)) reader.pass(word);
  return std::move(reader).finish(words.back());
}

}  // namespace iotcard
