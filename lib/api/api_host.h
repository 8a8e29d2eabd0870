// SPDX-License-Identifier: Apache-2.0
// api_host.h - What the API needs of the program that it lives in, as functions: they are called
// from the API's threads, several at a time, and must not wait for a report. Values only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/metrics.h"
#include "base/log_level.h"
#include "domain/topic_pattern.h"
#include "operations/operation.h"

namespace iotcard {

struct ApiHealth {
  bool ready = true;   // the store is reached, the broker is connected, reports are taken
  std::string state;   // "online", "degraded" or "connecting"
  std::string cause;   // why not ready, without names and paths: for anybody; "" when ready
  std::string reason;  // the same as it stands in the log: for those who may read
};

struct AskResult {
  enum class End : std::uint8_t {
    acknowledged,  // the broker has the request; whether the device hears it is another matter
    no_topic,      // the topic of reports does not end in post
    not_connected,
    refused,    // by the broker
    no_answer,  // of the broker's, in time
  };
  End end = End::acknowledged;
  std::string topic;
  std::string reason;  // for a person; "" if acknowledged
};

// What came of an operator's request, and the card as it is now.
struct AskedPlatform {
  PlatformRequest request;
  StoredCard card;
};

struct ApiHost {
  // A new connection to the store, and one that cannot write; both throw StoreError.
  std::function<std::unique_ptr<Store>()> open_store;
  std::function<std::unique_ptr<Store>()> open_store_to_read;
  // The rules in force, this moment, and who acts.
  std::function<Context(const std::string& by)> context;
  std::function<std::vector<TopicPattern>()> topics;  // of reports
  std::function<ApiHealth()> health;
  std::function<LiveFacts()> facts;
  std::function<AskResult(const DeviceKey&)> ask;
  // Has a card's platform asked, or the card suspended or resumed there, and waits for it, half a
  // minute at most: what is then not done goes on. Throws OperationError and StoreError.
  std::function<AskedPlatform(const Iccid&, PlatformRequestKind, const std::string& by)>
      request_and_wait;
  std::function<void(LogLevel, const std::string&)> log;
};

}  // namespace iotcard
