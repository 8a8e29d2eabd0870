// SPDX-License-Identifier: Apache-2.0
#include "operations/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "operations/json.h"
#include "operations/platform_operations.h"

namespace iotcard {
namespace {

constexpr const char* doctor = "iotcardctl doctor";

// "12 open: 7 card_in_use, 5 card_unknown"
template <typename Counts, typename NameOf>
std::string in_words(const Counts& counts, const NameOf& name_of) {
  std::string words;
  for (const auto& [key, count] : counts) {
    if (count == 0) continue;
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", count, name_of(key));
  }
  return words;
}

std::string short_kind(const std::string& outcome) {
  return outcome.substr(outcome.find('.') + 1);
}

class Judge {
 public:
  Judge(StatusReport& report, const Context& context) : report_(report), now_(context.now) {}

  void run() {
    judge_daemons();
    judge_path();
    judge_cards();
    judge_platforms();
    judge_webhooks();
    judge_reports();
    judge_room();
  }

 private:
  void needs(std::string subject, std::string text, std::string command) {
    report_.attention.push_back({std::move(subject), std::move(text), std::move(command)});
  }
  // What doctor finds well needs nobody.
  void add(const std::string& subject, const Finding& finding, const std::string& command) {
    if (finding.status == Health::ok) return report_.well.push_back(subject);
    needs(subject, finding.finding, command);
  }
  void add_count(const std::string& subject, std::int64_t count, const std::string& text,
                 const std::string& command) {
    if (count == 0) return report_.well.push_back(subject);
    needs(subject, text, command);
  }
  std::optional<Duration> age(std::optional<Instant> since) const {
    return since ? std::optional{std::max(now_ - *since, Duration{})} : std::nullopt;
  }

  void judge_daemons() {
    const StatusInputs& inputs = report_.inputs;
    if (!inputs.connected) needs("broker", inputs.connection, doctor);
    const DaemonFacts& own = inputs.daemons.own;
    const Finding daemon = judge_daemon(own, inputs.version, report_.client);
    const bool unknown = daemon.status == Health::skip && !inputs.connected;  // said already
    if (!unknown) add("daemon", daemon, doctor);
    for (const Finding& warning : judge_warnings(own)) needs("daemon", warning.finding, doctor);
    for (const Finding& other : judge_other_daemons(inputs.daemons.others)) {
      add("other daemons", other, doctor);
    }
  }

  void judge_path() {
    const StatusInputs& inputs = report_.inputs;
    if (inputs.journal.bytes) {
      add("journal", judge_backlog(*inputs.journal.bytes, inputs.max_backlog, report_.deferred),
          doctor);
    }
    add("events to publish",
        judge_outbox(report_.queues.outbox_events, age(report_.queues.oldest_event)), doctor);
    add_count("quarantined events", report_.statistics.quarantined,
              fmt::format("{} that the broker would not take", report_.statistics.quarantined),
              "iotcardctl quarantine list");
  }

  void judge_cards() {
    const auto& open = report_.statistics.open_mismatches;
    const std::string suspects = in_words(report_.statistics.open_suspects,
                                          [](const std::string& suspect) { return suspect; });
    add_count("mismatches", report_.open_mismatches,
              fmt::format("{} open: {}{}", report_.open_mismatches, in_words(open, short_kind),
                          suspects.empty() ? "" : " (" + suspects + ")"),
              "iotcardctl mismatch list --state open");
    const std::string reasons =
        in_words(report_.statistics.by_reason, [](const std::string& reason) { return reason; });
    add_count("cards", reasons.empty() ? 0 : 1, "abnormal: " + reasons,
              "iotcardctl card list --abnormal");
    const std::int64_t silent = report_.statistics.silent_devices;
    add_count("silent devices", silent, fmt::format("{} do not report any more", silent),
              "iotcardctl device list --silent");
  }

  void judge_platforms() {
    for (const PlatformRow& row : report_.failing) {
      needs(fmt::format("platform {}", row.id), failure_of({row, {}, {}}),
            "iotcardctl platform list");
    }
    if (report_.failing.empty()) report_.well.emplace_back("platforms");
  }

  void judge_webhooks() {
    for (const WebhookFacts& webhook : report_.webhooks) {
      const Finding finding = judge_webhook(webhook);
      if (finding.status == Health::ok) {
        report_.well.emplace_back("webhooks");
      } else {
        needs(finding.check, finding.finding, "iotcardctl doctor --webhooks");
      }
    }
  }

  void judge_reports() {
    std::int64_t rejected = 0;
    for (const auto& [reason, count] : report_.rejected_last_day) rejected += count;
    add_count("rejected reports", rejected,
              fmt::format(
                  "{} in the last day: {}", rejected,
                  in_words(report_.rejected_last_day,
                           [](RejectionReason reason) { return rejection_reason_names[reason]; })),
              "iotcardctl rejected list");
    add("imports", judge_imports(report_.unfinished_imports), doctor);
  }

  void judge_room() {
    for (const DiskRoom& disk : report_.inputs.disks) {
      add("disk", judge_space(disk.path, disk.free, disk.total, disk.needed), "df -h " + disk.path);
    }
    add("store log", judge_log(report_.log.bytes, age(report_.log.blocked_since), {}), doctor);
  }

