// SPDX-License-Identifier: Apache-2.0
// device ask: asks a device to report now.
#include <fmt/core.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "api_requests.h"
#include "base/utf8.h"
#include "broker_client.h"
#include "explanation.h"
#include "operations/device_operations.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds ask_timeout{10};
constexpr milliseconds interrupt_interval{100};

struct DeviceAskOptions {
  std::string device;
  bool force = false;
  bool wait = false;
  std::int64_t timeout = 30;  // seconds
};

struct Answer {
  std::string topic;
  std::string payload;
};

// The first report of the device that arrives; filled on the session's thread.
class AnswerBox {
 public:
  AnswerBox(const ReportSources& sources, const DeviceKey& device)
      : sources_(sources), device_(device) {}

  void put(const Message& message) {
    const std::string topic{message.topic};
    if (message.retained || sources_.device(topic) != device_) return;
    const std::lock_guard lock{mutex_};
    if (!open_ || answer_) return;
    answer_ = Answer{topic, std::string{message.payload}};
    changed_.notify_all();
  }
  // What arrived before the device was asked is no answer.
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
  }
  // nullopt: none came in time, or the operator interrupts.
  std::optional<Answer> wait(std::chrono::seconds timeout) {
    const auto deadline = SteadyClock::now() + timeout;
    std::unique_lock lock{mutex_};
    while (!answer_ && !interrupted() && SteadyClock::now() < deadline) {
      changed_.wait_for(lock, interrupt_interval);
    }
    return answer_;
  }

 private:
  const ReportSources& sources_;
  const DeviceKey& device_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool open_ = false;
  std::optional<Answer> answer_;
};

// Where a store is at hand, the source that the device uses is known.
std::string last_topic(Program& program, const DeviceKey& device, bool force) {
  if (!program.has_store()) return {};
  const auto known = program.open_store_to_read()->find_device(device);
  if (!force) require_heard(known, device);
  return known ? known->last_topic : std::string{};
}

Explanation explain_answer(Program& program, const Answer& answer) {
  const auto store = program.has_store() ? program.open_store_to_read() : nullptr;
  return explain(store.get(), program.context(), answer.payload, answer.topic);
}

void write_asked(JsonText& json, Program& program, const std::string& topic, bool waits,
                 const std::optional<Answer>& answer) {
  json.begin_object().member("topic", topic).member("acknowledged", true);
  if (waits) {
    json.key("answer");
    if (answer) {
      json.begin_object()
          .member("topic", answer->topic)
          .member("payload", replace_invalid_utf8(answer->payload))
          .key("explanation")
          .raw(explanation_json(explain_answer(program, *answer)))
          .end_object();
    } else {
      json.null();
    }
  }
  json.end_object();
}

int say_asked(Program& program, const DeviceKey& device, const std::string& topic) {
  return print_change(
      program.json, [&](JsonText& json) { write_asked(json, program, topic, false, {}); },
      [&] { say(fmt::format("asked device {} by {}", device.text(), topic)); });
}

int ask_device(Program& program, const DeviceAskOptions& options) {
  const DeviceKey device = device_from_operator(options.device);
  if (program.remote()) {
    if (options.wait) {
      throw UsageError{
          "--wait listens at the broker: run it on the host of the daemon, without --api"};
    }
    return say_asked(program, device,
                     ask_device_through_api(program.target, device, options.force));
  }
  const Config& config = program.config();
  const ReportSources sources = report_sources(config.reports);
  const std::string known_topic = last_topic(program, device, options.force);
  const auto where = sources.request_topic(device, known_topic);
  if (const auto* problem = std::get_if<Problem>(&where)) throw std::runtime_error{problem->text};
  const auto& topic = std::get<std::string>(where);
  std::vector<std::string> filters;
  if (options.wait) filters = known_topic.empty() ? sources.filters() : std::vector{known_topic};
  watch_for_interrupts();
  AnswerBox box{sources, device};
  BrokerClient client{tool_options(config.broker, filters),
                      [&](const Message& message) { box.put(message); }};
  client.connect(ask_timeout);
  box.open();
  client.publish(topic, {}, ask_timeout);
  if (!client.drain(ask_timeout) || client.acknowledged() == 0) {
    throw BrokerError{"the broker at " + config.broker.url + " did not take the request"};
  }
  if (!options.wait) return say_asked(program, device, topic);
  const auto answer = box.wait(std::chrono::seconds{options.timeout});
  if (program.json) {
    print_json([&](JsonText& json) { write_asked(json, program, topic, true, answer); });
    return answer ? success : failure;
  }
  if (!answer) {
    complain(fmt::format("device {} was asked by {} and has not answered within {} s",
                         device.text(), topic, options.timeout));
    return failure;
  }
  say(fmt::format("{} {}", answer->topic, answer->payload));
  print_explanation(explain_answer(program, *answer), join(sources.filters(), ", "));
  return success;
}

}  // namespace

Action device_ask_verb(Arguments& arguments) {
  auto options = std::make_shared<DeviceAskOptions>();
  arguments.required("PRODUCT/NUMBER", options->device, "The device");
  arguments.flag("--force", options->force, "Even if the device has never reported");
  arguments.flag("--wait", options->wait, "Waits for the device's next report, and shows it");
  arguments.number("--timeout", options->timeout, 1, Arguments::max_number,
                   "With --wait: seconds to wait");
  arguments.footer(R"(
Waits at most 10 s for the broker. With --wait the exit status is 1 if no report came.
With --json, one object: topic and acknowledged; with --wait also answer: null, or topic,
payload and explanation, as in explain.)");
  return [options](Program& program) { return ask_device(program, *options); };
}

}  // namespace iotcard
