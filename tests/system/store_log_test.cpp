// SPDX-License-Identifier: Apache-2.0
// Another program holds a read transaction on the daemon's store, so the log grows.
#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/prometheus_text.h"
#include "support/store_writes.h"
#include "system/desk.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

// The line of doctor about the log, as JSON text.
std::string line_of_doctor(const WatchedBroker& world, const Daemon& daemon) {
  const std::string text = ctl(world.dir, daemon, {"doctor", "--json"}).out;
  const std::size_t begin = text.find(R"({"check":"store log")");
  REQUIRE(begin != std::string::npos);
  return text.substr(begin, text.find('}', begin) - begin);
}

void grow(Store& store, int mebibytes) {
  for (int i = 0; i < mebibytes; ++i) {
    Transaction transaction{store};
    add_rejected(
        store, {.topic = "t", .payload = std::string(1 << 20, 'x'), .size = 1 << 20, .arrival = {}},
        {RejectionReason::empty, 0});
    transaction.commit();
  }
}

}  // namespace

TEST_CASE("who keeps the store's log from being reset is named, and for how long") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.api = true}};
  daemon.wait_online();
  const auto metric = [&](const std::string& name) {
    const HttpReply reply = http_get(daemon.api_port(), "/metrics");
    const auto text = read_prometheus_text(reply.body);
    const auto found = text.series.find(name);
    return found == text.series.end() ? -1.0 : found->second;
  };
  CHECK(metric("iotcardd_store_log_bytes") > 0);
  CHECK(metric("iotcardd_store_log_blocked_seconds") == 0);
  CHECK(has(line_of_doctor(world, daemon), R"("status":"ok")"));

  SQLite::Database reader{world.dir.file("cards.db"), SQLite::OPEN_READONLY};
  reader.exec("BEGIN");
  reader.execAndGet("SELECT count(*) FROM device");
  const auto store = open_store(daemon.store_url());
  grow(*store, 65);
  world.report("D1", "{}");  // the daemon sees how long the log is
  REQUIRE(eventually([&] { return metric("iotcardd_store_log_blocked_seconds") > 0; }));
  CHECK(metric("iotcardd_store_log_bytes") > 65.0 * (1 << 20));
  const std::string line = line_of_doctor(world, daemon);
  INFO(line);
  CHECK(has(line, R"("status":"warn")"));
  CHECK(has(line, "it could not be reset for "));
  CHECK(has(line, "the process that reads the store: " + std::to_string(getpid()) + " ("));

  reader.exec("COMMIT");
  REQUIRE(eventually([&] { return metric("iotcardd_store_log_blocked_seconds") == 0; }));
  CHECK(has(line_of_doctor(world, daemon), R"("status":"ok")"));
}
