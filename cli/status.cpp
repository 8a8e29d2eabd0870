// SPDX-License-Identifier: Apache-2.0
// status: what the store holds, and what the daemon says of itself.

#include "base/utf8.h"
#include "broker_client.h"
#include "doctor_checks.h"
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
  using std::chrono::steady_clock;
  const std::string topic = config.events.prefix + "/status";
  const auto deadline = steady_clock::now() + status_timeout;
  try {
    BrokerClient client{tool_options(config.broker, {topic})};
    client.connect(status_timeout);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    const std::string payload = client.messages(1, left)[topic];
    return {payload, payload.empty() ? "no daemon has said anything on this broker" : ""};
  } catch (const BrokerError& error) {
    return {"", std::string{"broker not reachable: "} + error.what()};
  }
}

std::optional<DaemonFacts> facts_of(const DaemonStatus& status) {
  return is_utf8(status.payload) ? daemon_facts(status.payload) : std::nullopt;
}

void write_status(JsonText& json, Store& store, Program& program) {
  const std::string client_id = program.client_id();
  json.begin_object().key("store").begin_object();
  json.member("id", store.id())
      .member("schema_version", std::int64_t{store.schema_version()})
      .member("cards", store.count_cards({}))
      .member("devices", store.count_devices())
      .member("bindings", store.count_open_bindings())
      .member("open_mismatches", store.count_open_mismatches())
      .member("rejected", store.count_rejected())
      .member("deferred", store.count_deferred(client_id))
      .member("outbox", store.count_outbox(client_id))
      .member("quarantined", store.count_quarantined())
      .end_object()
      .key("daemon");
  const DaemonStatus status = ask_daemon(program.config());
  if (facts_of(status)) {
    json.raw(on_one_line(status.payload));
  } else {
    json.null();
  }
  json.member("problem", or_null(replace_invalid_utf8(status.problem))).end_object();
}

// "online since 2026-11-23 20:51:00, version 1.2.0"; what is no status of a daemon, as it is.
std::string printable_status(const DaemonStatus& status) {
  if (!status.problem.empty()) return status.problem;
  const auto facts = facts_of(status);
  if (!facts || facts->state.empty()) return status.payload;
  std::string words = facts->state;
  if (const auto time = parse_time(facts->since)) words += " since " + printable(*time);
  if (!facts->version.empty()) words += ", version " + facts->version;
  if (!facts->reason.empty()) words += ": " + facts->reason;
  return words;
}

void print_status(Store& store, Program& program) {
  const std::string client_id = program.client_id();
  Facts lines;
  lines.add("cards", std::to_string(store.count_cards({})));
  lines.add("devices", std::to_string(store.count_devices()));
  lines.add("bindings", std::to_string(store.count_open_bindings()));
  const std::int64_t mismatches = store.count_open_mismatches();
  lines.add("open mismatches", std::to_string(mismatches),
            mismatches > 0 ? Colour::red : Colour::none);
  lines.add("rejected reports", std::to_string(store.count_rejected()));
  if (const std::int64_t deferred = store.count_deferred(client_id); deferred > 0) {
    lines.add("deferred reports", std::to_string(deferred), Colour::yellow);
  }
  lines.add("events to publish", std::to_string(store.count_outbox(client_id)));
  if (const std::int64_t quarantined = store.count_quarantined(); quarantined > 0) {
    lines.add("quarantined events", std::to_string(quarantined), Colour::red);
  }
  lines.add("store", store.id() + ", schema " + std::to_string(store.schema_version()));
  const std::string daemon = printable_status(ask_daemon(program.config()));
  lines.add("daemon", daemon, daemon.starts_with("online") ? Colour::none : Colour::yellow);
  lines.print();
}

int show_status(Program& program) {
  const auto store = program.open_existing_store();
  return print_result(
      program.json, [&](JsonText& json) { write_status(json, *store, program); },
      [&] { print_status(*store, program); });
}

}  // namespace

Action status_verb(Arguments& arguments) {
  arguments.footer(R"(
Exit status 0 if the store could be read, whatever the broker and the daemon do.
With --json: one object.)");
  return show_status;
}

}  // namespace iotcard
