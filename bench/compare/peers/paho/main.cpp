// SPDX-License-Identifier: Apache-2.0
// paho_peer - What the MQTT library itself can do, so what iotcardd can be measured by: a receiver
// that does nothing with reports, and an echo that publishes one message of the same size for each,
// as fast as Paho allows: no more than 20 in flight (it walks its list of them), no trace lines.
// paho_peer PORT receive|echo REPORTS: the receiver says in one message that it has them all.
#include <MQTTAsync.h>
#include <fmt/core.h>
#include <mqtt/async_client.h>
#include <unistd.h>

#include <charconv>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t window = 20;
constexpr std::int32_t receive_maximum = 1000;  // as iotcardd's

class Peer : public mqtt::iaction_listener {
 public:
  Peer(const std::string& port, bool echo, std::int64_t reports)
      : client_("mqtt://127.0.0.1:" + port, "peer", mqtt::create_options(MQTTVERSION_5)),
        echo_(echo),
        reports_(reports) {}

  void run() {
    client_.set_message_callback(
        [this](const mqtt::const_message_ptr& message) noexcept { take(message); });
    mqtt::connect_options options;
    options.set_mqtt_version(MQTTVERSION_5);
    options.set_clean_start(true);
    mqtt::properties properties;
    properties.add({mqtt::property::RECEIVE_MAXIMUM, receive_maximum});
    options.set_properties(std::move(properties));
    client_.connect(options)->wait();
    client_.subscribe("/+/+/info/post", 1)->wait();
    client_.publish("peer/status", "online", 6, 1, true)->wait();
    for (;;) pause();
  }

 private:
  void take(const mqtt::const_message_ptr& message) {
    if (echo_) {
      // "/1/DEVICE/info/post" becomes "peer/event/echo/1/DEVICE".
      const std::string& topic = message->get_topic();
      const std::size_t end = topic.find('/', topic.find('/', 1) + 1);
      publish(mqtt::make_message("peer/event/echo" + topic.substr(0, end), message->get_payload(),
                                 1, false));
    } else if (++received_ == reports_) {
      publish(mqtt::make_message("peer/event/done", "done", 1, false));
    }
  }

  void publish(mqtt::message_ptr message) {
    const std::lock_guard lock{mutex_};
    if (in_flight_ == window) {
      waiting_.push_back(std::move(message));
    } else {
      ++in_flight_;
      client_.publish(message, nullptr, *this);
    }
  }

  void on_success(const mqtt::token&) override {
    const std::lock_guard lock{mutex_};
    if (waiting_.empty()) {
      --in_flight_;
      return;
    }
    client_.publish(waiting_.front(), nullptr, *this);
    waiting_.pop_front();
  }
  void on_failure(const mqtt::token&) override {
    fmt::print(stderr, "paho_peer: a publication failed\n");
    _exit(1);
  }

  mqtt::async_client client_;
  const bool echo_;
  const std::int64_t reports_;
  std::int64_t received_ = 0;  // of the receive thread
  std::mutex mutex_;
  std::size_t in_flight_ = 0;  // guarded by mutex_, as the next
  std::deque<mqtt::message_ptr> waiting_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "Usage: paho_peer PORT receive|echo REPORTS\n");
    return 2;
  }
  const std::string_view reports = argv[3];
  std::int64_t count = 0;
  std::from_chars(reports.data(), reports.data() + reports.size(), count);
  MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
  try {
    Peer{argv[1], std::string_view{argv[2]} == "echo", count}.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "paho_peer: {}\n", error.what());
    return 1;
  }
}
