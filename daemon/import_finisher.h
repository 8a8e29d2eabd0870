// SPDX-License-Identifier: Apache-2.0
// import_finisher.h - Finishes or deletes imports that nobody works on any more, since their
// process or their request has ended before the last row: see operations/card_import.h. Looks after
// the start and then every 10 s. Thread "imports" (its own) opens a store connection for each look;
// the destructor ends it within a second, and the next start continues.
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

 private:
  void run(const std::stop_token& stopping) const;
  void finish(const std::stop_token& stopping) const;

  const std::function<std::unique_ptr<Store>()> open_store_;
  const std::function<Context()> context_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace iotcard
