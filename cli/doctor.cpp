// SPDX-License-Identifier: Apache-2.0
// doctor: checks an installation from the configuration to the clock and says what to do.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <sstream>

#include "api_requests.h"
#include "base/text.h"
#include "doctor_checks.h"
#include "output.h"
#include "platform/platform_setup.h"
#include "verbs.h"
#include "webhook/webhook_key.h"
#include "webhook/webhook_probe.h"

namespace iotcard {
namespace {

// A line for each mistake.
void add_mistakes(const std::string& mistakes, Findings& findings) {
  std::istringstream lines{mistakes};
  for (std::string line; std::getline(lines, line);) {
    findings.push_back({"configuration", Health::fail, line,
                        "correct it; a running daemon keeps what it has loaded"});
  }
}

// Null: it does not load.
const Config* check_configuration(Program& program, Findings& findings) {
  const std::string path = program.path_of_config();
  const char* const check = "configuration";
  try {
    const Config& config = program.config();
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      findings.push_back({check, Health::warn, "there is no " + path + ": the defaults hold",
                          "copy examples/iotcardd.toml there"});
    } else {
      findings.push_back({check, Health::ok, path + " loads"});
    }
    return &config;
  } catch (const ConfigError& error) {
    add_mistakes(error.what(), findings);
    return nullptr;
  }
}

void check_without_configuration(Findings& findings) {
  for (const char* check : {"files", "journal backlog", "broker", "daemon"}) {
    findings.push_back({check, Health::skip, "not known without a configuration"});
  }
}

bool may_read(const std::string& store_url) {
  const std::string path = store_url.substr(store_url.find(':') + 1);
  return access(path.c_str(), R_OK) == 0 || errno != EACCES;
}

// The client whose outbox is checked if no configuration names one.
std::string only_client(StateStore& store) {
  const std::vector<std::string> clients = store.clients();
  return clients.size() == 1 ? clients[0] : std::string{};
}

// What `describe` says of the store; nothing if it cannot be read.
template <typename Facts>
std::vector<Facts> known(Program& program,
                         std::vector<Facts> (*describe)(Store& store, const Context& context)) {
  try {
    const auto store = program.open_store_to_read();
    if (!store->outdated()) return describe(*store, program.context());
  } catch (const StoreError&) {
    // check_store_and_journal() reports it
  }
  return {};
}

// The sections of card platforms with their profiles, and the health of the platforms. Asks none.
void check_platforms(Program& program, const Config& config, Findings& findings) {
  const std::vector<PlatformFacts> platforms = known(program, describe_platforms);
  for (const PlatformSettings& settings : config.platforms) {
    if (settings.profile.empty()) continue;
    const std::string mistakes = platform_mistakes(settings, config.refresh.profiles);
    add_mistakes(mistakes, findings);
    if (!mistakes.empty()) continue;  // the daemon does not start with it
    const auto facts = std::ranges::find_if(
        platforms, [&](const PlatformFacts& one) { return one.row.id == settings.id; });
    if (facts != platforms.end()) findings.push_back(judge_platform(*facts));
  }
}

// check_files() says whether the file is there and who may read it.
void check_webhook_secret(const WebhookSettings& settings, Findings& findings) {
  if (access(settings.secret_file.c_str(), R_OK) != 0) return;
  const auto key = read_webhook_key(settings.secret_file);
  if (const auto* problem = std::get_if<Problem>(&key)) {
    findings.push_back({"webhook.secret_file", Health::fail,
                        settings.secret_file + ": " + problem->text,
                        "the daemon does not start with it"});
  }
}

// How the webhooks fare; sends no event. With `ask`, each url gets a GET, without a signature.
void check_webhooks(Program& program, const Config& config, bool ask, Findings& findings) {
  if (config.webhooks.empty()) return;
  const std::vector<WebhookFacts> webhooks = known(program, describe_webhooks);
  for (const WebhookSettings& settings : config.webhooks) {
    check_webhook_secret(settings, findings);
    const auto facts = std::ranges::find_if(
        webhooks, [&](const WebhookFacts& one) { return one.row.name == settings.name; });
    if (facts != webhooks.end()) {
      findings.push_back(judge_webhook(*facts));
    } else {
      findings.push_back({"webhook " + settings.name, Health::skip,
                          "the daemon has not loaded it yet", "start or reload the daemon"});
    }
    if (!ask) continue;
    const WebhookProbe probe = probe_webhook(settings);
    findings.push_back(judge_webhook_url(settings.name, probe.status, probe.problem));
  }
}

StoreView check_store_and_journal(Program& program, const Config* config, bool thorough,
                                  Findings& findings) {
  if (!may_read(program.target.store_url.empty() ? config->store_url : program.target.store_url)) {
    findings.push_back(
        {"store", Health::skip, "this account may not read it", "run doctor as root"});
    return {};
  }
  try {
    const auto store = program.open_store_to_read();
    Finding finding{"store", Health::ok,
                    "opens, schema " + std::to_string(store->schema_version())};
    if (store->outdated()) {
      finding.status = Health::warn;
      finding.finding += ", older than this program's";
      finding.advice = "the daemon brings it up to date when it starts; make a backup before";
    }
    findings.push_back(finding);
    const std::string client = config != nullptr ? program.client_id() : only_client(*store);
    const StoreView view = check_store(
        *store, client, thorough ? Integrity::thorough : Integrity::quick, now(), findings);
    if (config != nullptr && !store->outdated()) check_journal(*store, *config, findings);
    return view;
  } catch (const StoreError& error) {
    const bool missing = !program.has_store();
    findings.push_back({"store", Health::fail, error.what(),
                        missing ? "start the daemon, which makes it, or name the right file"
                                : "nothing is applied until that is corrected; reports wait in the "
                                  "journal"});
  }
  return {};
}

void print(const Findings& findings) {
  Table table{{"", "CHECK", "FINDING", "ADVICE"}, {.too_wide = Table::TooWide::wrap}};
  for (const Finding& finding : findings) {
    constexpr std::array colours{Colour::green, Colour::yellow, Colour::red, Colour::grey};
    table.add(
        {{to_upper(health_names[finding.status]), finding.check, finding.finding, finding.advice},
         colours[static_cast<std::size_t>(finding.status)]});
  }
  table.finish("");
}

struct DoctorOptions {
  bool thorough = false;
  bool webhooks = false;
};

Findings examine_here(Program& program, const DoctorOptions& options) {
  Findings findings;
  const Config* config = check_configuration(program, findings);
  const bool store_known = config != nullptr || !program.target.store_url.empty();
  if (config != nullptr) {
    check_files(installation_of(*config, program.path_of_config()), findings);
  }
  StoreView view;
  if (store_known) {
    view = check_store_and_journal(program, config, options.thorough, findings);
  } else {
    findings.push_back(
        {"store", Health::skip, "not known without a configuration", "name it with --store"});
  }
  if (config != nullptr) {
    check_platforms(program, *config, findings);
    check_webhooks(program, *config, options.webhooks, findings);
    check_broker(*config, view.outbox, findings);
  } else {
    check_without_configuration(findings);
  }
  check_clock(now(), view.newest_report, findings);
  return findings;
}

Findings examine_through_api(Program& program, const DoctorOptions& options) {
  if (options.thorough || options.webhooks) {
    throw UsageError{fmt::format("doctor {} is for the host of the daemon, without --api and {}",
                                 options.thorough ? "--thorough" : "--webhooks", api_variable)};
  }
  return findings_through_api(program.target);
}

int run_doctor(Program& program, const DoctorOptions& options) {
  const Findings findings =
      program.remote() ? examine_through_api(program, options) : examine_here(program, options);
  if (program.json) {
    JsonArray array;
    for (const Finding& finding : findings) {
      array.add([&](JsonText& json) { write_finding(json, finding); });
    }
    array.finish();
  } else {
    print(findings);
  }
  const bool failed = std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.status == Health::fail; });
  return failed ? failure : success;
}

}  // namespace

Action doctor_verb(Arguments& arguments) {
  auto options = std::make_shared<DoctorOptions>();
  arguments.flag("--thorough", options->thorough,
                 "Compares the store's indexes with its tables; minutes for a large one");
  arguments.flag("--webhooks", options->webhooks,
                 "Asks whether the url of each webhook answers, with a GET that has no event");
  arguments.footer(R"(
It changes nothing and leaves a running daemon alone: the store is only read, and the broker
is visited under other client ids, with a clean start. It subscribes for a moment to the
topics of reports, to the status topic and to $SYS, and publishes on PREFIX/doctor/RANDOM one
message and, as the daemon does, a last will and a retained status, which it deletes again.
What the broker grants less of than the daemon asks for has a line each. A mosquitto
acl_file grants any subscription and then sends nothing: that a subscription is granted does
not prove that the account may read.
With --api: what that daemon finds, without a visit to the broker.
With --json: an array of {"check","status","finding","advice"}, status ok, warn, fail or
skip, advice null if there is nothing to do. A check may have several lines.
Exit status: 0 nothing failed (warnings allowed), 1 something failed, 2 wrong usage.)");
  return [options](Program& program) { return run_doctor(program, *options); };
}

}  // namespace iotcard
