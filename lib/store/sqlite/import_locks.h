// SPDX-License-Identifier: Apache-2.0
// import_locks.h - Who works on which import: the holder of a kernel lock on the byte of the
// import's number in a file beside the store. The lock ends with its process, however that ends,
// and is seen by other users and from other containers. The file stays empty. It is not the store's
// own file: closing that would end SQLite's locks. One thread at a time; throws StoreError.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace iotcard::sqlite {

class ImportLocks {
 public:
  // The path of the store; "" for one in memory, which nobody shares.
  explicit ImportLocks(std::string store) : store_(std::move(store)) {}
  ~ImportLocks();
  ImportLocks(const ImportLocks&) = delete;
  ImportLocks& operator=(const ImportLocks&) = delete;

  bool acquire(std::int64_t import);  // false: another object or process holds it
  void release(std::int64_t import) noexcept;

 private:
  const std::string store_;
  std::map<std::int64_t, int> files_;  // an open file for each lock, which closing it releases
};

}  // namespace iotcard::sqlite
