// SPDX-License-Identifier: Apache-2.0
// pipeline_bench.h - What the tests of journal, applier and outbox publisher share: a real store
// and a real journal in a folder of their own, and a broker that is told what to do.
#pragma once

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "ingest/applier.h"
#include "ingest/outbox_publisher.h"
#include "support/store_writes.h"

namespace iotcard {
namespace fs = std::filesystem;

inline constexpr const char* client = "test";
inline constexpr std::chrono::seconds pipeline_patience{20};

inline void append_event(ReportStore& store, const Event& event) {
  append_event(store, client, event);
}

class FixedClock : public Clock {
 public:
  Instant now() const override { return Instant{std::chrono::hours{500'000}}; }
};

// Takes what is published and acknowledges it when told to.
class FakeBroker : public Publisher {
 public:
  bool publish(std::int64_t sequence, const std::string& topic, const std::string&) override {
    {
      const std::lock_guard lock{mutex_};
      if (!up) return false;
      sent_.emplace_back(sequence, topic);
    }
    changed_.notify_all();
    return true;
  }
  // Waits until `count` messages have been sent in all, and returns them.
  std::vector<std::pair<std::int64_t, std::string>> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, pipeline_patience, [&] { return sent_.size() >= count; });
    return sent_;
  }

  bool up = true;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::int64_t, std::string>> sent_;
};

// For Bench::break_store(): the first report of a device of this name fails.
inline constexpr const char* refuses_bad =
    "CREATE TRIGGER fault BEFORE INSERT ON device WHEN NEW.number = 'BAD' "
    "BEGIN SELECT RAISE(ABORT, 'fault'); END";

struct Bench {
  Bench() {
    std::string name = (fs::temp_directory_path() / "pipeline-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    store = open_store("sqlite:" + (folder / "cards.db").string());
  }
  ~Bench() { fs::remove_all(folder); }

  std::unique_ptr<Journal> open_journal() {
    return std::make_unique<Journal>(JournalOptions{.dir = folder / "intake",
                                                    .client_id = client,
                                                    .sync = IntakeSync::none,
                                                    .max_backlog = 1 << 24,
                                                    .keep = {}},
                                     store->journal_position(client));
  }
  // Behind the store's back.
  void break_store(const char* trigger) const {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open((folder / "cards.db").c_str(), &raw) == SQLITE_OK);
    REQUIRE(sqlite3_exec(raw, trigger, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(raw);
  }
  std::unique_ptr<Applier> make_applier(Journal& journal, Applier::Hooks hooks) {
    auto rules = std::make_shared<ApplyRules>();
    rules->policy.on_conflict = on_conflict;
    rules->retention = retention;
    return std::make_unique<Applier>(*store, journal, clock, client, rules, std::move(hooks));
  }
  std::unique_ptr<Applier> make_applier(Journal& journal) {
    return make_applier(journal, {[] {}, [] { return std::int64_t{0}; }, [] { return false; }});
  }

  fs::path folder;
  FixedClock clock;
  OnConflict on_conflict = OnConflict::hold;
  Retention retention;
  std::unique_ptr<Store> store;
};

inline void append(Journal& journal, const std::string& number, const std::string& payload) {
  const std::string topic = "/1/" + number + "/info/post";
  ReceivedReport report;
  report.arrival = FixedClock{}.now();
  report.topic = topic;
  report.payload = payload;
  report.size = static_cast<std::uint32_t>(payload.size());
  journal.append(report);
}

template <typename Condition>
void wait_until(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + pipeline_patience;
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  REQUIRE(condition());
}

inline void apply_all(Applier& applier, Journal& journal) {
  applier.start();
  wait_until([&] { return journal.backlog() == 0; });
  applier.stop();
}

}  // namespace iotcard
