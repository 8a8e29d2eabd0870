// SPDX-License-Identifier: Apache-2.0
#include "completion_candidates.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace iotcard {
namespace {

bool is_safe(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || is_digit(c) || std::string_view{"._/:=,@+%-"}.find(c) != std::string_view::npos;
}

}  // namespace

void Candidates::add(std::string_view typed, Candidate candidate) {
  if (candidate.text.empty() || candidate.text.front() == '-') return;
  add_option(typed, std::move(candidate));
}

void Candidates::add_option(std::string_view typed, Candidate candidate) {
  if (!candidate.text.starts_with(typed) || !std::ranges::all_of(candidate.text, is_safe)) return;
  if (contains(list_, candidate.text, &Candidate::text)) return;
  list_.push_back(std::move(candidate));
}

void Candidates::cut(std::string_view common) {
  if (list_.empty()) return;
  list_.push_back({std::string{common} + "...", "and more"});
}

}  // namespace iotcard
