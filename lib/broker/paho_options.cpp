// SPDX-License-Identifier: Apache-2.0
#include "broker/paho_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/small_file.h"

namespace iotcard {
namespace {

// Messages that the broker may send before it must wait for our acknowledgements.
constexpr std::uint16_t receive_maximum = 1000;

std::string read(const std::string& path, const char* what) {
  const auto file = read_small_file(path);
  const auto* content = std::get_if<SmallFile>(&file);
  if (content == nullptr || content->text.empty()) {
    throw std::runtime_error(
        fmt::format("cannot read the {} from {}: {}", what, path,
                    content != nullptr ? "it is empty" : std::get<Problem>(file).text));
  }
  return content->text;
}

std::string read_password(const std::string& path) {
  std::string password = read(path, "password");
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

// Without a file of authorities the library takes OpenSSL's, which are the system's. Its error
// handler is not used: what it is called with points into options that are gone by then.
mqtt::ssl_options tls_options(const SessionOptions& options) {
  mqtt::ssl_options tls;
  if (!options.ca_file.empty()) {
    read(options.ca_file, "authorities");
    tls.set_trust_store(options.ca_file);
  }
  if (!options.cert_file.empty()) {
    read(options.cert_file, "certificate");
    tls.set_key_store(options.cert_file);
  }
  if (!options.key_file.empty()) {
    read(options.key_file, "key");
    tls.set_private_key(options.key_file);
  }
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);  // that the certificate is the host's
  return tls;
}

}  // namespace

std::string paho_uri(const BrokerAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + address.host + "]" : address.host;
  return fmt::format("{}://{}:{}", address.tls ? "ssl" : "tcp", host, address.port);
}

mqtt::connect_options paho_connect_options(const SessionOptions& options, bool tls, bool mqtt5,
                                           const Concessions& concessions) {
  mqtt::connect_options connect;
  connect.set_mqtt_version(mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
  if (mqtt5) {
    connect.set_clean_start(!options.persistent);
    mqtt::properties properties;
    const std::int64_t expiry = options.wanted_expiry().count();
    // The library takes the four-byte value as signed; its bits are what goes out.
    const auto seconds = static_cast<std::uint32_t>(std::min<std::int64_t>(expiry, UINT32_MAX));
    properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(seconds)});
    properties.add({mqtt::property::RECEIVE_MAXIMUM, receive_maximum});
    properties.add(
        {mqtt::property::MAXIMUM_PACKET_SIZE, static_cast<std::int32_t>(options.max_packet)});
    connect.set_properties(std::move(properties));
  } else {
    connect.set_clean_session(!options.persistent || options.session_expiry.count() == 0);
  }
  connect.set_keep_alive_interval(concessions.keep_alive.value_or(options.keep_alive));
  connect.set_connect_timeout(connect_timeout * 2);  // Connection ends the waiting before
  connect.set_automatic_reconnect(false);
  if (!options.status_topic.empty()) {
    connect.set_will(mqtt::will_options(options.status_topic, options.offline_status.data(),
                                        options.offline_status.size(), concessions.will_qos,
                                        concessions.retain));
  }
  if (!options.username.empty()) connect.set_user_name(options.username);
  if (!options.password_file.empty()) connect.set_password(read_password(options.password_file));
  if (tls) connect.set_ssl(tls_options(options));
  return connect;
}

}  // namespace iotcard
