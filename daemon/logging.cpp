// SPDX-License-Identifier: Apache-2.0
#include "logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "domain/plain_text.h"

namespace iotcard {
namespace {

// %* : "<3>" and the like, in front of each line.
class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& line) override {
    const std::string_view priority = of(message.level);
    line.append(priority.data(), priority.data() + priority.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }

 private:
  static std::string_view of(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::critical:
      case spdlog::level::err:
        return "<3>";
      case spdlog::level::warn:
        return "<4>";
      case spdlog::level::info:
        return "<6>";
      case spdlog::level::debug:
      case spdlog::level::trace:
      case spdlog::level::off:
      case spdlog::level::n_levels:
        return "<7>";
    }
    return "<6>";  // not reached
  }
};

// %N : the message, with nothing in it that a device could forge a line or a priority with: the
// journal takes each line for one of its own, and "<3>" at the beginning for its priority.
class MessageFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& line) override {
    const std::string text = neutralise({message.payload.data(), message.payload.size()});
    line.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<MessageFlag>();
  }
};

}  // namespace

void set_up_logging() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PriorityFlag>('*');
  formatter->add_flag<MessageFlag>('N');
  formatter->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%*%N"
                                                                  : "%Y-%m-%dT%H:%M:%S.%e %l: %N");
  auto logger = std::make_shared<spdlog::logger>("iotcardd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace iotcard
