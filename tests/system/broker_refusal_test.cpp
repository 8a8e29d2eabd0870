// SPDX-License-Identifier: Apache-2.0
// What a broker refuses, and what a person is told about it: password, subscription, publication,
// certificate, version.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "support/mosquitto.h"
#include "support/mqtt_probe.h"
#include "support/rabbitmq.h"
#include "support/session_record.h"
#include "support/tcp_relay.h"
#include "support/temp_dir.h"
#include "support/tls_files.h"

using namespace iotcard;

namespace {

Mosquitto::Options with_tls(const TlsFiles& files, bool mutual = false) {
  return {.lines = {"cafile " + files.ca, "certfile " + files.server_cert,
                    "keyfile " + files.server_key,
                    std::string{"require_certificate "} + (mutual ? "true" : "false")}};
}

std::string tls_url(const Mosquitto& broker, const std::string& host = "127.0.0.1") {
  return "mqtts://" + host + ":" + std::to_string(broker.port());
}

}  // namespace

TEST_CASE("the password comes from its file, without the line end, anew at each connection") {
  TempDir dir;
  Mosquitto broker{dir, with_password(dir, "right")};
  for (const MqttProtocol protocol : {MqttProtocol::automatic, MqttProtocol::v3_1_1}) {
    SessionOptions options = test_session(broker.url());
    options.protocol = protocol;
    options.username = "user";
    options.password_file = dir.file("secret");
    std::filesystem::remove(options.password_file);
    SessionRecord record{options};
    record.start();
    CHECK(record.wait_reason("cannot read the password") ==
          broker.url() + ": cannot read the password from " + options.password_file +
              ": No such file or directory");
    write_file(options.password_file, "wrong\n");
    const std::string reason = record.wait_reason("refuses the connection");
    CHECK((reason.find("not authorised") != std::string::npos ||
           reason.find("bad user name or password") != std::string::npos));
    CHECK(reason.find("wrong") == std::string::npos);
    write_file(options.password_file, "right\r\n");
    record.wait_connected();
    CHECK(record.connected()[0].mqtt5 == (protocol == MqttProtocol::automatic));
  }
}

TEST_CASE("a subscription that the broker refuses is named, and tried again") {
  TempDir dir;
  const Mosquitto broker{dir, without_subscriptions(dir)};
  for (const MqttProtocol protocol : {MqttProtocol::v5, MqttProtocol::v3_1_1}) {
    SessionOptions options = test_session(broker.url());
    options.protocol = protocol;
    SessionRecord record{options};
    record.start();
    CHECK(record.wait_reason("subscription") ==
          broker.url() +
              ": the broker refuses the subscription to devices/+: not authorised; see its access "
              "list");
    CHECK(eventually([&] { return record.reasons().size() >= 2; }));
    CHECK(record.connected().empty());
  }
}

TEST_CASE("a publication that the broker refuses is a failure with MQTT 5") {
  TempDir dir;
  write_file(dir.file("acl"), "topic readwrite devices/+\ntopic readwrite test/status\n");
  Mosquitto broker{dir, {.lines = {"acl_file " + dir.file("acl")}}};
  SessionRecord record{test_session(broker.url())};
  record.start();
  record.wait_connected();
  REQUIRE(record.session().publish(1, "forbidden/x", "x", 1, false));
  const auto published = record.wait_published(1);
  CHECK_FALSE(published.ok);
  CHECK(published.reason == "the broker refuses the publication: not authorised");
  // mosquitto 2.0.11 ends the connection behind the refusal.
  std::int64_t token = 1;
  CHECK(eventually([&] {
    ++token;
    return record.session().publish(token, "devices/1", "x", 1, false) &&
           record.wait_published(token).ok;
  }));
}

TEST_CASE("TLS: a broker whose certificate is in order is connected to") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "own");
  Mosquitto broker{dir, with_tls(files)};
  for (const char* host : {"127.0.0.1", "localhost"}) {
    SessionOptions options = test_session(tls_url(broker, host));
    options.ca_file = files.ca;
    SessionRecord record{options};
    record.start();
    record.wait_connected();
    CHECK(record.connected()[0].mqtt5);
  }
}

