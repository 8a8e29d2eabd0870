// SPDX-License-Identifier: Apache-2.0
#include "ingest/journal.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds sync_interval{100};
constexpr std::uint64_t max_segment_bytes = std::uint64_t{16} << 20;

iovec part(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};  // writev's signature; it only reads
}

bool older_than(const std::string& path, std::chrono::seconds age) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return false;
  return time(nullptr) - facts.st_mtime >= age.count();
}

namespace fs = std::filesystem;

JournalPosition end_of(const std::string& dir) {
  std::error_code not_there;
  if (!fs::exists(dir, not_there)) return {};
  const auto segments = list_segments(dir);
  if (segments.empty()) return {};
  return {segments.back(), segment_size(dir, segments.back())};
}

}  // namespace

Journal::Journal(JournalOptions options, JournalPosition applied)
    : options_(std::move(options)),
      segment_bytes_(std::min(max_segment_bytes, options_.max_backlog / 8)),
      lock_(lock_folder(options_.dir)) {
  state_.applied = applied;
  claim_folder(options_.dir, options_.client_id);
  writing_.newest_segment = applied.segment;
  for (const std::uint64_t segment : list_segments(options_.dir)) {
    writing_.newest_segment = std::max(writing_.newest_segment, segment);
    state_.closed[segment] = segment_size(options_.dir, segment);
  }
  begin_segment();
  if (options_.sync == IntakeSync::batch) {
    sync_thread_ = std::thread{[this] { sync_loop(); }};
    pthread_setname_np(sync_thread_.native_handle(), "journal-sync");
  }
}

Journal::~Journal() {
  {
    const std::lock_guard lock{mutex_};
    state_.stopping = true;
  }
  sync_wanted_.notify_all();
  if (sync_thread_.joinable()) sync_thread_.join();
  if (writing_.next) unlink(segment_path(options_.dir, writing_.next->number()).c_str());
  writing_.current->finish();
}

// The reserved segment becomes the current one. append_mutex_ is held, but for the constructor.
void Journal::begin_segment() {
  if (!writing_.next) reserve_next();
  if (!writing_.next) throw JournalError(writing_.reserve_error);
  if (writing_.current) {
    if (options_.sync != IntakeSync::none) writing_.current->sync();
    writing_.current->finish();
  }
  {
    const std::lock_guard lock{mutex_};
    if (writing_.current) state_.closed[writing_.current->number()] = writing_.current->size();
    state_.end = {writing_.next->number(), 0};
  }
  writing_.current = std::move(writing_.next);
}

void Journal::reserve_next() {
  try {
    // A file with that name and something in it was put there by somebody else: it stays.
    while (segment_size(options_.dir, writing_.newest_segment + 1) > 0) ++writing_.newest_segment;
    writing_.next =
        std::make_unique<SegmentFile>(options_.dir, writing_.newest_segment + 1, segment_bytes_);
    ++writing_.newest_segment;
    writing_.reserve_error.clear();
  } catch (const JournalError& error) {
    writing_.reserve_error = error.what();
  }
}

void Journal::append(const ReceivedReport& report) {
  const std::lock_guard append_lock{append_mutex_};
  if (writing_.current->size() >= segment_bytes_ && writing_.next) begin_segment();
  // The next segment is reserved ahead of need, so that a full disk is noticed while there is room.
  if (!writing_.next && writing_.reserve_error.empty()) {
    reserve_next();
    if (!writing_.next && options_.on_trouble) options_.on_trouble();
  }

  char header[record_header_bytes];
  encode_header(report, header);
  const std::array<iovec, 3> parts = {part({header, sizeof header}), part(report.topic),
                                      part(report.payload)};
  writing_.current->append(parts);
  if (options_.sync == IntakeSync::each) writing_.current->sync();
  {
    const std::lock_guard lock{mutex_};
    state_.end.offset = writing_.current->size();
    state_.dirty = true;
  }
  grown_.notify_one();
}

JournalPosition Journal::wait_past(JournalPosition position, std::chrono::milliseconds timeout) {
  std::unique_lock lock{mutex_};
  const std::uint64_t wakes = state_.wakes;
  grown_.wait_for(lock, timeout, [&] { return state_.end > position || state_.wakes != wakes; });
  return state_.end;
}

