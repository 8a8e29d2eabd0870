// SPDX-License-Identifier: Apache-2.0
#include "broker/paho_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace iotcard {
namespace {

constexpr std::string_view plain_scheme = "mqtt://";
constexpr std::string_view tls_scheme = "mqtts://";
constexpr std::chrono::seconds connect_timeout{10};
// Messages that the broker may send before it must wait for our acknowledgements.
constexpr std::uint16_t receive_maximum = 1000;

bool is_tls(const std::string& url) {
  return url.starts_with(tls_scheme);
}

std::string read_password(const std::string& path) {
  std::ifstream file{path};
  std::string password;
  if (!std::getline(file, password)) {
    throw std::runtime_error(
        fmt::format("cannot read a password from {}: {}", path,
                    errno != 0 ? std::generic_category().message(errno) : "it is empty"));
  }
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

mqtt::ssl_options tls_options(const SessionOptions& options,
                              std::function<void(const std::string&)> error) {
  mqtt::ssl_options tls;
  if (!options.ca_file.empty()) tls.set_trust_store(options.ca_file);
  if (!options.cert_file.empty()) {
    tls.set_key_store(options.cert_file);
    tls.set_private_key(options.key_file);
  }
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);  // that the certificate is the host's
  tls.set_error_handler(std::move(error));
  return tls;
}

}  // namespace

std::string paho_uri(const std::string& url) {
  const bool tls = is_tls(url);
  std::string host = url.substr(tls ? tls_scheme.size() : plain_scheme.size());
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  const bool has_port =
      colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  if (!has_port) host += tls ? ":8883" : ":1883";
  return (tls ? "ssl://" : "tcp://") + host;
}

mqtt::connect_options paho_connect_options(const SessionOptions& options, bool mqtt5,
                                           std::function<void(const std::string&)> tls_error) {
  mqtt::connect_options connect;
  connect.set_mqtt_version(mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
  if (mqtt5) {
    connect.set_clean_start(!options.persistent);
    mqtt::properties properties;
    const auto expiry = options.persistent ? options.session_expiry.count() : 0;
    // The library takes the four-byte value as signed; its bits are what goes out.
    const auto seconds = static_cast<std::uint32_t>(std::min<std::int64_t>(expiry, UINT32_MAX));
    properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(seconds)});
    properties.add({mqtt::property::RECEIVE_MAXIMUM, receive_maximum});
    connect.set_properties(std::move(properties));
  } else {
    connect.set_clean_session(!options.persistent || options.session_expiry.count() == 0);
  }
  connect.set_keep_alive_interval(options.keep_alive);
  connect.set_connect_timeout(connect_timeout);
  connect.set_automatic_reconnect(false);
  if (!options.status_topic.empty()) {
    connect.set_will(mqtt::will_options(options.status_topic, options.offline_status.data(),
                                        options.offline_status.size(), 1, true));
  }
  if (!options.username.empty()) connect.set_user_name(options.username);
  if (!options.password_file.empty()) connect.set_password(read_password(options.password_file));
  if (is_tls(options.url)) connect.set_ssl(tls_options(options, std::move(tls_error)));
  return connect;
}

}  // namespace iotcard
