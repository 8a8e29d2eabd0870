// SPDX-License-Identifier: Apache-2.0
#include "broker/socket_delay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

using namespace iotcard;

namespace {

// A connection to a port of 127.0.0.1, which nobody accepts: it is there all the same.
struct Wire {
  Wire() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener, plain, size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, plain, &size) == 0);
    REQUIRE(connect(client, plain, size) == 0);
    port = ntohs(address.sin_port);
  }
  ~Wire() {
    close(client);
    close(listener);
  }
  bool delays() const {
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    REQUIRE(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
    return no_delay == 0;
  }

  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port = 0;
};

// Receives messages at times of its own.
struct Receiver {
  void receive(int messages) {
    for (int i = 0; i < messages; ++i) delay.message_received(now += apart);
  }

  static constexpr std::chrono::microseconds apart{100};  // 10,000 a second: a storm
  SocketDelay delay;
  std::chrono::steady_clock::time_point now{std::chrono::hours{1}};
};

}  // namespace

TEST_CASE("a socket delays small packets in a storm only") {
  const Wire wire;
  Receiver receiver;
  SECTION("that is known before the first message") {
    receiver.delay.connected(wire.port);
    receiver.receive(1);
    CHECK_FALSE(wire.delays());
  }
  SECTION("that is found while messages come already") {
    receiver.receive(200);
    receiver.delay.connected(wire.port);
    receiver.receive(1);
  }
  receiver.receive(200);
  CHECK(wire.delays());
  receiver.now += std::chrono::milliseconds{20};
  receiver.receive(1);  // the first one after the storm
  CHECK_FALSE(wire.delays());
}

TEST_CASE("a socket that is not found is nobody's") {
  const Wire wire;
  Receiver receiver;
  receiver.delay.connected(1);
  receiver.receive(200);
  CHECK(wire.delays());
}
