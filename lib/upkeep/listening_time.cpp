// SPDX-License-Identifier: Apache-2.0
#include "upkeep/listening_time.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace iotcard {
namespace {

Instant time_of(std::int64_t milliseconds) {
  return Instant{std::chrono::milliseconds{milliseconds}};
}

}  // namespace

ListeningTime ListeningTime::parse(std::string_view text) {
  ListeningTime time;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t dash = std::min(word.find('-'), word.size());
    const auto from = parse_integer(word.substr(0, dash));
    const auto until = parse_integer(word.substr(std::min(dash + 1, word.size())));
    const bool in_order = from && until && *from <= *until &&
                          (time.spans_.empty() || time_of(*from) >= time.spans_.back().until);
    if (in_order) time.spans_.push_back({time_of(*from), time_of(*until)});
  }
  return time;
}

std::string ListeningTime::text() const {
  std::string text;
  for (const Span& span : spans_) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}-{}", to_unix_millis(span.from), to_unix_millis(span.until));
  }
  return text;
}

// The clock was ahead when these were noted.
void ListeningTime::forget_after(Instant now) {
  std::erase_if(spans_, [&](const Span& span) { return span.from > now; });
  if (!spans_.empty()) spans_.back().until = std::min(spans_.back().until, now);
}

void ListeningTime::note(Instant now, bool listening) {
  forget_after(now);
  const bool continues =
      open_ && listening && !spans_.empty() && now - spans_.back().until <= max_gap;
  open_ = listening;
  if (!listening) return;
  if (continues) {
    spans_.back().until = now;
    return;
  }
  spans_.push_back({now, now});
  if (spans_.size() > max_spans) join_nearest();
}

// Not the last one, which goes on.
void ListeningTime::join_nearest() {
  std::size_t nearest = 0;
  const auto outage = [&](std::size_t span) { return spans_[span + 1].from - spans_[span].until; };
  for (std::size_t i = 1; i + 2 < spans_.size(); ++i) {
    if (outage(i) < outage(nearest)) nearest = i;
  }
  spans_[nearest].until += spans_[nearest + 1].length();
  spans_.erase(spans_.begin() + static_cast<std::ptrdiff_t>(nearest) + 1);
}

std::optional<Instant> ListeningTime::start_of(Duration listened, Instant until) const {
  for (auto span = spans_.rbegin(); span != spans_.rend(); ++span) {
    const Instant end = std::min(span->until, until);
    const Duration length = std::max(end - span->from, Duration{0});
    if (length >= listened) return end - listened;
    listened -= length;
  }
  return std::nullopt;
}

}  // namespace iotcard
