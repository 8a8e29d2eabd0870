// SPDX-License-Identifier: Apache-2.0
#include "ingest/journal_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
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

// Of the open file, whether or not it still has its name.
std::uint64_t JournalReader::file_size() const {
  struct stat facts {};
  if (fstat(file_->get(), &facts) == 0) return static_cast<std::uint64_t>(facts.st_size);
  throw JournalError(fmt::format("{}: cannot read its size: {}",
                                 segment_path(dir_, position_.segment),
                                 std::generic_category().message(errno)));
}

// Moves to the lowest segment behind this one; false if there is none up to the end.
bool JournalReader::next_segment(JournalPosition end) {
  file_.reset();
  for (const std::uint64_t segment : list_segments(dir_)) {
    if (segment <= position_.segment) continue;
    if (segment > end.segment) break;
    if (position_.segment != 0 && segment != position_.segment + 1) {
      damage_.push_back({{position_.segment + 1, 0}, 0, segment - position_.segment - 1});
    }
    position_ = {segment, 0};
    return true;
  }
  return false;
}

// Reads until the buffer has `wanted` bytes from the position on; false if the segment has fewer
// before `limit`, an offset in it.
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
  // If the file has become shorter, the position may be behind its end.
  const std::uint64_t read = std::min<std::uint64_t>(position_.offset - buffer_at_, buffer_.size());
  return std::string_view{buffer_}.substr(static_cast<std::size_t>(read));
}

// The record at the position, if it is complete and its checksum is right.
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
    // Keep the last bytes, one less than a magic has: the rest of a magic may not be read yet.
    std::size_t magic = std::string_view::npos;
    while (fill(record_magic.size(), limit) &&
           (magic = unread().find(record_magic)) == std::string_view::npos) {
      position_.offset += unread().size() - (record_magic.size() - 1);
    }
    position_.offset = magic == std::string_view::npos ? limit : position_.offset + magic;
  } while (position_.offset < limit && !decode(limit));
  damage_.push_back({from, position_.offset - from.offset, 0});
}

void JournalReader::read(JournalPosition end, std::size_t max,
                         std::vector<JournalRecord>& records) {
  const std::size_t full = records.size() + max;
  while (records.size() < full && position_ < end) {
    if (!file_ && !open_segment()) {
      if (position_.segment == end.segment) {
        throw JournalError(segment_path(dir_, end.segment) +
                           ": the segment that is being written is gone; put it back, or restart "
                           "and lose the reports in it");
      }
      if (position_.segment != 0) damage_.push_back({position_, 0, 1});
      if (!next_segment(end)) return;
      continue;
    }
    const bool last = position_.segment == end.segment;
    const std::uint64_t limit = last ? end.offset : file_size();
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
    records.push_back({std::move(decoded->report), position_});
  }
}

std::vector<JournalDamage> JournalReader::take_damage() {
  return std::exchange(damage_, {});
}

std::string describe(const JournalDamage& damage, const std::string& dir) {
  const std::uint64_t first = damage.at.segment;
  if (damage.missing_segments == 0) {
    return fmt::format("{}: skipped {} bytes that are no report: a torn tail, or damage",
                       segment_path(dir, first), damage.bytes);
  }
  if (damage.at.offset > 0) {
    return fmt::format(
        "{}: segment {} of the intake journal is missing; all before its byte {} was applied, the "
        "reports behind that, if there were any, are lost",
        dir, first, damage.at.offset);
  }
  if (damage.missing_segments == 1) {
    return fmt::format(
        "{}: segment {} of the intake journal is missing; any reports in it are lost", dir, first);
  }
  return fmt::format(
      "{}: segments {} to {} of the intake journal are missing; any reports in them are lost", dir,
      first, first + damage.missing_segments - 1);
}

std::optional<Instant> first_arrival(const std::string& dir, JournalPosition from,
                                     JournalPosition end) {
  std::vector<JournalRecord> first;
  JournalReader{dir, from}.read(end, 1, first);
  if (first.empty()) return std::nullopt;
  return first.front().report.arrival;
}

}  // namespace iotcard
