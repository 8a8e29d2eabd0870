// SPDX-License-Identifier: Apache-2.0
#include "completion.h"

#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include "base/text.h"
#include "completion_values.h"
#include "option_tree.h"

namespace iotcard {
namespace {

// Nobody waits longer for the Tab key: a store that is locked, a host that does not answer.
constexpr timeval longest_completion{.tv_sec = 2, .tv_usec = 0};

void end_in_time() {
  std::signal(SIGALRM, [](int) { _exit(failure); });
  const itimerval timer{.it_interval = {}, .it_value = longest_completion};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

void add_verbs(Candidates& found, const LineAtCursor& line) {
  for (const CLI::App* verb : verbs_in(*line.verb)) {
    found.add(line.typed, {verb->get_name(), verb->get_description()});
  }
}

// Without those that the line has, or that exclude one of them.
void add_options(Candidates& found, const LineAtCursor& line) {
  for (const CLI::Option* option : options_known_to(*line.verb)) {
    if (contains(line.given, option) && !may_repeat(*option)) continue;
    const auto excluded = option->get_excludes();
    const auto is_given = [&](const CLI::Option* other) { return contains(line.given, other); };
    if (std::ranges::any_of(excluded, is_given)) continue;
    found.add_option(line.typed, {name_of(*option), option->get_description()});
  }
}

Candidates candidates_at(const LineAtCursor& line, Program& program) {
  Candidates found;
  if (line.may_be_verb) add_verbs(found, line);
  if (line.may_be_option) add_options(found, line);
  if (line.value_of == nullptr) return found;
  program.target = line.target;
  program.complete_target();
  add_values(found, program, line);
  return found;
}

void print(const Candidates& found, const std::string& before) {
  std::string text = found.may_be_file ? "files" : "";
  if (found.is_part) text += text.empty() ? "part" : " part";
  text += '\n';
  for (const Candidate& one : found.list()) {
    text += fmt::format("{}{}\t{}\n", before, one.text, one.about);
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

int complete(const CLI::App& app, Program& program, std::span<const std::string> words) {
  // Whatever a library says would stand in the middle of the command line.
  if (std::freopen("/dev/null", "w", stderr) == nullptr) return failure;
  end_in_time();
  try {
    const LineAtCursor line = read_line_at_cursor(app, words);
    print(candidates_at(line, program), line.before);
    return success;
  } catch (const std::exception&) {
    return failure;  // no candidates
  }
}

}  // namespace iotcard