void Journal::wake() {
  const std::lock_guard lock{mutex_};
  ++state_.wakes;
  grown_.notify_all();
}

JournalPosition Journal::end() const {
  const std::lock_guard lock{mutex_};
  return state_.end;
}

void Journal::applied(JournalPosition position) {
  const std::lock_guard lock{mutex_};
  state_.applied = position;
}

void Journal::remove_applied() {
  std::vector<std::uint64_t> applied;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [segment, bytes] : state_.closed) {
      if (segment < state_.applied.segment) applied.push_back(segment);
    }
  }
  for (const std::uint64_t segment : applied) {
    const std::string path = segment_path(options_.dir, segment);
    if (options_.keep.count() > 0 && !older_than(path, options_.keep)) return;
    if (unlink(path.c_str()) != 0 && errno != ENOENT) {
      spdlog::warn("{}: cannot remove this applied segment: {}; the next start tries again", path,
                   std::generic_category().message(errno));
    }
    const std::lock_guard lock{mutex_};
    state_.closed.erase(segment);
  }
}

std::uint64_t Journal::backlog() const {
  const std::lock_guard lock{mutex_};
  return unapplied_bytes();
}

// mutex_ is held.
std::uint64_t Journal::unapplied_bytes() const {
  std::uint64_t bytes = 0;
  const auto add = [&](std::uint64_t segment, std::uint64_t size) {
    bytes +=
        segment == state_.applied.segment ? size - std::min(size, state_.applied.offset) : size;
  };
  for (auto closed = state_.closed.lower_bound(state_.applied.segment);
       closed != state_.closed.end(); ++closed) {
    add(closed->first, closed->second);
  }
  add(state_.end.segment, state_.end.offset);
  return bytes;
}

std::string Journal::trouble() {
  bool reserved = true;
  {
    const std::lock_guard append_lock{append_mutex_};
    if (!writing_.reserve_error.empty() && !writing_.next) reserve_next();
    if (!writing_.reserve_error.empty()) return writing_.reserve_error;
    reserved = writing_.current->reserved();
  }
  // The kernel mounts a failing disk read-only, whether room is reserved or not.
  if (const auto problem = disk_trouble(options_.dir, reserved ? 0 : segment_bytes_);
      !problem.empty()) {
    return problem;
  }
  std::unique_lock lock{mutex_};
  if (!state_.sync_error.empty()) return state_.sync_error;
  const std::uint64_t waiting = unapplied_bytes();
  lock.unlock();
  // Reports that are on their way must still fit, so the limit is a segment lower.
  if (waiting + segment_bytes_ <= options_.max_backlog) return {};
  return fmt::format("{}: {} bytes of reports wait to be applied, intake.max_backlog is {}",
                     options_.dir, waiting, options_.max_backlog);
}

void Journal::sync_loop() {
  std::unique_lock lock{mutex_};
  while (!state_.stopping) {
    sync_wanted_.wait_for(lock, sync_interval, [&] { return state_.stopping; });
    if (!std::exchange(state_.dirty, false)) continue;
    lock.unlock();
    try {
      // The file is synced without a lock, so a slow disk delays no report.
      append_mutex_.lock();
      const std::shared_ptr<SegmentFile> segment = writing_.current;
      append_mutex_.unlock();
      segment->sync();
      lock.lock();
      state_.sync_error.clear();
    } catch (const JournalError& error) {
      lock.lock();
      state_.sync_error = error.what();
      state_.dirty = true;
    }
  }
}

void enter_intake_folder(StateStore& store, const std::string& client_id, const std::string& dir) {
  const std::string now = fs::absolute(dir).lexically_normal();
  const std::string before = store.intake_dir(client_id);
  std::error_code not_there;
  const bool same = before.empty() || before == now || fs::equivalent(before, now, not_there);
  const bool moved = !same && !fs::exists(before, not_there);
  if (!same && !moved) {
    const std::uint64_t waiting = bytes_behind(before, store.journal_position(client_id));
    if (waiting > 0) {
      throw IntakeMismatch(fmt::format(
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
