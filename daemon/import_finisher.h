// SPDX-License-Identifier: Apache-2.0
// import_finisher.h - Finishes or deletes, once after the start, the imports whose process has
// ended before their last row: see operations/card_import.h. Thread "imports" (its own) uses a
// store connection of its own and ends when it is done; the destructor waits for it, for a few
// milliseconds at most.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "operations/operation.h"

namespace iotcard {

class ImportFinisher {
 public:
  ImportFinisher(std::string store_url, Context context);
  ~ImportFinisher();
  ImportFinisher(const ImportFinisher&) = delete;
  ImportFinisher& operator=(const ImportFinisher&) = delete;

 private:
  void run(const std::string& store_url, const Context& context);

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace iotcard
