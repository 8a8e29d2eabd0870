// SPDX-License-Identifier: Apache-2.0
// completion_candidates.h - What may stand at the cursor. A plain value, and the one place that
// says what is safe to offer: bash puts a candidate into the command line as it is, and names of
// devices come from whoever may publish. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

struct Candidate {
  std::string text;
  std::string about{};  // for a person
};

class Candidates {
 public:
  static constexpr int max_shown = 50;

  // Only what has begun with `typed`, and only words that mean nothing to a shell: letters, digits
  // and . _ / : = , @ + % -, of which a hyphen is not the first.
  void add(std::string_view typed, Candidate candidate);
  // The names of options, which begin with a hyphen.
  void add_option(std::string_view typed, Candidate candidate);
  // The list was cut, and all that it stands for begins with `common`. A shell would take what the
  // shown ones have in common for what all have: so this adds one that has no more than `common`.
  void cut(std::string_view common);

  bool may_be_file = false;  // names of files fit, too
  bool is_part = false;      // more may follow a candidate without a blank
  const std::vector<Candidate>& list() const { return list_; }

 private:
  std::vector<Candidate> list_;
};

}  // namespace iotcard
