// SPDX-License-Identifier: Apache-2.0
#include "import_finisher.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "operations/card_import.h"

namespace iotcard {
namespace {

struct Stopped {};

void run(const std::stop_token& stopping, const std::string& store_url, const Context& context) {
  const auto stop = [&](std::int64_t, std::int64_t) {
    if (stopping.stop_requested()) throw Stopped{};
  };
  try {
    const auto store = open_store(store_url);
    const int finished =
        finish_imports(*store, context, {.refused = {}, .progress = {}, .applied = stop});
    if (finished > 0) spdlog::info("finished {} card imports that had ended half way", finished);
  } catch (const Stopped&) {
    // The next start continues.
  } catch (const std::exception& error) {
    spdlog::error("cannot finish a card import that ended half way: {}", error.what());
  }
}

}  // namespace

std::jthread start_import_finisher(std::string store_url, Context context) {
  std::jthread thread{run, std::move(store_url), std::move(context)};
  pthread_setname_np(thread.native_handle(), "imports");
  return thread;
}

}  // namespace iotcard
