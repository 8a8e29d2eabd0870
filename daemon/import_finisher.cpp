// SPDX-License-Identifier: Apache-2.0
#include "import_finisher.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "operations/card_import.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds interval{10};
// While another process locks the store: the next look tries again, and a stop does not wait long.
constexpr std::chrono::milliseconds import_lock_timeout{500};

struct Stopped {};

}  // namespace

ImportFinisher::ImportFinisher(std::function<std::unique_ptr<Store>()> open_store,
                               std::function<Context()> context)
    : open_store_(std::move(open_store)),
      context_(std::move(context)),
      thread_([this](const std::stop_token& stopping) { run(stopping); }) {
  pthread_setname_np(thread_.native_handle(), "imports");
}

void ImportFinisher::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ImportFinisher::run(const std::stop_token& stopping) const {
  std::mutex mutex;
  std::condition_variable_any changed;  // by the stop only
  std::string reported;
  while (!stopping.stop_requested()) {
    std::string problem;
    try {
      finish(stopping);
    } catch (const Stopped&) {
      return;
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (problem != reported && !problem.empty()) {
      spdlog::warn("looking for imports that ended half way fails, trying again: {}", problem);
    }
    reported = std::move(problem);
    std::unique_lock lock{mutex};
    changed.wait_for(lock, stopping, interval, [] { return false; });
  }
}

void ImportFinisher::finish(const std::stop_token& stopping) const {
  const auto stop = [&] {
    if (stopping.stop_requested()) throw Stopped{};
  };
  const auto store = open_store_();
  store->set_lock_timeout(import_lock_timeout);
  if (store->imports().empty()) return;
  const int finished = finish_imports(*store, context_(),
                                      {.refused = {},
                                       .progress = {},
                                       .applied = [&](std::int64_t, std::int64_t) { stop(); },
                                       .discarded = stop});
  if (finished > 0) spdlog::info("finished {} card imports that had ended half way", finished);
}

}  // namespace iotcard