TEST_CASE("TLS: without ca_file the authorities of the system are trusted") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "own");
  Mosquitto broker{dir, with_tls(files)};
  const char* const before = std::getenv("SSL_CERT_FILE");
  const std::string kept = before != nullptr ? before : "";
  SessionRecord record{test_session(tls_url(broker))};
  record.start();
  CHECK(record.wait_reason("TLS").find("certificate is refused") != std::string::npos);
  record.stop();
  setenv("SSL_CERT_FILE", files.ca.c_str(), 1);  // OpenSSL's name for what the system trusts
  SessionRecord trusting{test_session(tls_url(broker))};
  trusting.start();
  CHECK_NOTHROW(trusting.wait_connected());
  trusting.stop();
  before != nullptr ? setenv("SSL_CERT_FILE", kept.c_str(), 1) : unsetenv("SSL_CERT_FILE");
}

TEST_CASE("TLS: a certificate of an unknown authority is refused") {
  TempDir dir;
  Mosquitto broker{dir, with_tls(make_tls_files(dir, "theirs"))};
  SessionOptions options = test_session(tls_url(broker));
  options.ca_file = make_tls_files(dir, "ours").ca;
  SessionRecord record{options};
  record.start();
  CHECK(record.wait_reason("TLS").find("certificate is refused: ") != std::string::npos);
  CHECK(record.connected().empty());
}

TEST_CASE("TLS: a certificate for another host is refused") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "own", "DNS:elsewhere.example,IP:192.0.2.1");
  Mosquitto broker{dir, with_tls(files)};
  for (const char* host : {"127.0.0.1", "localhost"}) {
    SessionOptions options = test_session(tls_url(broker, host));
    options.ca_file = files.ca;
    SessionRecord record{options};
    record.start();
    CHECK(record.wait_reason("TLS").find("mismatch") != std::string::npos);
    CHECK(record.connected().empty());
  }
}

TEST_CASE("TLS: a certificate that has expired is refused, and the reason says so") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "own");
  expire(dir, files, files.server_cert, files.server_key);
  Mosquitto broker{dir, with_tls(files)};
  for (const MqttProtocol protocol : {MqttProtocol::automatic, MqttProtocol::v3_1_1}) {
    SessionOptions options = test_session(tls_url(broker));
    options.protocol = protocol;
    options.ca_file = files.ca;
    SessionRecord record{options};
    record.start();
    CHECK(record.wait_reason("TLS") ==
          tls_url(broker) + ": TLS: the broker's certificate is refused: certificate has expired");
    CHECK(record.connected().empty());
  }
}

TEST_CASE("TLS: what the broker holds against our certificate is said in words") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "own");
  const TlsFiles theirs = make_tls_files(dir, "theirs");
  std::filesystem::copy_file(files.client_cert, dir.file("old.pem"));
  expire(dir, files, dir.file("old.pem"), files.client_key);
  Mosquitto broker{dir, with_tls(files, true)};
  struct Case {
    std::string cert;
    std::string key;
    std::string why;
  };
  for (const Case& bad : {Case{theirs.client_cert, theirs.client_key,
                               "the broker does not trust the authority that signed it"},
                          Case{dir.file("old.pem"), files.client_key, "it has expired"},
                          Case{files.server_cert, files.server_key, ""}}) {
    SessionOptions options = test_session(tls_url(broker));
    options.ca_file = files.ca;
    options.cert_file = bad.cert;
    options.key_file = bad.key;
    SessionRecord record{options};
    record.start();
    if (bad.why.empty()) {  // any certificate of the right authority will do for this broker
      CHECK_NOTHROW(record.wait_connected());
      continue;
    }
    CHECK(record.wait_reason("TLS") == tls_url(broker) +
                                           ": TLS: the broker refuses our certificate " + bad.cert +
                                           ": " + bad.why);
    CHECK(eventually([&] { return record.reasons().size() >= 2; }));
    CHECK(record.connected().empty());
    const auto reasons = record.reasons();
    CHECK(std::count(reasons.begin(), reasons.end(), reasons[0]) ==
          static_cast<std::ptrdiff_t>(reasons.size()));
  }
}

