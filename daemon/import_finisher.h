// SPDX-License-Identifier: Apache-2.0
// import_finisher.h - Finishes or deletes imports that nobody works on any more, since their
// process or their request has ended before the last row: see operations/card_import.h. Looks after
// the start and then every 10 s. Thread "imports" (its own) opens a store connection for each look.
// A stop ends between two small transactions, or after the last step, the search for mismatches
// about cards that are known now; the next start continues.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include "operations/operation.h"

namespace iotcard {

class ImportFinisher {
 public:
  ImportFinisher(std::function<std::unique_ptr<Store>()> open_store,
                 std::function<Context()> context);
  ImportFinisher(const ImportFinisher&) = delete;
  ImportFinisher& operator=(const ImportFinisher&) = delete;

  void stop();  // so does the destructor

 private:
  void run(const std::stop_token& stopping) const;
  void finish(const std::stop_token& stopping) const;

  const std::function<std::unique_ptr<Store>()> open_store_;
  const std::function<Context()> context_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace iotcard
