// SPDX-License-Identifier: Apache-2.0
#include "broker/library_errors.h"

#include <MQTTAsync.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <mutex>
#include <string_view>
#include <utility>

namespace iotcard {
namespace {

std::mutex library_mutex;
std::string library_error;  // guarded by library_mutex

void on_library_error(enum MQTTASYNC_TRACE_LEVELS, char* text) noexcept {
  const std::string_view message{text};
  if (message.find("Memory allocation error") != std::string_view::npos) {
    spdlog::critical("the MQTT library has no memory for a packet from the broker");
    std::terminate();
  }
  if (message.find("Bad MQTT packet") == std::string_view::npos) return;
  const std::lock_guard lock{library_mutex};
  library_error = message.substr(message.find("Bad MQTT packet"));
}

}  // namespace

void watch_library_errors() {
  static const bool done = [] {
    MQTTAsync_setTraceCallback(on_library_error);
    // At other levels the library formats lines for nobody, a sixth of its CPU time.
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    return true;
  }();
  static_cast<void>(done);
}

std::string take_library_error() {
  const std::lock_guard lock{library_mutex};
  return std::exchange(library_error, {});
}

}  // namespace iotcard
