// SPDX-License-Identifier: Apache-2.0
#include "broker/connection.h"

#include <MQTTAsync.h>
#include <fmt/format.h>

#include <exception>
#include <utility>

#include "broker/paho_options.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds answer_patience{10};
constexpr std::chrono::milliseconds look_interval{50};  // at give_up(), while waiting
constexpr int unacceptable_protocol_v3 = 1;             // MQTT 3.1.1, 3.2.2.3
constexpr int unsupported_protocol_v5 = 0x84;           // MQTT 5.0, 3.2.2.2
constexpr int first_refusal = 0x80;

// The library formats trace lines even when nobody reads them; that is a sixth of its CPU time.
void quieten_library() {
  static const bool done = [] {
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    return true;
  }();
  static_cast<void>(done);
}

bool is_refusal(mqtt::ReasonCode code) {
  const int value = code;
  return value >= first_refusal && code != mqtt::ReasonCode::MQTTPP_V3_CODE;
}

std::string explain(const mqtt::exception& failure, bool mqtt5) {
  if (mqtt5 && failure.get_reason_code() >= first_refusal) return failure.get_reason_code_str();
  switch (failure.get_return_code()) {  // of CONNACK: MQTT 3.1.1, table 3.1
    case 1:
      return "the broker does not speak this version of MQTT";
    case 2:
      return "the broker refuses the client id";
    case 3:
      return "the broker is not available";
    case 4:
      return "the broker refuses user name or password";
    case 5:
      return "the broker refuses: not authorised";
    default:
      break;
  }
  const std::string message = failure.get_message();
  if (!message.empty()) return message;
  const std::string code = failure.get_error_str();
  return code.empty() ? failure.what() : code;
}

}  // namespace

// Callbacks are noexcept: an exception must not cross the library's C frames.
class Connection::Client : public mqtt::iaction_listener {
 public:
  Client(Connection& owner, const std::string& uri, const std::string& client_id, bool mqtt5)
      : paho(uri, client_id, mqtt::create_options(mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1)),
        owner_(owner) {
    paho.set_message_callback([this](const mqtt::const_message_ptr& message) noexcept {
      owner_.hooks_.on_message({message->get_topic(),
                                {message->get_payload().data(), message->get_payload().size()},
                                message->get_qos(),
                                message->is_retained(),
                                message->is_duplicate()});
    });
    paho.set_connection_lost_handler([this](const std::string& cause) noexcept {
      owner_.note_lost(cause.empty() ? "the connection broke" : cause);
    });
    paho.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) noexcept {
      owner_.note_lost(mqtt::exception::reason_code_str(code));
    });
  }

  void on_success(const mqtt::token& token) noexcept override {
    const mqtt::ReasonCode code = token.get_reason_code();
    settle(token, !is_refusal(code), code);
  }
  void on_failure(const mqtt::token& token) noexcept override {
    settle(token, false, token.get_reason_code());
  }

  mqtt::async_client paho;

 private:
  void settle(const mqtt::token& token, bool ok, mqtt::ReasonCode code) noexcept {
    const auto number = reinterpret_cast<std::intptr_t>(token.get_user_context());
    std::string reason;
    if (!ok) {
      reason = is_refusal(code)
                   ? "the broker refuses the publication: " + mqtt::exception::reason_code_str(code)
                   : "the connection broke";
    }
    owner_.settle(number, ok, reason);
  }

  Connection& owner_;
};

Connection::Connection(const SessionOptions& options, bool mqtt5, Hooks hooks)
    : options_(options), mqtt5_(mqtt5), hooks_(std::move(hooks)) {
  quieten_library();
}

Connection::~Connection() {
  client_.reset();  // no callback comes from here on
  for (const std::int64_t token : std::exchange(in_flight_, {})) {
    hooks_.on_published(token, false, "the connection broke");
  }
}

ConnectionError Connection::error(const std::string& what, bool other_protocol_may_help) const {
  std::string text = fmt::format("{}: {}", options_.url, what);
  const std::lock_guard lock{mutex_};
  if (!tls_error_.empty()) text += " (" + tls_error_ + ")";
  return {text, other_protocol_may_help};
}

std::string Connection::reason() const {
  const std::lock_guard lock{mutex_};
  return fmt::format("{}: {}", options_.url, reason_);
}

