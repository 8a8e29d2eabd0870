// SPDX-License-Identifier: Apache-2.0
#include "ingest/journal.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace iotcard {
namespace {

constexpr std::chrono::milliseconds sync_interval{100};
constexpr std::uint64_t max_segment_bytes = std::uint64_t{16} << 20;

iovec part(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};  // writev's signature; it only reads
}

std::string prepared(const std::string& dir) {
  make_journal_dir(dir);
  return dir;
}

bool older_than(const std::string& path, std::chrono::seconds age) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return false;
  return time(nullptr) - facts.st_mtime >= age.count();
}

}  // namespace

Journal::Journal(JournalOptions options, JournalPosition applied)
    : options_(std::move(options)),
      segment_bytes_(std::min(max_segment_bytes, options_.max_backlog / 8)),
      lock_(prepared(options_.dir)),
      applied_(applied) {
  claim_folder(options_.dir, options_.client_id);
  newest_segment_ = applied.segment;
  for (const std::uint64_t segment : list_segments(options_.dir)) {
    newest_segment_ = std::max(newest_segment_, segment);
  }
  backlog_ = bytes_behind(options_.dir, applied);
  begin_segment();
  if (options_.sync == JournalSync::batch) {
    sync_thread_ = std::thread{[this] { sync_loop(); }};
    pthread_setname_np(sync_thread_.native_handle(), "journal-sync");
  }
}

Journal::~Journal() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  sync_wanted_.notify_all();
  if (sync_thread_.joinable()) sync_thread_.join();
  if (next_) unlink(segment_path(options_.dir, next_->number()).c_str());
  current_->finish();
}

// The segment in reserve becomes the current one. append_mutex_ is held, or nobody else is there.
void Journal::begin_segment() {
  if (!next_) reserve_next();
  if (!next_) throw JournalError(reserve_error_);
  if (current_) {
    if (options_.sync != JournalSync::none) current_->sync();
    current_->finish();
  }
  current_ = std::move(next_);
  const std::lock_guard lock{mutex_};
  end_ = {current_->number(), 0};
}

void Journal::reserve_next() {
  try {
    next_ = std::make_unique<SegmentFile>(options_.dir, newest_segment_ + 1, segment_bytes_);
    ++newest_segment_;
    reserve_error_.clear();
  } catch (const JournalError& error) {
    reserve_error_ = error.what();
  }
}

void Journal::append(const RawReport& report) {
  const std::lock_guard append_lock{append_mutex_};
  if (current_->size() >= segment_bytes_ && next_) begin_segment();
  // A segment ahead of need, so that a full disk is known while there is still room.
  if (!next_ && reserve_error_.empty()) {
    reserve_next();
    if (!next_ && options_.on_trouble) options_.on_trouble();
  }

  char header[record_header_bytes];
  encode_header(report, header);
  const std::array<iovec, 3> parts = {part({header, sizeof header}), part(report.topic),
                                      part(report.payload)};
  const std::uint64_t before = current_->size();
  current_->append(parts);
  if (options_.sync == JournalSync::each) current_->sync();
  {
    const std::lock_guard lock{mutex_};
    end_.offset = current_->size();
    backlog_ += current_->size() - before;
    dirty_ = true;
  }
  grown_.notify_one();
}

JournalPosition Journal::wait_past(JournalPosition position, std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  const std::uint64_t wakes = wakes_;
  grown_.wait_for(lock, patience, [&] { return end_ > position || wakes_ != wakes; });
  return end_;
}

void Journal::wake() {
  {
    const std::lock_guard lock{mutex_};
    ++wakes_;
  }
  grown_.notify_all();
}

JournalPosition Journal::end() const {
  const std::lock_guard lock{mutex_};
  return end_;
}

void Journal::applied(JournalPosition position) {
  std::uint64_t first_kept = 0;
  {
    const std::lock_guard lock{mutex_};
    if (position.segment == applied_.segment) {
      backlog_ -= std::min(backlog_, position.offset - applied_.offset);
    } else {
      backlog_ = 0;  // counted anew: the sizes of the segments passed are not known here
      for (const std::uint64_t segment : list_segments(options_.dir)) {
        if (segment < position.segment) continue;
        const std::uint64_t size =
            segment == end_.segment ? end_.offset : segment_size(options_.dir, segment);
        backlog_ += size - (segment == position.segment ? std::min(size, position.offset) : 0);
      }
    }
    const bool moved_on = position.segment != applied_.segment;
    applied_ = position;
    if (!moved_on) return;
    first_kept = position.segment;
  }
  for (const std::uint64_t segment : list_segments(options_.dir)) {
    if (segment >= first_kept) break;
    const std::string path = segment_path(options_.dir, segment);
    if (options_.keep.count() > 0 && !older_than(path, options_.keep)) continue;
    if (unlink(path.c_str()) != 0) {
      spdlog::warn("{}: cannot remove this applied segment: {}", path,
                   std::generic_category().message(errno));
    }
  }
}

std::uint64_t Journal::backlog() const {
  const std::lock_guard lock{mutex_};
  return backlog_;
}

std::string Journal::trouble() {
  bool reserved = true;
  {
    const std::lock_guard append_lock{append_mutex_};
    if (!reserve_error_.empty() && !next_) reserve_next();
    if (!reserve_error_.empty()) return reserve_error_;
    reserved = current_->reserved();
  }
  // A disk that fails is mounted read-only by the kernel, reserved room or not.
  if (const auto problem = disk_trouble(options_.dir, reserved ? 0 : segment_bytes_);
      !problem.empty()) {
    return problem;
  }
  std::unique_lock lock{mutex_};
  if (!sync_error_.empty()) return sync_error_;
  const std::uint64_t waiting = backlog_;
  lock.unlock();
  // What is on its way still has to fit, so a segment less than the limit.
  if (waiting + segment_bytes_ <= options_.max_backlog) return {};
  return fmt::format("{}: {} bytes of reports wait to be applied, intake.max_backlog is {}",
                     options_.dir, waiting, options_.max_backlog);
}

void Journal::sync_loop() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    sync_wanted_.wait_for(lock, sync_interval, [&] { return stopping_; });
    if (!std::exchange(dirty_, false)) continue;
    lock.unlock();
    try {
      // The file is synced without the lock: a slow disk holds no report.
      append_mutex_.lock();
      const std::shared_ptr<SegmentFile> segment = current_;
      append_mutex_.unlock();
      segment->sync();
      lock.lock();
      sync_error_.clear();
    } catch (const JournalError& error) {
      lock.lock();
      sync_error_ = error.what();
      dirty_ = true;
    }
  }
}

}  // namespace iotcard
