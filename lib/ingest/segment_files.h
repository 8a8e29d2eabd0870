// SPDX-License-Identifier: Apache-2.0
// segment_files.h - The files of the intake journal: numbered segments in one folder, and a lock
// against a second journal. Knows bytes, not reports. Each object: one thread at a time.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "store/store.h"

namespace iotcard {

// The environment failed. The message names the file and what to do.
class JournalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The configuration names a folder with reports that this daemon may not leave or take; another
// start does not help.
class IntakeMismatch : public JournalError {
 public:
  using JournalError::JournalError;
};

std::string segment_path(const std::string& dir, std::uint64_t segment);
std::vector<std::uint64_t> list_segments(const std::string& dir);           // ascending
std::uint64_t segment_size(const std::string& dir, std::uint64_t segment);  // 0 if there is none
// Bytes of the journal in this folder from a position on.
std::uint64_t bytes_behind(const std::string& dir, const JournalPosition& position);
// Why the folder's file system would not take so many bytes now: it is read-only or too full. "" if
// it would.
std::string disk_trouble(const std::string& dir, std::uint64_t bytes);

// Whether a running process holds DIR/lock; nullopt: unknown, as in a container if none in it does.
// Takes no lock itself.
// Source: proc(5), /proc/locks.
std::optional<bool> is_locked(const std::string& dir);

// Makes the folder if its parent exists, and locks DIR/lock until the file that is returned is
// closed; throws JournalError.
int lock_folder(const std::string& dir);

// Writes the owner of the folder into DIR/client_id; throws JournalError if it has another one.
void claim_folder(const std::string& dir, const std::string& client_id);

// A segment that is being written.
class SegmentFile {
 public:
  // Creates the file and reserves `reserve` bytes of the disk for it, where the file system can. An
  // empty file of that name is used. On an error the file is removed.
  SegmentFile(const std::string& dir, std::uint64_t segment, std::uint64_t reserve);

  // Writes all parts; on a JournalError none is written.
  void append(std::span<const iovec> parts);
  void sync();
  // Frees reserved bytes that were not written.
  void finish();
  std::uint64_t number() const { return number_; }
  std::uint64_t size() const { return size_; }
  bool reserved() const { return reserved_; }  // false: the file system cannot

 private:
  std::string path_;
  std::uint64_t number_;
  std::uint64_t size_ = 0;
  bool reserved_ = true;
  FileDescriptor fd_;
};

}  // namespace iotcard
