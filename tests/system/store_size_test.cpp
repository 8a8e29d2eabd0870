// SPDX-License-Identifier: Apache-2.0
// A large import, and one that fails on a full disk, leave no long write-ahead log beside the store
// while the daemon runs.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "support/http_client.h"
#include "support/prometheus_text.h"
#include "system/watched_broker.h"

using namespace iotcard;

namespace {

constexpr std::uintmax_t ordinary = std::uintmax_t{9} << 20;  // bytes of a log

std::string write_list(const TempDir& dir, int cards) {
  const std::string path = dir.file("cards.csv");
  std::ofstream file{path};
  file << "iccid,note\n";
  const std::string note(120, 'n');
  for (int i = 0; i < cards; ++i) {
    file << fmt::format("8986042936{:09}1,{}{}\n", i, note, i);
  }
  return path;
}

std::uintmax_t log_bytes(const std::string& store) {
  std::error_code error;
  const auto size = std::filesystem::file_size(store + "-wal", error);
  return error ? 0 : size;
}

}  // namespace

TEST_CASE("an import of 100,000 cards leaves no long log beside the store of a running daemon") {
  WatchedBroker world;
  Daemon daemon{world.dir, world.broker.url(), {.api = true}};
  daemon.wait_online();
  const std::string store = world.dir.file("cards.db");
  Process import{{.command = {IOTCARDCTL, "--config", daemon.config_path(), "card", "import",
                              write_list(world.dir, 100'000)},
                  .output = world.dir.file("import"),
                  .env = {},
                  .input = {}}};
  REQUIRE(import.wait(std::chrono::seconds{180}) == 0);
  CHECK(eventually(std::chrono::seconds{40}, [&] { return log_bytes(store) < ordinary; }));
  const auto metrics = read_prometheus_text(http_get(daemon.api_port(), "/metrics").body).series;
  CHECK(metrics.at("iotcardd_store_log_bytes") < static_cast<double>(ordinary));
  CHECK(metrics.at("iotcardd_store_bytes") > 30e6);
  CHECK(daemon.terminate() == 0);
}

TEST_CASE("after an import that fails on a full disk the log is short again once there is room") {
  if (!may_mount()) return;
  WatchedBroker world;
  SmallDisk disk{world.dir.file("disk"), 112 << 20};
  write_file(disk.file("other"), std::string(40 << 20, 'x'));
  const std::string store = disk.file("cards.db");
  Daemon daemon{world.dir, world.broker.url(), {.store_url = "sqlite:" + store}};
  daemon.wait_online();
  const std::string list = write_list(world.dir, 400'000);
  Process import{{.command = {IOTCARDCTL, "--config", daemon.config_path(), "card", "import", list},
                  .output = world.dir.file("import"),
                  .env = {},
                  .input = {}}};
  std::uintmax_t longest = 0;
  REQUIRE(eventually(std::chrono::seconds{180}, [&] {
    longest = std::max(longest, log_bytes(store));
    return !import.running();
  }));
  CHECK(import.wait() == 1);
  CHECK(longest > ordinary);  // there was something to free
  // What is in the log needs room in the file.
  std::filesystem::remove(disk.file("other"));
  CHECK(eventually(std::chrono::seconds{60}, [&] { return log_bytes(store) < ordinary; }));
  world.report("AFTER", documented_payload);
  CHECK(world.wait_for("mismatch/card_unknown/1/AFTER"));
  CHECK(daemon.terminate() == 0);
}
