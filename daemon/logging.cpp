// SPDX-License-Identifier: Apache-2.0
#include "logging.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/json_text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"

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

std::atomic<LogFormat> format{LogFormat::text};

LogLevel our_level(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return LogLevel::error;
  if (level == spdlog::level::warn) return LogLevel::warning;
  return level == spdlog::level::info ? LogLevel::info : LogLevel::debug;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  using namespace spdlog::level;
  constexpr std::array levels{debug, info, warn, err};  // by LogLevel
  static_assert(levels.size() == static_cast<std::size_t>(LogLevel::error) + 1);
  return levels[static_cast<std::size_t>(level)];
}

std::string thread_name() {
  std::array<char, 16> name{};  // pthread_setname_np(3)
  return pthread_getname_np(pthread_self(), name.data(), name.size()) == 0 ? name.data() : "";
}

// On one line, whatever the message quotes. On the thread that logs.
std::string json_line(spdlog::log_clock::time_point time, LogLevel level, std::string_view text) {
  JsonText json;
  json.begin_object()
      .member("time", std::chrono::time_point_cast<Duration>(time))
      .member("level", log_level_names[level])
      .member("message", replace_invalid_utf8(text))
      .member("thread", replace_invalid_utf8(thread_name()))
      .end_object();
  return json.take();
}

// Each line is an entry of the journal, with its priority in front; `entry` makes it of a line.
template <typename Entry>
std::string entries(std::string_view priority, std::string_view text, const Entry& entry) {
  std::string lines;
  while (text.ends_with('\n')) text.remove_suffix(1);
  for (;;) {
    const std::size_t end = text.find('\n');
    lines.append(priority).append(entry(text.substr(0, end))).append("\n");
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

// The journal takes each line for an entry, and "<3>" at its beginning for a priority: a device
// must not be able to forge either. `journal`: with its priority in front.
void append_message(const spdlog::details::log_msg& message, bool json, bool journal,
                    spdlog::memory_buf_t& line) {
  const std::string_view text{message.payload.data(), message.payload.size()};
  if (journal) line.append(priority(message.level));
  line.append(json ? json_line(message.time, our_level(message.level), text)
                   : escape_controls(text));
}

// %N: the message.
class MessageFlag : public spdlog::custom_flag_formatter {
 public:
  MessageFlag(bool json, bool journal) : json_(json), journal_(journal) {}
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& line) override {
    append_message(message, json_, journal_, line);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<MessageFlag>(json_, journal_);
  }

 private:
  const bool json_;
  const bool journal_;
};

}  // namespace

void set_up_logging(const LogConfig& log) {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("iotcardd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(made);
    return made;
  }();
  const bool journal = output_is_journal(STDERR_FILENO);
  const bool json = log.format == LogFormat::json;
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<MessageFlag>('N', json, journal);
  formatter->set_pattern(journal || json ? "%N" : "%Y-%m-%dT%H:%M:%S.%eZ %l: %N");
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog_level(log.level));
  format = log.format;
}

void log_line(LogLevel level, const std::string& text) {
  spdlog::log(spdlog_level(level), "{}", text);
}

void print_result(std::string_view text) {
  const std::string lines = entries(output_is_journal(STDOUT_FILENO) ? SD_INFO : "", text,
                                    [](std::string_view line) { return line; });
  std::fwrite(lines.data(), 1, lines.size(), stdout);
}

void print_error(std::string_view text) {
  const auto entry = [](std::string_view line) {
    if (format == LogFormat::text) return std::string{line};
    return json_line(spdlog::log_clock::now(), LogLevel::error, line);
  };
  const std::string lines = entries(output_is_journal(STDERR_FILENO) ? SD_ERR : "", text, entry);
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

}  // namespace iotcard
