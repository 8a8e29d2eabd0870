// SPDX-License-Identifier: Apache-2.0
// status: what the store holds, and what the daemon says of itself.
#include <fmt/core.h>
#include <rapidjson/document.h>

#include "base/utf8.h"
#include "broker_client.h"
#include "operations/json.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds status_timeout{2};

struct DaemonStatus {
  std::string payload;  // "": none
  std::string problem;  // why there is none
};

// The retained status; the broker sends it right behind the subscription.
DaemonStatus ask_daemon(const Config& config) {
  std::mutex mutex;
  std::condition_variable arrived;
  DaemonStatus status;
  const auto deadline = std::chrono::steady_clock::now() + status_timeout;
  try {
    BrokerClient client{
        config.broker, {config.events.prefix + "/status"}, [&](const Message& message) {
          const std::lock_guard lock{mutex};
          status.payload = message.payload;
          arrived.notify_all();
        }};
    client.connect(status_timeout);
    std::unique_lock lock{mutex};
    arrived.wait_until(lock, deadline, [&] { return !status.payload.empty(); });
    lock.unlock();
  } catch (const BrokerError& error) {
    status.problem = std::string{"broker not reachable: "} + error.what();
    return status;
  }
  if (status.payload.empty()) status.problem = "no daemon has said anything on this broker";
  return status;
}

bool is_json_object(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  return !document.HasParseError() && document.IsObject() && is_utf8(text);
}

void print_status_json(const StoreFacts& facts, const DaemonStatus& status) {
  print_json([&](JsonText& json) {
    json.begin_object().key("store").begin_object();
    write_store_facts(json, facts);
    json.end_object().key("daemon");
    is_json_object(status.payload) ? json.raw(on_one_line(status.payload)) : json.null();
    json.member("problem", status.problem.empty()
                               ? std::nullopt
                               : std::optional{replace_invalid_utf8(status.problem)})
        .end_object();
  });
}

std::string string_member(const rapidjson::Document& status, const char* name) {
  const auto member = status.FindMember(name);
  const bool has = member != status.MemberEnd() && member->value.IsString();
  return has ? std::string{member->value.GetString(), member->value.GetStringLength()} : "";
}

// "online since 2026-11-23 20:51:00, version 1.2.0"; what is no status of a daemon, as it is.
std::string printable_status(const std::string& payload) {
  if (!is_json_object(payload)) return payload;
  rapidjson::Document status;
  status.Parse(payload.data(), payload.size());
  std::string words = string_member(status, "state");
  if (words.empty()) return payload;
  const std::string since = string_member(status, "since");
  if (const auto time = parse_time(since)) words += " since " + printable(*time);
  const std::string version = string_member(status, "version");
  if (!version.empty()) words += ", version " + version;
  const std::string reason = string_member(status, "reason");
  if (!reason.empty()) words += ": " + reason;
  return words;
}

void print_status(const StoreFacts& facts, const DaemonStatus& status) {
  Facts lines;
  lines.add("cards", std::to_string(facts.cards));
  lines.add("devices", std::to_string(facts.devices));
  lines.add("bindings", std::to_string(facts.bindings));
  lines.add("open mismatches", std::to_string(facts.open_mismatches),
            facts.open_mismatches > 0 ? Colour::red : Colour::none);
  lines.add("rejected reports", std::to_string(facts.rejected));
  if (facts.deferred > 0) {
    lines.add("deferred reports", std::to_string(facts.deferred), Colour::yellow);
  }
  lines.add("events to publish", std::to_string(facts.outbox));
  lines.add("store", facts.id + ", schema " + std::to_string(facts.schema_version));
  const std::string daemon =
      status.problem.empty() ? printable_status(status.payload) : status.problem;
  lines.add("daemon", daemon, daemon.starts_with("online") ? Colour::none : Colour::yellow);
  lines.print();
}

int show_status(Program& program) {
  const StoreFacts facts = describe_store(*program.open_existing_store(), program.context());
  const DaemonStatus status = ask_daemon(program.config());
  program.json ? print_status_json(facts, status) : print_status(facts, status);
  return success;
}

}  // namespace

Action status_verb(Arguments& arguments) {
  arguments.footer(
      "Exit status 0 if the store could be read, whatever the broker and the daemon do.\n"
      "With --json: one object.");
  return show_status;
}

}  // namespace iotcard
