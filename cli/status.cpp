// SPDX-License-Identifier: Apache-2.0
// status: what the store holds, and what the daemon says of itself.
#include <fmt/core.h>
#include <rapidjson/document.h>

#include <CLI/CLI.hpp>

#include "base/utf8.h"
#include "broker_client.h"
#include "operations/json.h"
#include "output.h"
#include "program.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds status_patience{2};

struct DaemonStatus {
  std::string payload;  // "": none
  std::string problem;  // why there is none
};

// The retained status; the broker sends it right behind the subscription.
DaemonStatus ask_daemon(const Config& config) {
  std::mutex mutex;
  std::condition_variable arrived;
  DaemonStatus status;
  const auto deadline = std::chrono::steady_clock::now() + status_patience;
  try {
    BrokerClient client{
        config.broker, {config.events.prefix + "/status"}, [&](const Message& message) {
          const std::lock_guard lock{mutex};
          status.payload = message.payload;
          arrived.notify_all();
        }};
    client.connect(status_patience);
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

void print_json(const StoreFacts& facts, const DaemonStatus& status) {
  JsonText json;
  json.begin_object().key("store").begin_object();
  write_store_facts(json, facts);
  json.end_object().key("daemon");
  is_json_object(status.payload) ? json.raw(on_one_line(status.payload)) : json.null();
  json.member("problem", status.problem.empty()
                             ? std::nullopt
                             : std::optional{replace_invalid_utf8(status.problem)})
      .end_object();
  fmt::print("{}\n", json.view());
}

std::string member_text(const rapidjson::Document& status, const char* name) {
  const auto member = status.FindMember(name);
  const bool has = member != status.MemberEnd() && member->value.IsString();
  return has ? std::string{member->value.GetString(), member->value.GetStringLength()} : "";
}

// "online since 2026-11-23 20:51:00, version 1.2.0"; what is no status of a daemon, as it is.
std::string in_words(const std::string& payload) {
  if (!is_json_object(payload)) return payload;
  rapidjson::Document status;
  status.Parse(payload.data(), payload.size());
  std::string words = member_text(status, "state");
  if (words.empty()) return payload;
  const std::string since = member_text(status, "since");
  if (const auto time = parse_time(since)) words += " since " + shown(*time);
  const std::string version = member_text(status, "version");
  if (!version.empty()) words += ", version " + version;
  const std::string reason = member_text(status, "reason");
  if (!reason.empty()) words += ": " + reason;
  return words;
}

void print_table(const StoreFacts& facts, const DaemonStatus& status) {
  Facts shown_facts;
  shown_facts.add("cards", std::to_string(facts.cards));
  shown_facts.add("devices", std::to_string(facts.devices));
  shown_facts.add("bindings", std::to_string(facts.bindings));
  shown_facts.add("open mismatches", std::to_string(facts.open_mismatches),
                  facts.open_mismatches > 0 ? Colour::red : Colour::none);
  shown_facts.add("rejected reports", std::to_string(facts.rejected));
  if (facts.deferred > 0) {
    shown_facts.add("reports that gave way", std::to_string(facts.deferred), Colour::yellow);
  }
  shown_facts.add("events to publish", std::to_string(facts.outbox));
  shown_facts.add("store", facts.id + ", schema " + std::to_string(facts.schema_version));
  const std::string daemon = status.problem.empty() ? in_words(status.payload) : status.problem;
  shown_facts.add("daemon", daemon, daemon.starts_with("online") ? Colour::none : Colour::yellow);
  shown_facts.print();
}

int show_status(Program& program) {
  const StoreFacts facts = describe_store(*program.open_existing_store(), program.context());
  const DaemonStatus status = ask_daemon(program.config());
  program.json ? print_json(facts, status) : print_table(facts, status);
  return success;
}

}  // namespace

void add_status(CLI::App& app, Program& program) {
  CLI::App* verb =
      app.add_subcommand("status", "What the store holds, and what the daemon says of itself");
  verb->footer(
      "Exit status 0 if the store could be read, whatever the broker and the daemon do.\n"
      "With --json: one object.");
  verb->callback([&program] { program.verb = [&program] { return show_status(program); }; });
}

}  // namespace iotcard
