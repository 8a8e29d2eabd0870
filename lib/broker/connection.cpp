// SPDX-License-Identifier: Apache-2.0
#include "broker/connection.h"

#include <MQTTAsync.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "broker/diagnosis.h"
#include "broker/paho_options.h"
#include "broker/pending_result.h"
#include "broker/reasons.h"

namespace iotcard {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds answer_patience{10};
constexpr std::chrono::seconds diagnosis_patience{2};
constexpr milliseconds check_interval{50};  // of give_up() and lost(), while waiting
// What the library says when the broker ends a connection that it has accepted, without CONNACK
// (MQTTAsyncUtils.c, 1.3.12): so answers a broker that does not know the version.
constexpr std::string_view hung_up = "TCP connect completion failure";

// What the MQTT library complains about. It has no other way to say that it could not read a
// packet: for its caller the connection just ends.
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

// Once, before the first connection; later calls do nothing. From then on the process ends, as by
// std::bad_alloc, when the library has no memory for a packet: the library keeps a null buffer and
// reads nothing more, on no connection (SocketBuffer.c, 1.3.12).
void watch_library_errors() {
  static const bool done = [] {
    MQTTAsync_setTraceCallback(on_library_error);
    // At other levels the library formats lines for nobody, a sixth of its CPU time.
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    return true;
  }();
  static_cast<void>(done);
}

// The last complaint since this was called before; "" if there was none.
std::string take_library_error() {
  const std::lock_guard lock{library_mutex};
  return std::exchange(library_error, {});
}

}  // namespace

// Its callbacks are noexcept: no exception may cross the library's C frames.
class Connection::Client : public mqtt::iaction_listener {
 public:
  Client(Connection& owner, const std::string& uri, bool mqtt5)
      : paho(uri, owner.options_.client_id,
             mqtt::create_options(mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1)),
        owner_(owner) {
    paho.set_message_callback([this](const mqtt::const_message_ptr& message) noexcept {
      owner_.delay_.message_received();
      owner_.handlers_.on_message({message->get_topic(),
                                   {message->get_payload().data(), message->get_payload().size()},
                                   message->get_qos(),
                                   message->is_retained(),
                                   message->is_duplicate()});
    });
    paho.set_connection_lost_handler([this](const std::string& cause) noexcept {
      owner_.set_lost(cause.empty() ? "the connection broke" : cause);
    });
    paho.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) noexcept {
      const bool taken_over = code == mqtt::ReasonCode::SESSION_TAKEN_OVER;
      if (taken_over) owner_.handlers_.on_taken_over();
      owner_.set_lost("the broker disconnects: " + reason_text(code) +
                      (taken_over ? "; see that no other program uses the client id " +
                                        owner_.options_.client_id
                                  : ""));
    });
  }

  std::optional<SendWindow::Failure> send(SendWindow::Publication publication) {
    try {
      paho.publish(mqtt::make_message(std::move(publication.topic), std::move(publication.payload),
                                      publication.qos, publication.retain),
                   reinterpret_cast<void*>(static_cast<std::intptr_t>(publication.token)), *this);
      return std::nullopt;
    } catch (const mqtt::exception& failure) {
      return SendWindow::Failure{
          failure.get_return_code() == MQTTASYNC_DISCONNECTED,
          "the MQTT library refuses the publication: " + failure.get_message()};
    }
  }

  // Of publications.
  void on_success(const mqtt::token& token) noexcept override { finished(token, true); }
  void on_failure(const mqtt::token& token) noexcept override { finished(token, false); }

  mqtt::async_client paho;

 private:
  void finished(const mqtt::token& token, bool ok) noexcept {
    const PendingResult::Result result = PendingResult::read(token, ok);
    const auto number = reinterpret_cast<std::intptr_t>(token.get_user_context());
    if (result.ok) return owner_.send_window_.finished(number, Delivery::acknowledged, "");
    if (result.code < first_refusal) {
      return owner_.send_window_.finished(number, Delivery::lost, "the connection broke");
    }
    owner_.send_window_.finished(
        number, refuses_for_good(result.code) ? Delivery::unacceptable : Delivery::refused,
        "the broker refuses the publication: " + reason_text(result.code));
  }

  Connection& owner_;
};

