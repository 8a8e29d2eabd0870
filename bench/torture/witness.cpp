// SPDX-License-Identifier: Apache-2.0
#include "torture/witness.h"

#include "torture/report_source.h"

namespace iotcard {
namespace {

// Of CloudEvents: "<store id>:<sequence>".
std::string id_of(std::string_view payload) {
  constexpr std::string_view key = R"("id":")";
  const std::size_t at = payload.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = payload.substr(at + key.size());
  return std::string{rest.substr(0, rest.find('"'))};
}

}  // namespace

void Witness::connect() {
  probe_ = std::make_unique<MqttProbe>(
      broker_url_,
      MqttProbe::Options{.client_id = "witness",
                         .clean = false,
                         .mqtt5 = false,
                         .on_message = [this](const ProbeMessage& message) { take(message); }});
  probe_->subscribe("iotcard/event/mismatch/card_unknown/#");
  probe_->settle();
}

void Witness::take(const ProbeMessage& message) {
  const std::int64_t serial = find_serial(message.payload, R"("iccid":")");
  if (serial == 0) return;
  const std::lock_guard lock{mutex_};
  ++tally_.events;
  if (!ids_.insert(id_of(message.payload)).second) {
    ++tally_.published_again;
    return;
  }
  const auto at = static_cast<std::size_t>(serial);
  if (seen_.size() <= at) seen_.resize(at + 1);
  if (seen_[at]) {
    ++tally_.decided_again;
    return;
  }
  seen_[at] = true;
  ++tally_.reports;
  std::int64_t& newest = newest_[message.topic];
  if (serial < newest) ++tally_.out_of_order;
  newest = std::max(newest, serial);
}

Witness::Tally Witness::tally() const {
  const std::lock_guard lock{mutex_};
  return tally_;
}

bool Witness::has_seen(std::int64_t serial) const {
  const std::lock_guard lock{mutex_};
  const auto at = static_cast<std::size_t>(serial);
  return at < seen_.size() && seen_[at];
}

}  // namespace iotcard
