// SPDX-License-Identifier: Apache-2.0
// operations_bench.h - A real store in a temporary folder for the tests of operations, and reports
// that are applied to it just as the daemon does.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "operations/operation.h"
#include "store/stored_decision.h"

namespace iotcard {

class OperationsBench {
 public:
  OperationsBench() : folder_(make_folder()) {
    store_ = open_store("sqlite:" + (folder_ / "cards.db").string());
    context.by = "ann";
    context.policy.mute = {EventKind::report_no_card};
    context.now = *parse_time("2026-11-24T08:00:00Z");
  }
  ~OperationsBench() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  OperationsBench(const OperationsBench&) = delete;
  OperationsBench& operator=(const OperationsBench&) = delete;

  Store& store() { return *store_; }
  std::string folder() const { return folder_.string(); }

  // A second later, the device reports.
  Outcome report(const std::string& device, const std::string& payload) {
    context.now += std::chrono::seconds{1};
    const DeviceKey key = *DeviceKey::parse(device);
    DeviceReport reading = std::get<DeviceReport>(read_report(payload, context.sources[0].read));
    Transaction transaction{*store_};
    const DecisionInputs inputs = load_inputs(*store_, key, reading);
    const Decision decision = decide(key, reading, inputs, context.policy, context.now);
    const std::string topic = "/" + device + "/info/post";
    apply_decision(*store_, context.client_id, context.policy.mute, key,
                   {topic, payload, context.now, std::move(reading), decision.outcome}, decision);
    transaction.commit();
    return decision.outcome;
  }
  Outcome report_card(const std::string& device, const std::string& iccid) {
    return report(device, R"({"iccid":")" + iccid + R"("})");
  }

  // The topics of the events since this was asked last, without "event/".
  std::vector<std::string> events() {
    std::vector<std::string> topics;
    for (const OutboxRow& row : store_->read_outbox(context.client_id, seen_, 10'000)) {
      topics.push_back(row.topic.substr(std::string_view{"event/"}.size()));
      seen_ = row.sequence;
    }
    return topics;
  }

  Mismatch standing(const std::string& device) {
    return store_->standing_mismatches(*DeviceKey::parse(device)).at(0);
  }
  std::size_t count_standing(const std::string& device) {
    return store_->standing_mismatches(*DeviceKey::parse(device)).size();
  }
  // The ICCID, or "" if it is free.
  std::string card_of(const std::string& device) {
    const auto binding = store_->binding_of(*DeviceKey::parse(device));
    return binding ? std::string{binding->iccid.text()} : "";
  }

  Context context;

 private:
  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "operations-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
    return name;
  }

  const std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  std::int64_t seen_ = 0;  // outbox sequence
};

inline Iccid iccid_of(const char* text) {
  return Iccid::from_canonical(text).value();
}

}  // namespace iotcard