Connection::Connection(const SessionOptions& options, bool mqtt5, const Concessions& concessions,
                       const SessionHandlers& handlers, const Hooks& hooks)
    : options_(options),
      handlers_(handlers),
      hooks_(hooks),
      facts_{.mqtt5 = mqtt5, .concessions = concessions},
      send_window_(
          [this](SendWindow::Publication&& publication) {
            // While the client object ends it reports what was in flight.
            if (closing_) return std::optional{SendWindow::Failure{true, "the connection broke"}};
            return client_->send(std::move(publication));
          },
          handlers_.on_published) {
  watch_library_errors();
}

Connection::~Connection() {
  closing_ = true;
}

// The library ends a connection on a packet that it cannot read, and says "disconnected" to
// whatever is under way.
std::string Connection::explain(const std::string& reason) {
  std::unique_lock lock{mutex_};
  const std::string complaint = take_library_error();
  if (!complaint.empty()) unreadable_ = "the MQTT library cannot read a packet: " + complaint;
  const std::string explained = unreadable_.empty() ? reason : unreadable_;
  lock.unlock();
  if (!complaint.empty()) handlers_.on_unreadable();
  return explained;
}

ConnectionError Connection::error(const std::string& what, ConnectionError::Cause cause,
                                  int connack) {
  return {fmt::format("{}: {}", options_.url, explain(what)), cause, connack};
}

std::string Connection::reason() const {
  const std::lock_guard lock{mutex_};
  return fmt::format("{}: {}", options_.url, reason_);
}

void Connection::set_lost(const std::string& reason) {
  const std::string explained = explain(reason);
  {
    const std::lock_guard lock{mutex_};
    if (reason_.empty()) reason_ = explained;
  }
  lost_ = true;
  hooks_.on_lost();
}

bool Connection::wait(PendingResult& result, milliseconds patience,
                      const std::function<bool()>& until) {
  const auto deadline = steady_clock::now() + patience;
  while (!result.wait_for(std::min(patience, check_interval))) {
    if (lost_ || until() || steady_clock::now() > deadline) return false;
  }
  return true;
}

PendingResult& Connection::request(const std::string& what, milliseconds patience,
                                   const std::function<bool()>& until,
                                   const std::function<void(PendingResult&)>& send) {
  PendingResult& result = results_.emplace_back();
  std::string problem = "no answer to " + what;
  try {
    send(result);
    if (wait(result, patience, until)) return result;
  } catch (const mqtt::exception& failure) {
    problem = failure.get_message();
  }
  throw lost_ ? ConnectionError(reason(), ConnectionError::Cause::other) : error(problem);
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
  client_ = std::make_unique<Client>(*this, paho_uri(address), facts_.mqtt5);
  PendingResult& result = results_.emplace_back([this](const PendingResult::Result& connack) {
    if (connack.ok && connack.session_present) handlers_.on_session_present();
  });
  take_library_error();  // one of an earlier connection
  client_->paho.connect(
      paho_connect_options(options_, address.tls, facts_.mqtt5, facts_.concessions), nullptr,
      result);
  if (!wait(result, connect_timeout, hooks_.give_up)) {
    if (lost_) throw ConnectionError(reason(), ConnectionError::Cause::other);
    throw error(fmt::format("no answer from the broker within {} s", connect_timeout.count()));
  }
  if (!result.result().ok) throw explain_failed_connect(result);
  delay_.connected(address.port);
  facts_.session_present = result.result().session_present;
  facts_.announced = facts_.mqtt5 ? result.result().announced : announced_by(facts_.concessions);
  send_window_.set_receive_maximum(facts_.announced.receive_maximum);
}

ConnectionError Connection::explain_failed_connect(const PendingResult& result) {
  using Cause = ConnectionError::Cause;
  const int code = result.result().code;
  if (code > 0) {
    return error("the broker refuses the connection: " + connack_reason(code),
                 refuses_version(code) ? Cause::version : Cause::other, code);
  }
  const BrokerAddress address = parse_broker_url(options_.url);
  const bool was_hung_up = result.result().message == hung_up;
  if (!was_hung_up || address.tls) {
    const auto found = diagnose(address, options_, diagnosis_patience);
    if (found || !was_hung_up) {
      return error(found.value_or("the connection broke"), Cause::unreachable);
    }
  }
  return error("the broker ends the connection without an answer", Cause::version);
}

std::chrono::seconds Connection::keep_alive() const {
  return facts_.concessions.keep_alive.value_or(options_.keep_alive);
}

void Connection::subscribe() {
  for (const std::string& filter : options_.obsolete_filters) {
    request("the end of the subscription to " + filter, answer_patience, hooks_.give_up,
            [&](PendingResult& result) { client_->paho.unsubscribe(filter, nullptr, result); });
  }
  std::size_t done = 0;
  for (const std::string& filter : subscribed_filters(options_)) {
    if (options_.watch_status && filter == options_.status_topic) {
      watch_status();
    } else {
      subscribe_to(filter, done++ >= options_.filters.size());
    }
  }
}

