// SPDX-License-Identifier: Apache-2.0
// status: what needs a person today, on one screen.
#include "operations/status.h"

#include <fmt/core.h>

#include <memory>

#include "api_requests.h"
#include "base/byte_size.h"
#include "daemon_statuses.h"
#include "doctor_checks.h"
#include "output.h"
#include "readiness.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds status_timeout{2};

StatusInputs gather(Store& store, Program& program) {
  const Config& config = program.config();
  StatusInputs inputs{.daemons = read_daemon_statuses(config, status_timeout),
                      .version = IOTCARD_VERSION};
  const std::string& problem = inputs.daemons.own.problem;
  inputs.connected = problem.empty();
  inputs.connection =
      problem.empty() ? config.broker.url + " answers" : "broker not reachable: " + problem;
  inputs.journal = journal_backlog(store, program.client_id(), config.intake.dir);
  inputs.max_backlog = config.intake.max_backlog;
  inputs.disks = disk_rooms(installation_of(config, program.path_of_config()));
  return inputs;
}

// "iotcardd: online since 2026-11-23 20:51:00, version 1.2.0"
std::string in_words(const DaemonFacts& daemon) {
  std::string words = daemon.state;
  if (const auto time = parse_time(daemon.since)) words += " since " + printable(*time);
  if (!daemon.version.empty()) words += ", version " + daemon.version;
  if (!daemon.reason.empty()) words += ": " + daemon.reason;
  return daemon.client.empty() ? words : daemon.client + ": " + words;
}

void print_status(const StatusReport& report) {
  const StoreStatistics& statistics = report.statistics;
  Facts facts;
  facts.add("store", fmt::format("{}, schema {}, {}, log {}", report.store_id,
                                 report.schema_version, printable_byte_size(report.store_bytes),
                                 printable_byte_size(report.log.bytes)));
  facts.add("fleet", fmt::format("{} cards, {} devices, {} bindings", statistics.cards,
                                 statistics.devices, statistics.open_bindings));
  const DaemonStatuses& daemons = report.inputs.daemons;
  if (!daemons.own.state.empty()) facts.add("daemon", in_words(daemons.own));
  for (const DaemonFacts& other : daemons.others) facts.add("daemon", in_words(other));
  facts.add("well", join(report.well, ", "));
  facts.print();
  Table table{{"NEEDS YOU", "WHAT", "SEE"}, {.too_wide = Table::TooWide::wrap}};
  for (const Attention& line : report.attention) {
    table.add({{line.subject, line.text, line.command}, Colour::yellow});
  }
  table.finish("nothing needs you");
}

int show_status(Program& program) {
  if (program.remote()) {
    const RemoteStatus status = status_through_api(program.target);
    return print_result(
        program.json, [&](JsonText& json) { json.raw(status.json); },
        [&] { print_status(status.report); });
  }
  const auto store = program.open_existing_store();
  const Context context = program.context();
  const StatusReport report = describe_status(*store, context, describe_statistics(*store, context),
                                              gather(*store, program));
  return print_result(
      program.json, [&](JsonText& json) { write_status(json, report); },
      [&] { print_status(report); });
}

}  // namespace

Action status_verb(Arguments& arguments) {
  auto ready = std::make_shared<bool>(false);
  arguments.flag("--ready", *ready,
                 "Asks only whether the daemon is ready, as a probe: one line, within 3 seconds");
  arguments.footer(R"(
Prints the store, the daemons, what is well, and a line for each thing that needs you, which
ends with the command that shows it.
Exit status 0 if the store could be read, whatever the broker and the daemon do.
With --json: one object; docs/operations.md and schemas/openapi.yaml (GET /status) have its
members. journal_oldest and disks are absent or empty if this account may not see them.
With --api: what that daemon says.
--ready asks the daemon itself, at --api or the configuration's api.listen, without a token:
exit status 0 if it is connected to its broker and not degraded, 1 if not or if it does not
answer. With --json: {"ready","state","reason","url"}.)");
  return
      [ready](Program& program) { return *ready ? show_readiness(program) : show_status(program); };
}

}  // namespace iotcard
