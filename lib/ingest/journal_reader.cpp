// SPDX-License-Identifier: Apache-2.0
#include "ingest/journal_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace iotcard {
namespace {

constexpr std::size_t chunk_bytes = 256 * 1024;

}  // namespace

JournalReader::JournalReader(std::string dir, JournalPosition from)
    : dir_(std::move(dir)), position_(from) {}
JournalReader::~JournalReader() = default;

bool JournalReader::open_segment() {
  const std::string path = segment_path(dir_, position_.segment);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return false;
    throw JournalError(fmt::format("{}: cannot open: {}; check its owner and permissions", path,
                                   std::generic_category().message(errno)));
  }
  file_ = std::make_unique<FileDescriptor>(fd);
  buffer_.clear();
  buffer_at_ = position_.offset;
  return true;
}

// Goes to the lowest segment behind the present one; false if that is past the end.
bool JournalReader::next_segment(JournalPosition end) {
  file_.reset();
  for (const std::uint64_t segment : list_segments(dir_)) {
    if (segment <= position_.segment) continue;
    if (segment > end.segment) break;
    if (position_.segment != 0 && segment != position_.segment + 1) {
      damage_.push_back({{position_.segment + 1, 0}, 0});
    }
    position_ = {segment, 0};
    return true;
  }
  return false;
}

// Makes at least `wanted` bytes from the position on stand in the buffer; false if the segment,
// or what may be read of it, has fewer. `limit` is an offset in the segment.
bool JournalReader::fill(std::size_t wanted, std::uint64_t limit) {
  if (unread().size() >= wanted) return true;
  buffer_.erase(0, buffer_.size() - unread().size());
  buffer_at_ = position_.offset;
  while (buffer_.size() < wanted) {
    const std::uint64_t from = buffer_at_ + buffer_.size();
    if (from >= limit) return false;
    const std::size_t held = buffer_.size();
    const auto more = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max(chunk_bytes, wanted - held), limit - from));
    buffer_.resize(held + more);
    const ssize_t got = pread(file_->get(), buffer_.data() + held, more, static_cast<off_t>(from));
    buffer_.resize(held + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw JournalError(fmt::format("{}: cannot read: {}", segment_path(dir_, position_.segment),
                                     std::generic_category().message(errno)));
    }
    if (got == 0) return false;
  }
  return true;
}

std::string_view JournalReader::unread() const {
  // Of a file that has become shorter the position may be behind the end.
  const std::uint64_t read = std::min<std::uint64_t>(position_.offset - buffer_at_, buffer_.size());
  return std::string_view{buffer_}.substr(static_cast<std::size_t>(read));
}

// The record at the position, if it is whole and carries its checksum.
std::optional<DecodedRecord> JournalReader::decode(std::uint64_t limit) {
  std::size_t wanted = record_header_bytes;
  fill(wanted, limit);
  auto decoded = decode_record(unread(), wanted);
  if (!decoded && wanted > unread().size() && fill(wanted, limit)) {
    decoded = decode_record(unread(), wanted);
  }
  return decoded;
}

// Moves to the next record with a right checksum, or to the limit.
void JournalReader::skip_damage(std::uint64_t limit) {
  const JournalPosition from = position_;
  do {
    ++position_.offset;
    // Keep one byte less than a magic: its end may not be read yet.
    std::size_t magic = std::string_view::npos;
    while (fill(record_magic.size(), limit) &&
           (magic = unread().find(record_magic)) == std::string_view::npos) {
      position_.offset += unread().size() - (record_magic.size() - 1);
    }
    position_.offset = magic == std::string_view::npos ? limit : position_.offset + magic;
  } while (position_.offset < limit && !decode(limit));
  damage_.push_back({from, position_.offset - from.offset});
}

void JournalReader::read(JournalPosition end, std::size_t most, std::vector<JournalRecord>& batch) {
  const std::size_t full = batch.size() + most;
  while (batch.size() < full && position_ < end) {
    if (!file_ && !open_segment()) {
      if (position_.segment == end.segment) {
        throw JournalError(segment_path(dir_, end.segment) +
                           ": the segment that is being written is gone; put it back, or restart "
                           "and lose the reports in it");
      }
      if (position_.segment != 0) damage_.push_back({position_, 0});
      if (!next_segment(end)) return;
      continue;
    }
    const bool last = position_.segment == end.segment;
    const std::uint64_t limit = last ? end.offset : segment_size(dir_, position_.segment);
    if (position_.offset >= limit) {
      if (last || !next_segment(end)) return;
      continue;
    }
    auto decoded = decode(limit);
    if (!decoded) {
      skip_damage(limit);
      continue;
    }
    position_.offset += decoded->bytes;
    decoded->record.end = position_;
    batch.push_back(std::move(decoded->record));
  }
}

std::vector<JournalDamage> JournalReader::take_damage() {
  return std::exchange(damage_, {});
}

std::optional<Instant> first_arrival(const std::string& dir, JournalPosition from,
                                     JournalPosition end) {
  std::vector<JournalRecord> first;
  JournalReader{dir, from}.read(end, 1, first);
  if (first.empty()) return std::nullopt;
  return first.front().arrival;
}

}  // namespace iotcard
