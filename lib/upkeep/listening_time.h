// SPDX-License-Identifier: Apache-2.0
// listening_time.h - When a daemon of this store received reports, so that its own outages do not
// count as the silence of devices. Kept as spans of time, as text over restarts. Where it does not
// know, it assumes an outage. Pure; one thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace iotcard {

class ListeningTime {
 public:
  // More are not kept: of two with the shortest outage between them the later one is moved to the
  // end of the earlier one, as if the outage had come after it. So no listening is forgotten, and
  // none is made up.
  static constexpr std::size_t max_spans = 64;
  // A longer time between two notes counts as an outage: the process stood still, or the clock was
  // set.
  static constexpr std::chrono::seconds max_gap{60};

  static ListeningTime parse(std::string_view text);  // what is no span is passed over
  // "1795000000000-1795003600000 1795003900000-…": milliseconds, the oldest first.
  std::string text() const;

  // Call it often; `listening`: reports are received at the moment.
  void note(Instant now, bool listening);
  // The time from which on, until `until`, a daemon has listened for so long altogether. nullopt:
  // it has not.
  std::optional<Instant> start_of(Duration listened, Instant until) const;

 private:
  struct Span {
    Instant from;
    Instant until;
    Duration length() const { return until - from; }
  };
  void forget_after(Instant now);
  void join_nearest();

  std::vector<Span> spans_;  // the oldest first
  bool open_ = false;        // the last one continues
};

}  // namespace iotcard