// Of QoS 0, so that the broker keeps nothing of it for a session that is away. Without it the
// session works as well, so whether the broker grants it does not matter.
void Connection::watch_status() {
  request("the subscription to " + options_.status_topic, answer_patience, hooks_.give_up,
          [&](PendingResult& sent) {
            const mqtt::subscribe_options of_others{true, false,
                                                    mqtt::subscribe_options::DONT_SEND_RETAINED};
            client_->paho.subscribe(options_.status_topic, 0, nullptr, sent,
                                    facts_.mqtt5 ? of_others : mqtt::subscribe_options{});
          });
}

void Connection::subscribe_to(const std::string& filter, bool optional) {
  const int asked = optional ? 1 : options_.qos;
  const int qos = std::min(asked, facts_.announced.maximum_qos);
  const auto refused = [&](const std::string& problem, const std::string& why) {
    if (!optional || lost_) throw error(problem);
    handlers_.on_refused(filter, why);
  };
  if (const auto problem = filter_problem(filter, facts_.announced)) {
    return refused(fmt::format("no subscription to {}: {}", filter, *problem), *problem);
  }
  const PendingResult& result = request(
      "the subscription to " + filter, answer_patience, hooks_.give_up, [&](PendingResult& sent) {
        const mqtt::subscribe_options retained_if_new{
            false, false, mqtt::subscribe_options::SEND_RETAINED_ON_NEW};
        client_->paho.subscribe(filter, qos, nullptr, sent,
                                facts_.mqtt5 ? retained_if_new : mqtt::subscribe_options{});
      });
  int code = result.result().ok ? 0 : result.result().code;
  for (const int granted : result.result().granted) code = std::max(code, granted);
  if (code < first_refusal && result.result().ok) {
    facts_.grants.push_back({filter, asked, code});
    return;
  }
  const std::string why = facts_.mqtt5 ? reason_text(code) : "not authorised";
  refused(fmt::format("the broker refuses the subscription to {}: {}; see its access list", filter,
                      why),
          why);
}

bool Connection::publish(std::int64_t token, const std::string& topic, std::string_view payload,
                         int qos, bool retain) {
  if (lost_) return false;
  const std::size_t bytes = topic.size() + payload.size();
  if (const std::size_t room = message_room(facts_.announced); bytes > room) {
    handlers_.on_published(
        token, Delivery::unacceptable,
        fmt::format("topic and payload have {} bytes, and the broker takes {}", bytes, room));
    return true;
  }
  const PublishManner manner = publish_manner(qos, retain, facts_.announced);
  return send_window_.publish({token, topic, std::string{payload}, manner.qos, manner.retain});
}

void Connection::publish_status(const std::string& payload, milliseconds patience,
                                const std::function<bool()>& until) {
  // The broker would end the connection. Who reads the status sees the last one that fits.
  if (options_.status_topic.size() + payload.size() > message_room(facts_.announced)) return;
  const PublishManner manner = publish_manner(1, true, facts_.announced);
  const PendingResult& result = request(
      "the publication on " + options_.status_topic, patience, until, [&](PendingResult& sent) {
        client_->paho.publish(mqtt::make_message(options_.status_topic, payload.data(),
                                                 payload.size(), manner.qos, manner.retain),
                              nullptr, sent);
      });
  if (result.result().ok) return;
  if (result.result().code < first_refusal) {
    throw error(
        fmt::format("the connection ended at the publication on {}", options_.status_topic));
  }
  throw error(fmt::format("the broker refuses the publication on {}: {}; see its access list",
                          options_.status_topic, reason_text(result.result().code)));
}

void Connection::end_session(milliseconds patience) {
  mqtt::properties properties;
  properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL, 0});
  mqtt::disconnect_options farewell{patience};
  farewell.set_properties(std::move(properties));
  client_->paho.disconnect(farewell)->wait_for(patience);
}

void Connection::close(milliseconds patience) {
  try {
    if (options_.end_session && facts_.mqtt5) return end_session(patience);
    PendingResult& result = results_.emplace_back();
    client_->paho.disconnect(static_cast<int>(patience.count()), nullptr, result);
    wait(result, patience + check_interval, [] { return false; });
  } catch (const mqtt::exception&) {
    // The broker finds out by itself.
  }
}

}  // namespace iotcard
