// SPDX-License-Identifier: Apache-2.0
#include "broker/connection.h"

#include <MQTTAsync.h>
#include <fmt/format.h>

#include <exception>
#include <utility>

#include "broker/diagnosis.h"
#include "broker/paho_options.h"
#include "broker/pending_result.h"
#include "broker/reasons.h"
#include "broker/send_window.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds answer_patience{10};
constexpr std::chrono::seconds diagnosis_patience{2};
constexpr milliseconds look_interval{50};  // at give_up() and lost(), while waiting
// What the library says when the broker ends a connection that it has accepted, without CONNACK
// (MQTTAsyncUtils.c, 1.3.12): so answers a broker that does not know the version.
constexpr std::string_view hung_up = "TCP connect completion failure";

// The library formats trace lines even when nobody reads them; that is a sixth of its CPU time.
void quieten_library() {
  static const bool done = [] {
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

// Its callbacks are noexcept: no exception may cross the library's C frames.
class Connection::Client {
 public:
  Client(Connection& owner, const std::string& uri, bool mqtt5)
      : paho(uri, owner.options_.client_id,
             mqtt::create_options(mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1)),
        owner_(owner) {
    paho.set_message_callback([this](const mqtt::const_message_ptr& message) noexcept {
      owner_.delay_.message_came();
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
      owner_.note_lost("the broker disconnects: " + reason_text(code));
    });
  }

  mqtt::async_client paho;

 private:
  Connection& owner_;
};

Connection::Connection(const SessionOptions& options, bool mqtt5, Hooks hooks)
    : options_(options),
      mqtt5_(mqtt5),
      hooks_(std::move(hooks)),
      publications_(std::make_unique<SendWindow>(hooks_.on_published)) {
  quieten_library();
}

Connection::~Connection() {
  client_.reset();  // no callback comes from here on
  publications_->lose();
}

ConnectionError Connection::error(const std::string& what, ConnectionError::Cause cause) const {
  return {fmt::format("{}: {}", options_.url, what), cause};
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

Answer& Connection::new_answer() {
  return answers_.emplace_back();
}

bool Connection::wait(Answer& answer, milliseconds patience, const std::function<bool()>& until) {
  const auto deadline = steady_clock::now() + patience;
  while (!answer.wait_for(std::min(patience, look_interval))) {
    if (lost_ || until() || steady_clock::now() > deadline) return false;
  }
  return true;
}

void Connection::open() {
  try {
    connect();
  } catch (const mqtt::exception& failure) {
    throw error(failure.get_message());
  } catch (const ConnectionError&) {
    throw;
  } catch (const std::exception& failure) {
    throw error(failure.what());
  }
}

void Connection::connect() {
  const BrokerAddress address = parse_broker_url(options_.url);
  client_ = std::make_unique<Client>(*this, paho_uri(address), mqtt5_);
  Answer& answer = new_answer();
  client_->paho.connect(paho_connect_options(options_, address.tls, mqtt5_), nullptr, answer);
  if (!wait(answer, connect_timeout, hooks_.give_up)) {
    if (lost_) throw ConnectionError(reason(), ConnectionError::Cause::other);
    throw error(fmt::format("no answer from the broker within {} s", connect_timeout.count()));
  }
  if (!answer.result().ok) throw explain_failed_connect(answer);
  delay_.connected(address.port);
  session_present_ = answer.result().session_present;
  publications_->set_receive_maximum(answer.result().receive_maximum);
}

ConnectionError Connection::explain_failed_connect(const Answer& answer) const {
  using Cause = ConnectionError::Cause;
  const int code = answer.result().code;
  if (code > 0) {
    return error("the broker refuses the connection: " + connack_reason(code),
                 refuses_version(code) ? Cause::version : Cause::other);
  }
  const BrokerAddress address = parse_broker_url(options_.url);
  const bool was_hung_up = answer.result().message == hung_up;
  if (!was_hung_up || address.tls) {
    const auto found = diagnose(address, options_, diagnosis_patience);
    if (found || !was_hung_up) {
      return error(found.value_or("the connection broke"), Cause::unreachable);
    }
  }
  return error("the broker ends the connection without an answer", Cause::version);
}

void Connection::unsubscribe_stale() {
  for (const std::string& filter : options_.obsolete_filters) {
    Answer& answer = new_answer();
    try {
      client_->paho.unsubscribe(filter, nullptr, answer);
    } catch (const mqtt::exception& failure) {
      throw error(failure.get_message());
    }
    if (!wait(answer, answer_patience, hooks_.give_up)) {
      throw lost_ ? ConnectionError(reason(), ConnectionError::Cause::other)
                  : error("no answer to the end of the subscription to " + filter);
    }
  }
}

void Connection::subscribe() {
  unsubscribe_stale();
  std::size_t done = 0;
  for (const std::string& shared : subscribed_filters(options_)) {
    const bool minor = done++ >= options_.filters.size();
    const int qos = minor ? 1 : options_.qos;
    Answer& answer = new_answer();
    try {
      const mqtt::subscribe_options retained_if_new{false, false,
                                                    mqtt::subscribe_options::SEND_RETAINED_ON_NEW};
      client_->paho.subscribe(shared, qos, nullptr, answer,
                              mqtt5_ ? retained_if_new : mqtt::subscribe_options{});
    } catch (const mqtt::exception& failure) {
      throw error(failure.get_message());
    }
    if (!wait(answer, answer_patience, hooks_.give_up)) {
      throw lost_ ? ConnectionError(reason(), ConnectionError::Cause::other)
                  : error("no answer to the subscription to " + shared);
    }
    int code = answer.result().ok ? 0 : answer.result().code;
    for (const int granted : answer.result().granted) code = std::max(code, granted);
    if (code < first_refusal && answer.result().ok) continue;
    const std::string why = mqtt5_ ? reason_text(code) : "not authorised";
    if (!minor || lost_) {
      throw error(fmt::format("the broker refuses the subscription to {}: {}; see its access list",
                              shared, why));
    }
    hooks_.on_refused(shared, why);
  }
}

bool Connection::publish(std::int64_t token, const std::string& topic, std::string_view payload,
                         int qos, bool retain) {
  if (lost_) return false;
  return publications_->publish(
      client_->paho, token, mqtt::make_message(topic, payload.data(), payload.size(), qos, retain));
}

void Connection::publish_status(const std::string& payload, milliseconds patience,
                                const std::function<bool()>& until) {
  Answer& answer = new_answer();
  try {
    client_->paho.publish(
        mqtt::make_message(options_.status_topic, payload.data(), payload.size(), 1, true), nullptr,
        answer);
  } catch (const mqtt::exception& failure) {
    throw lost_ ? ConnectionError(reason(), ConnectionError::Cause::other)
                : error(failure.get_message());
  }
  if (!wait(answer, patience, until)) {
    throw lost_ ? ConnectionError(reason(), ConnectionError::Cause::other)
                : error("no answer to the publication on " + options_.status_topic);
  }
  if (!answer.result().ok) {
    throw error(fmt::format("the broker refuses the publication on {}: {}; see its access list",
                            options_.status_topic, reason_text(answer.result().code)));
  }
}

void Connection::close(milliseconds patience) {
  try {
    Answer& answer = new_answer();
    client_->paho.disconnect(static_cast<int>(patience.count()), nullptr, answer);
    wait(answer, patience + look_interval, [] { return false; });
  } catch (const mqtt::exception&) {
    // The broker finds out by itself.
  }
}

}  // namespace iotcard
