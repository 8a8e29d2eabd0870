// SPDX-License-Identifier: Apache-2.0
// session.h - One persistent MQTT session with the broker: connects (MQTT 5, falling back to
// 3.1.1), subscribes, reconnects with back-off and jitter, and keeps the retained status topic
// true. It makes nothing durable itself: a message is acknowledged to the broker when on_message
// returns, so the handler makes it safe first.
// Threads: "broker" (its own) connects and reconnects; each handler says on which thread it runs.
// All public functions may be called from any thread but from within a handler.
// Sources: MQTT 5.0 and 3.1.1 (OASIS), Eclipse Paho MQTT C++ 1.2.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/delivery.h"
#include "broker/broker_limits.h"
#include "broker/broker_settings.h"

namespace iotcard {

struct SessionOptions : BrokerSettings {
  bool persistent = true;    // false: a clean start each time, for tools
  bool end_session = false;  // with MQTT 5: not persistent, but a session is asked for, and ended
  std::vector<std::string> filters;           // topic filters, without the share
  std::vector<std::string> optional_filters;  // of QoS 1; the broker may refuse them
  std::vector<std::string> obsolete_filters;  // to unsubscribe from, whole, with "$share/…/"
  std::string share;                          // group of a shared subscription, or ""
  int qos = 1;                                // of the subscriptions to `filters`, 0 or 1
  std::string status_topic;                   // "" for none
  std::string offline_status;                 // payload of the last will and of a clean stop
  // Whether to receive what others publish on the status topic. on_message gets it, and what is
  // retained there; with MQTT 3.1.1 also what this session publishes.
  bool watch_status = false;
  std::chrono::milliseconds backoff_min{500};
  std::chrono::milliseconds backoff_max{60'000};
  // A connection that lasted so long resets the back-off, and what was conceded to the broker.
  std::chrono::milliseconds stable_after{10'000};

  // The session expiry interval to ask for; 0: the session ends with the connection.
  std::chrono::seconds wanted_expiry() const {
    return persistent || end_session ? session_expiry : std::chrono::seconds{0};
  }
};

// The filters that a session with these options subscribes to, whole; the optional ones behind the
// others, and the status topic last.
std::vector<std::string> subscribed_filters(const SessionOptions& options);

struct Message {
  std::string_view topic;
  std::string_view payload;
  int qos;
  bool retained;
  bool duplicate;
};

// What a connection that is established found at the broker.
struct ConnectionFacts {
  bool mqtt5 = false;
  bool session_present = false;  // the broker still had the session
  Announcement announced{};
  Concessions concessions{};
  std::vector<Grant> grants{};  // of subscriptions, also of those that the session has kept
  std::vector<LimitNotice> notices{};
};

struct SessionHandlers {
  // On the receive thread, before PUBACK; must not throw. Blocking here holds every
  // acknowledgement, and past 1.5 × keep_alive the broker disconnects and delivers again.
  std::function<void(const Message&)> on_message = [](const Message&) {};
  // On the receive thread: CONNACK says that the broker has the session, whose messages follow.
  std::function<void()> on_session_present = [] {};
  // On "broker": subscribed and status published.
  std::function<void(const ConnectionFacts&)> on_connected = [](const ConnectionFacts&) {};
  // On "broker" or a thread of the MQTT library: the connection ends because the library cannot
  // read a packet.
  std::function<void()> on_unreadable = [] {};
  // On a thread of the MQTT library: the broker (of MQTT 5) ends the connection since another
  // client has connected with this client id.
  std::function<void()> on_taken_over = [] {};
  // On "broker": not connected any more, or an attempt failed; `reason` is for a person and names
  // the broker.
  std::function<void(const std::string& reason)> on_disconnected = [](const std::string&) {};
  // On "broker": one of the optional filters; all else works. `reason` is for a person.
  std::function<void(const std::string& filter, const std::string& reason)> on_refused =
      [](const std::string&, const std::string&) {};
  // On any of these threads: the result of a message given to publish(). `reason` is for a person;
  // "" if it is acknowledged.
  std::function<void(std::int64_t token, Delivery delivery, const std::string& reason)>
      on_published = [](std::int64_t, Delivery, const std::string&) {};
};

class Session {
 public:
  Session(SessionOptions options, SessionHandlers handlers);
  ~Session();  // stop() with the patience of a second, unless it is stopped

  void start();
  // Publishes the offline status, disconnects cleanly and joins the thread. At most `patience`, but
  // never before a handler returns that is being called.
  void stop(std::chrono::milliseconds patience);

  // Hands one message over; on_published follows. False: not connected (nothing follows). Works
  // from before the status is published on, so whoever sees that may ask for something at once.
  // QoS and retain are lowered to what the broker takes.
  bool publish(std::int64_t token, const std::string& topic, std::string_view payload, int qos,
               bool retain);

  // The payload of the status topic; published now if connected, and after each reconnect.
  void set_status(std::string payload);

  // Leaves the broker politely, keeping the session there, until resume(): while reports cannot be
  // made safe the broker keeps them. The status set last is published before leaving.
  void hold();
  void resume();

  bool connected() const;  // and the status published

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotcard
