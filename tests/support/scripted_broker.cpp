// SPDX-License-Identifier: Apache-2.0
#include "support/scripted_broker.h"

#include <algorithm>

namespace iotcard {
namespace {

std::string octet(int value) {
  return {static_cast<char>(value)};
}

}  // namespace

ScriptedBroker::ScriptedBroker(Script script)
    : script_(std::move(script)),
      server_(
          std::make_unique<ByteServer>([this](ByteServer::Connection& client) { serve(client); })) {
}

std::vector<ScriptedBroker::Connect> ScriptedBroker::connects() const {
  const std::lock_guard lock{mutex_};
  return state_.connects;
}

std::vector<ScriptedBroker::Publish> ScriptedBroker::published() const {
  const std::lock_guard lock{mutex_};
  return state_.published;
}

std::size_t ScriptedBroker::count(const std::string& topic) const {
  const auto all = published();
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](const Publish& one) { return one.topic == topic; }));
}

std::size_t ScriptedBroker::pings() const {
  const std::lock_guard lock{mutex_};
  return state_.pings;
}

std::vector<std::string> ScriptedBroker::filters() const {
  const std::lock_guard lock{mutex_};
  return state_.filters;
}

std::string ScriptedBroker::byte_property(std::uint8_t id, std::uint8_t value) {
  return octet(id) + octet(value);
}

std::string ScriptedBroker::short_property(std::uint8_t id, std::uint16_t value) {
  return octet(id) + wire::number(value);
}

std::string ScriptedBroker::long_property(std::uint8_t id, std::uint32_t value) {
  return octet(id) + wire::number(static_cast<std::uint16_t>(value >> 16)) +
         wire::number(static_cast<std::uint16_t>(value & 0xffff));
}

void ScriptedBroker::serve(ByteServer::Connection& client) {
  std::string stream;
  bool mqtt5 = true;
  for (;;) {
    while (const auto packet = wire::take_packet(stream)) {
      const auto response = answer(*packet, mqtt5);
      if (!response || (!response->empty() && !client.send(*response))) return;
    }
    const std::string more = client.read();
    if (more.empty()) return;
    stream += more;
  }
}

std::optional<std::string> ScriptedBroker::answer(const wire::Packet& packet, bool& mqtt5) {
  switch (packet.type) {
    case wire::connect:
      return answer_connect(packet, mqtt5);
    case wire::publish:
      return answer_publish(packet, mqtt5);
    case wire::subscribe:
      return answer_subscribe(packet, mqtt5);
    case wire::unsubscribe:
      return wire::packet(wire::unsuback, 0,
                          packet.body.substr(0, 2) + (mqtt5 ? std::string(2, '\0') : ""));
    case wire::pingreq: {
      const std::lock_guard lock{mutex_};
      ++state_.pings;
      return wire::packet(wire::pingresp, 0, "");
    }
    case wire::disconnect:
      return std::nullopt;
    default:
      return "";
  }
}

std::optional<std::string> ScriptedBroker::answer_connect(const wire::Packet& packet, bool& mqtt5) {
  wire::Reader reader{packet.body};
  reader.text();
  Connect connect;
  connect.mqtt5 = mqtt5 = reader.byte() == 5;
  const int flags = reader.byte();
  connect.keep_alive = reader.number();
  connect.will = (flags & 0x04) != 0;
  connect.will_qos = flags >> 3 & 3;
  connect.will_retain = (flags & 0x20) != 0;
  {
    const std::lock_guard lock{mutex_};
    state_.connects.push_back(connect);
  }
  const auto code = script_.connect(connect);
  if (!code) return std::nullopt;
  const std::string properties = *code == 0 ? script_.properties : "";
  return wire::packet(wire::connack, 0,
                      octet(0) + octet(*code) +
                          (mqtt5 ? octet(static_cast<int>(properties.size())) + properties : ""));
}

std::optional<std::string> ScriptedBroker::answer_publish(const wire::Packet& packet, bool mqtt5) {
  wire::Reader reader{packet.body};
  Publish publish;
  publish.qos = packet.flags >> 1 & 3;
  publish.retain = (packet.flags & 1) != 0;
  publish.topic = reader.text();
  const std::string id = publish.qos > 0 ? wire::number(reader.number()) : "";
  if (mqtt5) reader.skip_properties();
  publish.payload = reader.rest();
  const auto code = script_.publish(publish);
  if (!code && mqtt5 && script_.farewell != 0) {
    return wire::packet(wire::disconnect, 0, octet(script_.farewell) + octet(0));
  }
  if (!code) return std::nullopt;
  if (*code == 0) {
    const std::lock_guard lock{mutex_};
    state_.published.push_back(publish);
  }
  if (id.empty()) return "";
  return wire::packet(wire::puback, 0, *code == 0 || !mqtt5 ? id : id + octet(*code) + octet(0));
}

std::string ScriptedBroker::answer_subscribe(const wire::Packet& packet, bool mqtt5) {
  wire::Reader reader{packet.body};
  std::string body = wire::number(reader.number());
  if (mqtt5) {
    reader.skip_properties();
    body += octet(0);
  }
  while (!reader.empty()) {
    const std::string filter = reader.text();
    reader.byte();
    {
      const std::lock_guard lock{mutex_};
      state_.filters.push_back(filter);
    }
    body += octet(script_.subscribe(filter));
  }
  return wire::packet(wire::suback, 0, body);
}

}  // namespace iotcard