void Connection::note_lost(const std::string& reason) {
  {
    const std::lock_guard lock{mutex_};
    if (reason_.empty()) reason_ = reason;
  }
  lost_ = true;
  hooks_.on_lost();
}

void Connection::settle(std::int64_t token, bool ok, const std::string& reason) {
  {
    const std::lock_guard lock{mutex_};
    if (in_flight_.erase(token) == 0) return;
  }
  hooks_.on_published(token, ok, reason);
}

template <typename Token>
void Connection::wait(const Token& token, std::chrono::milliseconds patience, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!token->wait_for(look_interval)) {
    if (hooks_.give_up()) throw error("given up");
    if (lost_) throw ConnectionError(reason(), false);
    if (std::chrono::steady_clock::now() > deadline) {
      throw error(fmt::format("no answer to {} within {} ms", what, patience.count()));
    }
  }
}

bool Connection::open() {
  try {
    client_ = std::make_unique<Client>(*this, paho_uri(options_.url), options_.client_id, mqtt5_);
    const auto token = client_->paho.connect(
        paho_connect_options(options_, mqtt5_, [this](const std::string& text) noexcept {
          const std::lock_guard lock{mutex_};
          tls_error_ = text.substr(0, text.find_last_not_of("\r\n") + 1);
        }));
    wait(token, answer_patience + look_interval, "the connection");
    return token->get_connect_response().is_session_present();
  } catch (const mqtt::exception& failure) {
    // A broker of old may answer a version it does not know by hanging up.
    const int code = failure.get_reason_code();
    const bool says_version = code == unsupported_protocol_v5 || code == unacceptable_protocol_v3;
    const bool says_other = mqtt5_ ? code >= first_refusal : code > 0;
    throw error(explain(failure, mqtt5_), says_version || !says_other);
  } catch (const ConnectionError&) {
    throw;
  } catch (const std::exception& failure) {
    throw error(failure.what());
  }
}

void Connection::subscribe() {
  for (const std::string& filter : options_.filters) {
    const std::string shared =
        options_.share.empty() ? filter : fmt::format("$share/{}/{}", options_.share, filter);
    const auto refused = [&](const std::string& why) {
      return error(fmt::format(
          "the broker refuses the subscription to {}: {}; check its access list", shared, why));
    };
    try {
      const mqtt::subscribe_options options{false, false,
                                            mqtt::subscribe_options::SEND_RETAINED_ON_NEW};
      const auto token = mqtt5_ ? client_->paho.subscribe(shared, options_.qos, options)
                                : client_->paho.subscribe(shared, options_.qos);
      wait(token, answer_patience, "the subscription");
      const mqtt::subscribe_response response = token->get_subscribe_response();
      for (const mqtt::ReasonCode code : response.get_reason_codes()) {
        if (static_cast<int>(code) >= first_refusal) {
          throw refused(mqtt5_ ? mqtt::exception::reason_code_str(code) : "not authorised");
        }
      }
    } catch (const mqtt::exception& failure) {
      throw refused(explain(failure, mqtt5_));
    }
  }
}

void Connection::publish_and_wait(const std::string& topic, const std::string& payload, bool retain,
                                  std::chrono::milliseconds patience) {
  try {
    wait(client_->paho.publish(topic, payload.data(), payload.size(), 1, retain), patience,
         "a publication");
  } catch (const mqtt::exception& failure) {
    throw error(fmt::format("the broker refuses the publication on {}: {}", topic,
                            explain(failure, mqtt5_)));
  }
}

bool Connection::publish(std::int64_t token, const std::string& topic, std::string_view payload,
                         int qos, bool retain) {
  if (lost_) return false;
  {
    const std::lock_guard lock{mutex_};
    in_flight_.insert(token);
  }
  try {
    client_->paho.publish(mqtt::make_message(topic, payload.data(), payload.size(), qos, retain),
                          reinterpret_cast<void*>(static_cast<std::intptr_t>(token)), *client_);
    return true;
  } catch (const mqtt::exception&) {  // not connected any more
    const std::lock_guard lock{mutex_};
    return in_flight_.erase(token) == 0;  // told already: a failure that came first
  }
}

void Connection::close(std::chrono::milliseconds patience) {
  try {
    wait(client_->paho.disconnect(static_cast<int>(patience.count())), patience, "the farewell");
  } catch (const std::exception&) {
    // The broker finds out by itself.
  }
}

}  // namespace iotcard
