// SPDX-License-Identifier: Apache-2.0
#include "ingest/intake_folder.h"

#include <fmt/format.h>

#include <filesystem>

#include "ingest/segment_files.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;

JournalPosition end_of(const std::string& dir) {
  std::error_code not_there;
  if (!fs::exists(dir, not_there)) return {};
  const auto segments = list_segments(dir);
  if (segments.empty()) return {};
  return {segments.back(), segment_size(dir, segments.back())};
}

}  // namespace

void enter_intake_folder(StateStore& store, const std::string& client_id, const std::string& dir) {
  const std::string now = fs::absolute(dir).lexically_normal();
  const std::string before = store.intake_dir(client_id);
  std::error_code not_there;
  const bool same = before.empty() || before == now || fs::equivalent(before, now, not_there);
  const bool moved = !same && !fs::exists(before, not_there);
  if (!same && !moved) {
    const std::uint64_t waiting = bytes_behind(before, store.journal_position(client_id));
    if (waiting > 0) {
      throw JournalError(fmt::format(
          "{}: {} bytes of reports that were acknowledged wait there; intake.dir names "
          "{} now. Start with the old folder until they are applied (iotcardctl doctor "
          "shows the journal's backlog), or move its files to the new one and remove it",
          before, waiting, now));
    }
  }
  if (before == now) return;
  Transaction transaction{store};
  if (!same && !moved) store.set_journal_position(client_id, end_of(now));
  store.set_intake_dir(client_id, now);
  transaction.commit();
}

}  // namespace iotcard
