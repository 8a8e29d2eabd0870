// SPDX-License-Identifier: Apache-2.0
#include "compare/stores.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include "load/cards.h"
#include "store/store.h"
#include "store/stored_decision.h"
#include "support/wait.h"

namespace iotcard {
namespace {

namespace fs = std::filesystem;

Instant now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Iccid canonical(const std::string& text) {
  return Iccid::from_canonical(text).value();
}

// The devices that have a binding, each with a report that made it.
void bind_devices(const std::string& path, const Fleet& fleet, const StormKind& kind,
                  std::int64_t devices) {
  const auto store = open_store("sqlite:" + path);
  Transaction transaction{*store};
  for (std::int64_t i = 0; i < devices; ++i) {
    if (kind.is_new(i)) continue;
    const DeviceKey device{"1", Fleet::device(i)};
    std::string payload = fleet.payload(i);
    DeviceReport report = std::get<DeviceReport>(read_report(payload, {}));
    Decision decision{Outcome::binding_created, Match::exact, {}, {}};
    decision.writes = {
        CreateBinding{device, canonical(fleet.iccid(i)), Match::exact, now(), "report"}};
    apply_decision(
        *store, "", {}, device,
        {Fleet::topic(i), std::move(payload), now(), std::move(report), decision.outcome},
        decision);
  }
  transaction.commit();
}

// A file that is whole or not there: made under another name first. One that is older than the
// peers' schema is made anew.
void make_once(const std::string& path, const std::function<void(const std::string&)>& make) {
  const fs::path schema = IOTCARD_PEERS "/schema.sql";
  if (fs::exists(path) && fs::last_write_time(path) > fs::last_write_time(schema)) return;
  fs::remove(path);
  const std::string part = path + ".part";
  for (const char* const rest : {"", "-wal", "-shm"}) fs::remove(part + rest);
  make(part);
  fs::rename(part, path);
}

void copy_to_disk(const std::string& from, const std::string& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  const int file = open(to.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || fsync(file) != 0) throw std::runtime_error("cannot write " + to);
  close(file);
}

using Database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

void execute(const Database& database, const std::string& sql) {
  if (sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(database.get()));
  }
}

// Runs an INSERT of texts for each of [0, count) that `row` gives values for.
void insert(const Database& database, const std::string& sql, std::int64_t count,
            const std::function<std::vector<std::string>(std::int64_t)>& row) {
  sqlite3_stmt* statement = nullptr;
  execute(database, "BEGIN");
  sqlite3_prepare_v2(database.get(), sql.c_str(), -1, &statement, nullptr);
  for (std::int64_t i = 0; i < count; ++i) {
    int parameter = 0;
    for (const std::string& value : row(i)) {
      sqlite3_bind_text(statement, ++parameter, value.c_str(), -1, SQLITE_TRANSIENT);
    }
    if (parameter > 0) sqlite3_step(statement);
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  execute(database, "COMMIT");
}

}  // namespace

std::string Stores::ours(const StormKind& kind) {
  const std::string base = fmt::format("{}/iotcardd-judged-{}.db", folder_, fleet_.cards());
  make_once(base, [&](const std::string& path) { fill_store(path, fleet_.cards()); });
  if (kind.event_every == 1) return base;
  const std::string bound = fmt::format("{}/iotcardd-judged-{}-{}-{}.db", folder_, fleet_.cards(),
                                        devices_, kind.event_every);
  make_once(bound, [&](const std::string& path) {
    fs::copy_file(base, path);
    bind_devices(path, fleet_, kind, devices_);
  });
  return bound;
}

std::string Stores::peers(const StormKind& kind) {
  const std::string base =
      fmt::format("{}/peer-{}-{}-{}.db", folder_, fleet_.cards(), devices_, kind.event_every);
  make_once(base, [&](const std::string& path) {
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    const Database database{handle, &sqlite3_close};
    execute(database, read_file(IOTCARD_PEERS "/schema.sql"));
    insert(database, "INSERT INTO card VALUES (?, 1, 'active', '30 MB')", fleet_.cards(),
           [](std::int64_t i) { return std::vector{Fleet::card(i)}; });
    const auto bound = [&](std::int64_t i) -> std::vector<std::string> {
      if (kind.is_new(i)) return {};
      return {"1/" + Fleet::device(i), fleet_.iccid(i), to_rfc3339(now()), fleet_.payload(i)};
    };
    insert(database, "INSERT INTO device VALUES (?1, ?2, ?3, 1, ?3, ?2, ?4)", devices_, bound);
  });
  return base;
}

void Stores::copy_ours(const StormKind& kind, const std::string& path) {
  const std::string filled = ours(kind);
  open_store("sqlite:" + filled);  // of an older schema it is brought up to date, for all runs
  copy_to_disk(filled, path);
}

void Stores::copy_peers(const StormKind& kind, const std::string& path) {
  copy_to_disk(peers(kind), path);
}

}  // namespace iotcard
