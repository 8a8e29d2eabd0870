// SPDX-License-Identifier: Apache-2.0
#include "ingest/event_suspect.h"

#include <utility>

namespace iotcard {

void EventSuspect::suspect(std::int64_t sequence) {
  if (sequence_ == sequence) return;
  sequence_ = sequence;
  ends_ = ends_alone_ = refusals_ = 0;
  others_taken_ = false;
}

void EventSuspect::acknowledged(std::int64_t sequence) {
  one_was_taken_ = true;
  if (left_alone_ > 0) --left_alone_;
  if (sequence == sequence_) return suspect(0);
  if (refusals_ > 0) others_taken_ = true;
}

bool EventSuspect::connection_ended(std::int64_t first, std::size_t under_way) {
  suspect(first);
  ++ends_;
  if (under_way == 1) ++ends_alone_;
  // Any of those that were under way may be the one, and acknowledgements may have been lost.
  if (ends_ >= together) left_alone_ = 2 * window_;
  // A broker that takes none at all ends the connection at each: one is moved aside, and the next
  // ones wait.
  return ends_alone_ >= limit && std::exchange(one_was_taken_, false);
}

bool EventSuspect::refused(std::int64_t sequence) {
  suspect(sequence);
  ++refusals_;
  return refusals_ >= limit && others_taken_;
}

}  // namespace iotcard
