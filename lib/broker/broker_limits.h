// SPDX-License-Identifier: Apache-2.0
// broker_limits.h - What the broker does not grant as asked for: what CONNACK and SUBACK say, what
// the session does differently since then, and what that costs, in words. Decides only; Connection
// and Session do it. Topic aliases are not in it: none are used, so that any limit of them is kept.
// Pure; any thread.
// Sources: MQTT 5.0, 3.2.2.3 (properties of CONNACK), 3.2.2.2 (reason codes), 3.9.3 (SUBACK).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iotcard {

// The properties of CONNACK, with their values where the broker names none. With MQTT 3.1.1 there
// are no others.
struct Announcement {
  std::optional<std::chrono::seconds> keep_alive{};      // to be used in place of ours
  std::optional<std::chrono::seconds> session_expiry{};  // in place of ours
  int maximum_qos = 2;
  bool retain = true;
  bool wildcards = true;
  bool shared = true;
  std::optional<std::uint32_t> max_packet{};  // bytes that the broker takes in one packet
  int receive_maximum = 65535;                // publications that it takes unacknowledged
};

// What the session asks for less of than configured, since the broker has refused it or has
// announced less, or has hung up, for which there may be other reasons. Kept from one connection to
// the next until ask_again().
struct Concessions {
  std::optional<std::chrono::seconds> keep_alive{};
  bool retain = true;  // of the last will
  int will_qos = 1;
  friend bool operator==(const Concessions&, const Concessions&) = default;
};
// After a refusal of CONNECT: what to ask for next; nullopt: the refusal has another cause.
std::optional<Concessions> concede_to_refusal(const Concessions& now, int connack_code);
// After a CONNECT with a last will that was answered by the end of the connection: brokers of MQTT
// 3.1.1 have no other answer to a will that they do not take. What may be tried, in this order:
// first the same again, since a broker that stops or starts hangs up too.
std::vector<Concessions> concede_to_hang_up(const Concessions& now);
// With MQTT 3.1.1, after so many connections in a row that ended at the retained status.
std::optional<Concessions> concede_to_lost_status(const Concessions& now, int connections);
// For the first connection after one that has lasted: the will as configured, since the broker may
// be another now or have hung up for another reason. If it still does not take the will, that costs
// some attempts. A shorter keep alive costs no promise, and stays.
Concessions ask_again(const Concessions& now);
// What a broker of MQTT 3.1.1 would have announced.
Announcement announced_by(const Concessions& concessions);
// After CONNACK: not nullopt if the connection has to be made again, since the broker would end it
// for a silence that the MQTT library allows itself. `asked`: the keep-alive time in CONNECT.
std::optional<Concessions> concede_to(const Concessions& now, const Announcement& announced,
                                      std::chrono::seconds asked);

// One subscription: SUBACK grants the QoS that was asked for, or a lower one.
struct Grant {
  std::string filter;
  int asked = 1;
  int granted = 1;
};

// What a session wants of its broker.
struct Wanted {
  bool mqtt5 = true;
  std::chrono::seconds keep_alive{30};
  std::chrono::seconds session_expiry{0};  // 0: no session is wanted
  bool status = false;                     // a retained status, and a last will
};

// One thing asked for, and what the broker grants of it.
struct LimitNotice {
  enum class Weight : std::uint8_t {
    granted,  // as asked for
    adapted,  // less, and nothing is lost by it
    weaker,   // less, and a promise with it; the text names both figures and what may be lost
  };
  std::string subject;  // a few words, such as "session expiry"
  Weight weight = Weight::granted;
  std::string text;
};
// One for each limit, and one for each subscription that was granted less than asked for.
std::vector<LimitNotice> judge_limits(const Wanted& wanted, const Announcement& announced,
                                      const Concessions& concessions,
                                      const std::vector<Grant>& grants);

// Why a subscription cannot be had; nullopt: the broker may be asked for it. `filter` is whole,
// with "$share/…/".
std::optional<std::string> filter_problem(std::string_view filter, const Announcement& announced);

// How a message is published.
struct PublishManner {
  int qos;
  bool retain;
};
PublishManner publish_manner(int qos, bool retain, const Announcement& announced);

// Bytes that topic and payload of one message may have together.
std::size_t message_room(const Announcement& announced);
// The largest event that the daemon makes of a report of usual names, in bytes: a quoted payload
// of control characters takes six times its size.
inline constexpr std::uint32_t largest_event = 32 << 10;

// PUBACK with this reason code says that the broker will never take the message.
bool refuses_for_good(int reason_code);

}  // namespace iotcard
