// SPDX-License-Identifier: Apache-2.0
// expiry_monitor.h - Finds cards that become abnormal by the clock alone: they expire, or will
// soon. Each card says when it is to be judged next. Judges all cards once when a store was never
// judged and when the thresholds change, and judges again those whose time lies between two times
// when the clock was set back. Each page of cards is a transaction with its events. An event is
// published only if the card's reasons differ from those last published, so never twice, however
// the process ends. A start finds what happened while the daemon was stopped. Not for reports and
// changes: they judge their own cards. Applier's thread only; throws StoreError, and then the page
// has not happened.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace iotcard {

class ExpiryMonitor {
 public:
  // Cards. Reports wait meanwhile: half a millisecond if none of the cards is due.
  static constexpr int page = 64;
  static constexpr std::chrono::seconds interval{1};
  // At which the time is saved, at least, so that a restart notices a clock that is set back.
  // Reports and changes judge cards by the same clock in between.
  static constexpr std::chrono::minutes save_interval{10};

  ExpiryMonitor(Store& store, std::string client_id)
      : store_(store), client_id_(std::move(client_id)) {}

  // One page, if something may be due. True: more is due at once.
  bool step(const AlertThresholds& thresholds, EventKinds mute, Instant now);
  // After a failure: the progress is read from the store again.
  void reset() { progress_.reset(); }

 private:
  struct Progress {
    AlertThresholds thresholds{};        // by which cards were judged
    Instant latest{};                    // the latest time at which cards were judged
    std::optional<std::string> sweep{};  // cursor in the list of all cards; nullopt: not due
  };
  // After the clock was set back from progress_->latest: cards were judged to be past a time that
  // lies behind this one.
  struct Correction {
    Instant from;
    // In the lists of cards that expired and of those that expire soon; nullopt: at the end.
    std::array<std::optional<std::string>, 2> cursors{"", ""};
  };
  static std::string text_of(const Progress& progress);
  static std::optional<Progress> progress_in(const std::string& text);

  void load_progress(const AlertThresholds& thresholds, Instant now);
  void notice_clock();
  bool correct_clock();
  bool sweep();
  void judge(const std::vector<StoredCard>& cards);
  void save();

  Store& store_;
  const std::string client_id_;
  std::optional<Progress> progress_;
  std::optional<Correction> correction_;
  bool more_ = false;  // is due
  Instant judged_at_{};
  Instant saved_at_{};
  // Of the current step.
  AlertThresholds thresholds_;
  EventKinds mute_;
  Instant now_{};
};

}  // namespace iotcard
