// SPDX-License-Identifier: Apache-2.0
#include "contract/store_under_test.h"

#include <SQLiteCpp/Database.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

#include "contract/sqlite_place.h"

namespace iotcard {
namespace {

struct Kind {
  const char* name;
  std::unique_ptr<StorePlace> (*make)();
};

constexpr Kind kinds[] = {
    {"sqlite", [] { return std::unique_ptr<StorePlace>{new SqlitePlace}; }},
};

}  // namespace

StoreUnderTest::StoreUnderTest() {
  const std::size_t kind = GENERATE(range(std::size_t{0}, std::size(kinds)));
  UNSCOPED_INFO("store: " << kinds[kind].name);
  place = kinds[kind].make();
  store = connect();
}

SqlitePlace::SqlitePlace() {
  std::string folder = std::filesystem::temp_directory_path() / "iotcard-contract-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make " + folder);
  folder_ = folder;
}

SqlitePlace::~SqlitePlace() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void SqlitePlace::set_schema_version(int version) {
  execute(fmt::format("PRAGMA user_version = {}", version));
}

void SqlitePlace::execute(const std::string& sql) const {
  SQLite::Database{path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000}.exec(sql);
}

Instant at(int seconds) {
  return *parse_time("2026-11-23T00:00:00.123Z") + std::chrono::seconds{seconds};
}

Iccid iccid(std::string_view text) {
  return Iccid::from_canonical(text).value();
}

Card a_card(std::string_view text) {
  Card card{iccid(text)};
  card.status = CardStatus::active;
  card.created_at = card.updated_at = at(0);
  return card;
}

Texts texts(const std::vector<StoredCard>& cards) {
  Texts result;
  for (const StoredCard& known : cards) result.emplace_back(known.card.iccid.text());
  return result;
}

DeviceKey device(int number) {
  return {"1", fmt::format("D{:03}", number)};
}

DeviceReport a_report(std::string_view text) {
  DeviceReport report;
  report.iccid = Iccid::read(text);
  return report;
}

Mismatch a_mismatch(const DeviceKey& device, Outcome outcome, const std::string& reported) {
  return {.device = device,
          .outcome = outcome,
          .reported = reported,
          .platform = {},
          .first_seen = at(1),
          .last_seen = at(1),
          .ended = {},
          .ended_by = {}};
}

Event an_event(const DeviceKey& device) {
  return {EventKind::binding_created, device, iccid(card_one), at(5), R"({"match":"exact"})"};
}

void append(ReportStore& store, const std::string& client_id, const Event& event) {
  append_event(store, client_id, event);
}

CreateBinding a_binding(const DeviceKey& device, std::string_view text, int since) {
  return {device, iccid(text), Match::exact, at(since), "report"};
}

Binding an_open_binding(const DeviceKey& device, std::string_view text) {
  return {device, iccid(text), Match::exact, at(100), at(100), {}, "report", ""};
}

}  // namespace iotcard