  StatusReport& report_;
  const Instant now_;
};

void write_daemon(JsonText& json, const DaemonFacts& daemon) {
  json.begin_object()
      .member("client", or_null(daemon.client))
      .member("state", or_null(daemon.state))
      .member("version", or_null(daemon.version))
      .member("since", or_null(daemon.since))
      .member("reason", or_null(daemon.reason))
      .member("warnings", daemon.warnings)
      .member("topic", or_null(daemon.topic))
      .end_object();
}

void write_store(JsonText& json, const StatusReport& report) {
  json.begin_object()
      .member("id", report.store_id)
      .member("schema_version", std::int64_t{report.schema_version})
      .member("cards", report.statistics.cards)
      .member("devices", report.statistics.devices)
      .member("bindings", report.statistics.open_bindings)
      .member("open_mismatches", report.open_mismatches)
      .member("rejected", report.statistics.rejected)
      .member("deferred", report.deferred)
      .member("outbox", report.queues.outbox_events)
      .member("quarantined", report.statistics.quarantined)
      .member("bytes", report.store_bytes)
      .member("log_bytes", report.log.bytes)
      .member("silent_devices", report.statistics.silent_devices)
      .end_object();
}

void write_daemons(JsonText& json, const StatusInputs& inputs) {
  const std::string& payload = inputs.daemons.payload;
  json.key("daemon");
  if (is_utf8(payload) && read_daemon_status(payload)) {
    json.raw(on_one_line(payload));
  } else {
    json.null();
  }
  const DaemonFacts& own = inputs.daemons.own;
  std::string problem = inputs.connected ? own.problem : inputs.connection;
  if (problem.empty() && own.state.empty()) problem = "no daemon has said anything on this broker";
  json.member("problem", or_null(replace_invalid_utf8(problem))).key("daemons").begin_array();
  if (!own.state.empty()) write_daemon(json, own);
  for (const DaemonFacts& other : inputs.daemons.others) write_daemon(json, other);
  json.end_array();
  json.key("broker")
      .begin_object()
      .member("connected", inputs.connected)
      .member("state", or_null(replace_invalid_utf8(inputs.connection)))
      .end_object();
  json.member("started_at", inputs.started_at);
}

void write_counts(JsonText& json, std::string_view name,
                  const std::map<std::string, std::int64_t>& counts, bool short_names) {
  json.key(name).begin_object();
  for (const auto& [key, count] : counts) {
    json.member(short_names ? short_kind(key) : key, count);
  }
  json.end_object();
}

void write_lists(JsonText& json, const StatusReport& report) {
  json.key("platforms_failing").begin_array();
  for (const PlatformRow& row : report.failing) {
    json.begin_object()
        .member("id", row.id)
        .member("name", or_null(row.name))
        .member("failure", or_null(failure_of({row, {}, {}})))
        .end_object();
  }
  json.end_array().key("rejected_last_day").begin_object();
  for (const auto& [reason, count] : report.rejected_last_day) {
    json.member(rejection_reason_names[reason], count);
  }
  json.end_object().member("unfinished_imports", report.unfinished_imports).key("disks");
  json.begin_array();
  for (const DiskRoom& disk : report.inputs.disks) {
    json.begin_object()
        .member("path", replace_invalid_utf8(disk.path))
        .member("free_bytes", static_cast<std::int64_t>(disk.free))
        .member("total_bytes", static_cast<std::int64_t>(disk.total))
        .end_object();
  }
  json.end_array().key("attention").begin_array();
  for (const Attention& line : report.attention) {
    json.begin_object()
        .member("subject", line.subject)
        .member("text", replace_invalid_utf8(line.text))
        .member("command", replace_invalid_utf8(line.command))
        .end_object();
  }
  json.end_array();
}

}  // namespace

StatusReport describe_status(Store& store, const Context& context, StoreStatistics statistics,
                             StatusInputs inputs) {
  StatusReport report{
      .store_id = store.id(),
      .schema_version = store.schema_version(),
      .store_bytes = store.store_bytes(),
      .log = store.log_state(),
      .statistics = std::move(statistics),
      .deferred = store.count_deferred(context.client_id),
      .queues = describe_queues(store, context, inputs.acknowledged),
      .failing = store.platforms(),
      .webhooks = describe_webhooks(store, context),
      .rejected_last_day = store.count_rejected_by_reason(context.now - std::chrono::days{1}),
      .unfinished_imports = std::ssize(store.imports()),
      .inputs = std::move(inputs),
      .client = context.client_id};
  for (const auto& [outcome, open] : report.statistics.open_mismatches) {
    report.open_mismatches += open;
  }
  std::erase_if(report.failing, [](const PlatformRow& row) {
    return state_of({row, {}, {}}) != PlatformState::failing;
  });
  Judge{report, context}.run();
  std::vector<std::string> well;  // a subject with two findings is well if both are
  for (const std::string& subject : report.well) {
    const bool said = std::ranges::count(well, subject) > 0 ||
                      std::ranges::count(report.attention, subject, &Attention::subject) > 0;
    if (!said) well.push_back(subject);
  }
  report.well = std::move(well);
  return report;
}

void write_status(JsonText& json, const StatusReport& report) {
  json.begin_object().key("store");
  write_store(json, report);
  write_daemons(json, report.inputs);
  const JournalBacklog& journal = report.inputs.journal;
  std::optional<std::int64_t> bytes;
  if (journal.bytes) bytes = static_cast<std::int64_t>(*journal.bytes);
  json.key("backlog")
      .begin_object()
      .member("journal_bytes", bytes)
      .member("journal_oldest", journal.oldest)
      .member("deferred_oldest", report.queues.oldest_deferred)
      .member("outbox_oldest", report.queues.oldest_event)
      .end_object();
  write_counts(json, "mismatches", report.statistics.open_mismatches, true);
  write_counts(json, "abnormal", report.statistics.by_reason, false);
  write_lists(json, report);
  write_counts(json, "suspects", report.statistics.open_suspects, false);
  json.key("webhooks").begin_array();
  for (const WebhookFacts& webhook : report.webhooks) write_webhook(json, webhook);
  json.end_array().member("well", report.well).end_object();
}

}  // namespace iotcard
