// SPDX-License-Identifier: Apache-2.0
#include "operations/doctor/service_doctor.h"

#include <fmt/core.h>

namespace iotcard {
namespace {

constexpr const char* elsewhere = "iotcardctl doctor on the daemon's machine does";

Finding judge_connection(const ServiceFacts& facts) {
  if (facts.connected) return {"broker", Health::ok, facts.connection};
  return {"broker", Health::fail, facts.connection,
          "is the broker running, and are broker.url, the account and the TLS files in the "
          "configuration the right ones?"};
}

}  // namespace

Findings examine_service(Store& store, const Context& context, const ServiceFacts& facts) {
  Findings findings{{"configuration", Health::ok, facts.installation.config_path + " is in force"}};
  check_files(facts.installation, findings);
  findings.push_back(
      {"store", Health::ok, fmt::format("opens, schema {}", store.schema_version())});
  findings.push_back(
      {"store integrity", Health::skip, "not checked here, since that reads all of it", elsewhere});
  const StoreView view =
      check_store(store, context.client_id, Integrity::not_checked, context.now, findings);
  findings.push_back(judge_backlog(facts.journal_bytes, facts.installation.max_backlog,
                                   store.count_deferred(context.client_id)));
  for (const PlatformRow& row : store.platforms()) {
    if (!row.profile.empty()) findings.push_back(judge_platform({row, {}, {}}));
  }
  for (const WebhookFacts& webhook : describe_webhooks(store, context)) {
    findings.push_back(judge_webhook(webhook));
  }
  findings.push_back(judge_connection(facts));
  findings.push_back({"broker trial", Health::skip,
                      "subscriptions, last will and a publication are not tried here", elsewhere});
  findings.push_back(judge_daemon(facts.daemon, facts.version));
  for (Finding& finding : judge_warnings(facts.daemon)) findings.push_back(std::move(finding));
  check_clock(context.now, view.newest_report, findings);
  return findings;
}

}  // namespace iotcard
