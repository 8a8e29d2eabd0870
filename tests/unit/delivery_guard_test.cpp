// SPDX-License-Identifier: Apache-2.0
#include "broker/delivery_guard.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>

#include "support/temp_dir.h"
#include "support/wait.h"

using namespace iotcard;
using namespace std::chrono_literals;

namespace {

struct Restarting {
  Restarting() { start(); }
  void start() { guard = std::make_unique<DeliveryGuard>(path); }  // as after kill -9
  TempDir dir;
  const std::string path = dir.file("delivery");
  std::unique_ptr<DeliveryGuard> guard;
};

}  // namespace

TEST_CASE("three processes in a row that end before the first message block the deliveries") {
  Restarting process;
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(process.guard->blocked());
    process.guard->connected();
    process.start();
  }
  CHECK(process.guard->blocked());
  process.start();
  CHECK(process.guard->blocked());
}

TEST_CASE("each further end doubles the pause, up to ten minutes") {
  Restarting process;
  const auto end = [&] {
    process.guard->allow_one_more();
    CHECK_FALSE(process.guard->blocked());
    process.guard->connected();
    CHECK_FALSE(process.guard->blocked());
    process.start();
  };
  for (int i = 0; i < 3; ++i) end();
  for (const auto pause : {5s, 10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s}) {
    CHECK(process.guard->blocked());
    CHECK(process.guard->pause() == pause);
    end();
  }
  // Somebody restarts the daemon: at once, and with a short pause if nothing has changed.
  process.guard->start_over();
  process.start();
  CHECK_FALSE(process.guard->blocked());
  process.guard->connected();
  process.start();
  CHECK(process.guard->pause() == 5s);
}

TEST_CASE("a message that is received, or ten minutes without one, clears the count and its file") {
  Restarting process;
  const auto two_ends = [&] {
    for (int i = 0; i < 2; ++i) {
      process.guard->connected();
      process.start();
    }
    process.guard->connected();
  };
  two_ends();
  CHECK(std::filesystem::exists(process.path));
  process.guard->message_received();
  CHECK_FALSE(std::filesystem::exists(process.path));
  two_ends();
  process.guard->check(std::chrono::steady_clock::now());
  CHECK(std::filesystem::exists(process.path));
  process.guard->check(std::chrono::steady_clock::now() + DeliveryGuard::well_after);
  CHECK_FALSE(std::filesystem::exists(process.path));
  process.start();
  CHECK_FALSE(process.guard->blocked());
}

TEST_CASE("connections that the network ends do not count, those the library ends do") {
  Restarting process;
  const auto ends_by_network = [&] {
    for (int i = 0; i < 10; ++i) {
      process.guard->connected();
      process.guard->disconnected();
      CHECK_FALSE(process.guard->blocked());
    }
  };
  ends_by_network();
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(process.guard->blocked());
    process.guard->connected();
    process.guard->unreadable();
    process.guard->disconnected();
  }
  CHECK(process.guard->blocked());
  process.guard->allow_one_more();
  ends_by_network();
}

TEST_CASE("a guard whose file cannot be written or makes no sense still counts") {
  TempDir dir;
  DeliveryGuard nowhere{dir.file("no/such/folder")};
  for (int i = 0; i < 3; ++i) {
    nowhere.connected();
    nowhere.unreadable();
  }
  CHECK(nowhere.blocked());
  write_file(dir.file("file"), "many");
  CHECK_FALSE(DeliveryGuard{dir.file("file")}.blocked());
  write_file(dir.file("file"), "99");
  CHECK(DeliveryGuard{dir.file("file")}.blocked());
}
