// SPDX-License-Identifier: Apache-2.0
// tail: the daemon's events, live.
#include <fmt/core.h>

#include <deque>
#include <memory>

#include "base/text.h"
#include "broker_client.h"
#include "domain/event.h"
#include "event_text.h"
#include "output.h"
#include "terminal.h"
#include "verbs.h"

namespace iotcard {
namespace {

using namespace std::chrono_literals;

constexpr auto connect_timeout = 10s;
constexpr auto check_interval = 100ms;  // for interrupts and the deadline

struct TailOptions {
  std::vector<std::string> kinds;
  std::string device;
  bool status = false;
  std::int64_t count = 0;
  double timeout = 0;  // seconds
};

struct Arrived {
  std::string topic;
  std::string payload;
};

// As it was published, or with --local in the local zone.
std::string time_text(const std::string& published) {
  const auto time = shows_local_times() ? parse_time(published) : std::nullopt;
  return time ? printable(*time) : published;
}

// One event as a line for a person: time, kind coloured by category, subject, ICCID and what else
// matters.
std::string event_line(std::string_view topic, std::string_view payload) {
  const EventText event = event_text(payload);
  if (event.kind.empty()) return escape_controls(fmt::format("{} {}", topic, payload));
  const std::string iccid = event.iccid.empty() ? "-" : event.iccid;
  const std::string details = event.details.empty() ? "" : ' ' + event.details;
  return fmt::format("{} {} {} {}{}", escape_controls(time_text(event.time)),
                     coloured(fmt::format("{:<30}", escape_controls(event.kind)), event.colour),
                     escape_controls(event.subject), escape_controls(iccid),
                     escape_controls(details));
}

// Hands messages from the session's thread to the main one. A full queue holds the broker.
class Inbox {
 public:
  void put(const Message& message) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return closed_ || queue_.size() < capacity; });
    if (closed_) return;
    queue_.push_back({std::string{message.topic}, std::string{message.payload}});
    changed_.notify_all();
  }

  std::optional<Arrived> take(std::chrono::milliseconds timeout) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, timeout, [this] { return !queue_.empty(); })) return {};
    Arrived first = std::move(queue_.front());
    queue_.pop_front();
    changed_.notify_all();
    return first;
  }

  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr std::size_t capacity = 1000;  // messages
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<Arrived> queue_;
  bool closed_ = false;
};

// "mismatch" or "mismatch.card_in_use" as topic levels.
std::string levels_of(const std::string& kind) {
  const std::size_t dot = kind.find('.');
  if (dot == std::string::npos) return kind + "/+";
  return kind.substr(0, dot) + "/" + kind.substr(dot + 1);
}

std::vector<std::string> filters_of(const TailOptions& options, const std::string& prefix) {
  const std::string subject =
      options.device.empty() ? "#" : device_from_operator(options.device).text();
  std::vector<std::string> filters;
  for (const std::string& kind : options.kinds) {
    filters.push_back(fmt::format("{}/event/{}/{}", prefix, levels_of(kind), subject));
  }
  if (filters.empty()) {
    filters.push_back(options.device.empty() ? prefix + "/event/#"
                                             : fmt::format("{}/event/+/+/{}", prefix, subject));
  }
  if (options.status) filters.push_back(prefix + "/status");
  return filters;
}

Choices event_kinds() {
  Choices kinds{"report", "mismatch", "binding", "card", "device"};
  for (const std::string_view name : event_names.names) kinds.emplace_back(name);
  return kinds;
}

// False: nobody reads any more, or the disk is full.
bool print_event(const Arrived& arrived, bool json) {
  fmt::print("{}\n",
             json ? event_json_line(arrived.payload) : event_line(arrived.topic, arrived.payload));
  return std::fflush(stdout) == 0;
}

// Prints events as they come; returns how many.
std::int64_t print_events(BrokerClient& client, Inbox& inbox, const TailOptions& options,
                          bool json) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = options.timeout > 0
                            ? Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                 std::chrono::duration<double>(options.timeout))
                            : Clock::time_point::max();
  std::int64_t printed = 0;
  bool away = false;
  while (!interrupted() && Clock::now() < deadline) {
    if (const std::string trouble = client.take_trouble(); !trouble.empty()) {
      complain(trouble + "; trying again");
      away = true;
    }
    if (away && client.is_connected()) {
      complain("connected again; events that were published meanwhile are not shown");
      away = false;
    }
    const auto arrived = inbox.take(check_interval);
    if (!arrived) continue;
    if (!print_event(*arrived, json) || ++printed == options.count) break;
  }
  return printed;
}

int tail(Program& program, const TailOptions& options) {
  const Config& config = program.config();
  const std::vector<std::string> filters = filters_of(options, config.events.prefix);
  watch_for_interrupts();
  Inbox inbox;
  BrokerClient client{tool_options(config.broker, filters),
                      [&](const Message& message) { inbox.put(message); }};
  // Closes the inbox before the client disconnects: the session's thread must not wait for it then.
  const std::shared_ptr<Inbox> closing{&inbox, [](Inbox* queue) { queue->close(); }};
  client.connect(connect_timeout);
  client.take_trouble();
  for (const std::string& filter : filters) {
    hint(fmt::format("listening to {} at {}", filter, config.broker.url));
  }
  std::fflush(stderr);
  const std::int64_t printed = print_events(client, inbox, options, program.json);
  return printed < options.count && !interrupted() ? failure : success;
}

}  // namespace

Action tail_verb(Arguments& arguments) {
  auto options = std::make_shared<TailOptions>();
  arguments.words("--kind", event_kinds(), options->kinds,
                  "Only events of these kinds or categories, such as mismatch,card.abnormal");
  arguments.option("--device", options->device, "Only events of PRODUCT/NUMBER");
  arguments.flag("--status", options->status, "Also the daemon's own status");
  arguments.number("--count", options->count, 0, Arguments::max_number,
                   "Ends after so many events");
  arguments.number("--timeout", options->timeout, 0, Arguments::max_number,
                   "Ends after so many seconds");
  arguments.footer(R"(
Says "listening to ..." on standard error once it is subscribed. With --json: each
event as it was published, one a line. Ends cleanly on an interrupt; exit status 1 if
--timeout came before --count.)");
  return [options](Program& program) { return tail(program, *options); };
}

}  // namespace iotcard