TEST_CASE("TLS: a broker that wants our certificate gets it") {
  TempDir dir;
  const TlsFiles files = make_tls_files(dir, "own");
  Mosquitto broker{dir, with_tls(files, true)};
  SessionOptions options = test_session(tls_url(broker));
  options.ca_file = files.ca;
  SessionRecord without{options};
  without.start();
  CHECK(without.wait_reason("TLS") ==
        tls_url(broker) +
            ": TLS: the broker wants a certificate of ours, and broker.cert_file names none");
  CHECK(without.connected().empty());
  without.stop();
  options.cert_file = files.client_cert;
  options.key_file = files.client_key;
  SessionRecord with{options};
  with.start();
  with.wait_connected();
}

TEST_CASE("TLS: a file that is not there, and a broker that does not speak it, are named") {
  TempDir dir;
  Mosquitto broker{dir};
  SessionOptions options = test_session(tls_url(broker));
  {
    SessionRecord record{options};
    record.start();
    record.wait_reason("TLS: ");
  }
  options.ca_file = dir.file("none.pem");
  SessionRecord record{options};
  record.start();
  CHECK(record.wait_reason("none.pem").find("No such file") != std::string::npos);
}

TEST_CASE("a host that does not exist is named") {
  SessionRecord record{test_session("mqtt://no.such.host.invalid")};
  record.start();
  CHECK(record.wait_reason("cannot find the host").find("mqtt://no.such.host.invalid: ") == 0);
}

TEST_CASE("a broker that hangs up on MQTT 5 is tried with 3.1.1, unless MQTT 5 is asked for") {
  TempDir dir;
  Mosquitto broker{dir};
  TcpRelay relay{broker.port()};
  relay.set_mode(TcpRelay::Mode::hang_up);
  SessionOptions options = test_session(relay.url());
  options.backoff_min = options.backoff_max = std::chrono::hours{1};
  std::size_t attempts = 0;
  {
    SessionRecord record{options};
    record.start();
    record.wait_reason("ends the connection without an answer");
    attempts = relay.accepted();
    CHECK(attempts >= 5);  // with 3.1.1 three times more, with less of a will
  }
  options.protocol = MqttProtocol::v5;
  SessionRecord record{options};
  record.start();
  record.wait_reason("ends the connection without an answer");
  CHECK(relay.accepted() == attempts + 1);
}

TEST_CASE("RabbitMQ is spoken to in the newest version of MQTT that it speaks") {
  if (!Rabbitmq::installed()) {
    WARN("rabbitmq-server is not installed: not tested");
    return;
  }
  TempDir dir;
  Rabbitmq broker{dir};
  SessionOptions options = test_session(broker.url());
  {
    SessionRecord record{options};
    record.session().set_status("online");
    record.start();
    record.wait_connected();
    CHECK(record.connected()[0].mqtt5 == Rabbitmq::speaks_mqtt5());
    REQUIRE(record.session().publish(1, "devices/1", "x", 1, false));
    CHECK(record.wait_published(1).ok);
    record.wait_messages(1);
  }
  // It keeps the session, and what comes meanwhile.
  {
    MqttProbe probe{broker.url(), {.mqtt5 = false}};
    probe.publish("devices/2", "meanwhile");
  }
  {
    SessionRecord record{options};
    record.start();
    record.wait_messages(1);
    CHECK(record.messages()[0].payload == "meanwhile");
  }
  if (Rabbitmq::speaks_mqtt5()) return;
  options.protocol = MqttProtocol::v5;
  SessionRecord five{options};
  five.start();
  five.wait_reason(broker.url());
  CHECK(five.connected().empty());
  options.protocol = MqttProtocol::automatic;
  options.share = "group";
  SessionRecord shared{options};
  shared.start();
  shared.wait_reason("a shared subscription needs MQTT 5");
}
