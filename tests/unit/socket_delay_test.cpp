// SPDX-License-Identifier: Apache-2.0
#include "broker/socket_delay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

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

}  // namespace

TEST_CASE("a socket delays small packets in a storm only") {
  const Wire wire;
  SocketDelay delay;
  const auto storm = [&] {
    for (int i = 0; i < 10'000 && !wire.delays(); ++i) delay.message_received();
  };
  SECTION("that is known before the first message") {
    delay.connected(wire.port);
    delay.message_received();
    CHECK_FALSE(wire.delays());
  }
  SECTION("that is found while messages come already") {
    for (int i = 0; i < 200; ++i) delay.message_received();
    delay.connected(wire.port);
    delay.message_received();
  }
  storm();
  CHECK(wire.delays());
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  delay.message_received();  // the first one after the storm
  CHECK_FALSE(wire.delays());
}

TEST_CASE("a socket that is not found is nobody's") {
  const Wire wire;
  SocketDelay delay;
  delay.connected(1);
  for (int i = 0; i < 200; ++i) delay.message_received();
  CHECK(wire.delays());
}
