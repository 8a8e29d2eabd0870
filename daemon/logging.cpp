// SPDX-License-Identifier: Apache-2.0
#include "logging.h"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace iotcard {
namespace {

// The variable alone may be inherited from a service whose output is not ours.
bool journal_listens(int output) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file {};
  return stream != nullptr && fstat(output, &file) == 0 &&
         fmt::format("{}:{}", file.st_dev, file.st_ino) == stream;
}

std::string_view priority(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
    case spdlog::level::err:
      return SD_ERR;
    case spdlog::level::warn:
      return SD_WARNING;
    case spdlog::level::info:
      return SD_INFO;
    case spdlog::level::debug:
    case spdlog::level::trace:
    case spdlog::level::off:
    case spdlog::level::n_levels:
      return SD_DEBUG;
  }
  return SD_INFO;  // not reached
}

// Each line on its own is an entry of the journal, with the priority in front of it.
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

class JournalFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string lines =
        journal_lines(priority(message.level), {message.payload.data(), message.payload.size()});
    out.append(lines.data(), lines.data() + lines.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JournalFormatter>();
  }
};

}  // namespace

void set_up_logging() {
  auto logger = std::make_shared<spdlog::logger>("iotcardd",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (journal_listens(STDERR_FILENO)) {
    logger->set_formatter(std::make_unique<JournalFormatter>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l: %v");
  }
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

void print_result(std::string_view text) {
  const std::string lines = journal_lines(journal_listens(STDOUT_FILENO) ? SD_INFO : "", text);
  std::fwrite(lines.data(), 1, lines.size(), stdout);
}

void print_error(std::string_view text) {
  const std::string lines = journal_lines(journal_listens(STDERR_FILENO) ? SD_ERR : "", text);
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

}  // namespace iotcard
