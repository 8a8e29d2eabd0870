// SPDX-License-Identifier: Apache-2.0
#include "logging.h"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

// The variable alone may be inherited from another service.
bool output_is_journal(int output) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file {};
  return stream != nullptr && fstat(output, &file) == 0 &&
         fmt::format("{}:{}", file.st_dev, file.st_ino) == stream;
}

std::string_view priority(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return SD_ERR;
  if (level == spdlog::level::warn) return SD_WARNING;
  return level == spdlog::level::info ? SD_INFO : SD_DEBUG;
}

// Each line is an entry of the journal, with its priority in front.
std::string journal_lines(std::string_view priority, std::string_view text) {
  std::string lines;
  while (text.ends_with('\n')) text.remove_suffix(1);
  for (;;) {
    const std::size_t end = text.find('\n');
    lines.append(priority).append(text.substr(0, end)).append("\n");
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

// %N: the message. The journal takes each line for an entry, and "<3>" at its beginning for a
// priority: a device must not be able to forge either. `journal`: with its priority in front.
class MessageFlag : public spdlog::custom_flag_formatter {
 public:
  explicit MessageFlag(bool journal) : journal_(journal) {}
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& line) override {
    const std::string text = escape_controls({message.payload.data(), message.payload.size()});
    if (journal_) line.append(priority(message.level));
    line.append(text);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<MessageFlag>(journal_);
  }

 private:
  const bool journal_;
};

}  // namespace

void set_up_logging() {
  auto logger = std::make_shared<spdlog::logger>("iotcardd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  const bool journal = output_is_journal(STDERR_FILENO);
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<MessageFlag>('N', journal);
  formatter->set_pattern(journal ? "%N" : "%Y-%m-%dT%H:%M:%S.%e %l: %N");
  logger->set_formatter(std::move(formatter));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

void log_line(LogLevel level, const std::string& text) {
  using namespace spdlog::level;
  constexpr std::array levels{debug, info, warn, err};  // by LogLevel
  static_assert(levels.size() == static_cast<std::size_t>(LogLevel::error) + 1);
  spdlog::log(levels[static_cast<std::size_t>(level)], "{}", text);
}

void print_result(std::string_view text) {
  const std::string lines = journal_lines(output_is_journal(STDOUT_FILENO) ? SD_INFO : "", text);
  std::fwrite(lines.data(), 1, lines.size(), stdout);
}

void print_error(std::string_view text) {
  const std::string lines = journal_lines(output_is_journal(STDERR_FILENO) ? SD_ERR : "", text);
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

}  // namespace iotcard
