// SPDX-License-Identifier: Apache-2.0
// The store, the daemon and the clock.
#include "operations/doctor/doctor.h"

#include <fmt/format.h>

#include "base/byte_size.h"
#include "base/service_fault.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

constexpr std::chrono::minutes outbox_warn{1};
constexpr std::chrono::hours outbox_fail{1};
constexpr std::int64_t many_rejected = 10'000;
constexpr std::uint64_t backlog_warn = 10;  // percent of intake.max_backlog
constexpr std::uint64_t backlog_fail = 90;
constexpr std::chrono::minutes clock_slack{1};
constexpr std::int64_t log_warn_bytes = std::int64_t{64} << 20;
constexpr std::chrono::minutes log_warn_after{10};

std::string age(Duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 2 * 86400) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} days", seconds / 86400);
}

}  // namespace

void write_finding(JsonText& json, const Finding& finding) {
  json.begin_object()
      .member("check", replace_invalid_utf8(finding.check))
      .member("status", health_names[finding.status])
      .member("finding", replace_invalid_utf8(finding.finding))
      .member("advice", or_null(replace_invalid_utf8(finding.advice)))
      .end_object();
}

Finding judge_damage(const std::vector<std::string>& damage, bool thorough) {
  const char* const check = "store integrity";
  if (damage.empty()) {
    return {check, Health::ok,
            thorough ? "integrity_check finds nothing" : "quick_check finds nothing"};
  }
  return {check, Health::fail,
          damage.size() == 1 ? damage[0]
                             : fmt::format("{} (and {} more)", damage[0], damage.size() - 1),
          "stop the daemon, keep a copy of the file, restore a backup; "
          "what the journal has kept comes back with replay --journal"};
}

Finding judge_tables(const std::vector<TableSize>& tables) {
  std::string rows;
  Finding finding{"store size", Health::ok, {}};
  for (const TableSize& table : tables) {
    rows += fmt::format("{}{} {}", rows.empty() ? "" : ", ", table.name, table.rows);
    if (table.name == "rejected_report" && table.rows > many_rejected) {
      finding.status = Health::warn;
      finding.advice =
          "see why they are rejected (rejected list), correct that, then replay --rejected";
    }
  }
  finding.finding = "rows: " + rows;
  return finding;
}

Finding judge_mismatches(std::int64_t open) {
  return {"open mismatches", Health::ok, fmt::format("{} open", open),
          open > 0 ? "settle them: mismatch list, accept, dismiss" : ""};
}

Finding judge_log(std::int64_t bytes, std::optional<Duration> blocked_for,
                  const std::vector<std::string>& readers) {
  Finding finding{"store log", Health::ok, printable_byte_size(bytes)};
  if (!blocked_for) return finding;
  finding.finding += fmt::format(
      "; it could not be reset for {}, since another program reads an old state of the "
      "store, so each report makes it longer",
      age(*blocked_for));
  if (bytes <= log_warn_bytes && *blocked_for <= log_warn_after) return finding;
  finding.status = Health::warn;
  finding.advice =
      readers.empty()
          ? "end the program that holds a read transaction on the store, such as an open "
            "sqlite3 or a backup; which one it is cannot be seen here: run doctor as "
            "root, on the machine or in the container where the program runs"
          : fmt::format("end the transaction of the process that reads the store: {}",
                        fmt::join(readers, ", "));
  return finding;
}

Finding judge_outbox(std::int64_t events, std::optional<Duration> oldest) {
  const char* const check = "outbox";
  if (events == 0) return {check, Health::ok, "all events are published"};
  const Duration waits = oldest.value_or(Duration{});
  Finding finding{check, Health::ok,
                  fmt::format("{} events wait, the oldest is of {} ago", events, age(waits))};
  if (waits <= outbox_warn) return finding;
  finding.status = waits > outbox_fail ? Health::fail : Health::warn;
  finding.advice =
      "see whether the daemon runs, reaches the broker and may publish on its event topics";
  return finding;
}

Finding judge_quarantine(std::int64_t events) {
  const char* const check = "quarantine";
  if (events == 0) return {check, Health::ok, "there is no quarantined event"};
  return {check, Health::warn,
          fmt::format("{} events that the broker or a webhook would not take", events),
          "see why: quarantine list; then replay --quarantined, or quarantine remove"};
}

Finding judge_imports(std::int64_t unfinished) {
  const char* const check = "imports";
  if (unfinished == 0) return {check, Health::ok, "none is unfinished"};
  return {
      check, Health::warn, fmt::format("{} imports of card lists are not finished", unfinished),
      "one may be under way; a running daemon finishes or deletes the others within 10 s: start "
      "it"};
}

Finding judge_backlog(std::uint64_t bytes, std::uint64_t max_bytes, std::int64_t deferred) {
  const std::uint64_t percent = max_bytes == 0 ? 100 : bytes * 100 / max_bytes;
  Finding finding{
      "journal backlog", Health::ok,
      bytes == 0 ? "all reports are applied"
                 : fmt::format("{} of reports are not applied yet, {} % of "
                               "intake.max_backlog",
                               printable_byte_size(static_cast<std::int64_t>(bytes)), percent)};
  if (deferred > 0) {
    finding.finding = fmt::format("{}{} reports of devices that flood are deferred",
                                  bytes == 0 ? "" : finding.finding + "; ", deferred);
    finding.status = Health::warn;
    finding.advice =
        "see which devices report too often: device list; the reports are applied later";
  }
  if (percent >= backlog_fail) {
    finding.status = Health::fail;
  } else if (percent >= backlog_warn) {
    finding.status = Health::warn;
  } else {
    return finding;
  }
  finding.advice =
      "the reports are safe; the daemon applies them when it runs and the store accepts them; "
      "its log names the cause";
  return finding;
}

Finding judge_daemon(const DaemonFacts& daemon, std::string_view our_version,
                     std::string_view our_client) {
  const char* const check = "daemon";
  if (!daemon.problem.empty()) {
    return {check, Health::skip, "its status is not known: " + daemon.problem,
            "let the account read the status topic at the broker"};
  }
  if (daemon.state.empty()) {
    return {check, Health::fail, "no daemon has published a status on this broker",
            "start it: systemctl start iotcardd; does it use this broker and this "
            "events.prefix, and may the account read its status topic?"};
  }
  if (!daemon.client.empty() && !our_client.empty() && daemon.client != our_client) {
    return {check, Health::warn,
            fmt::format("on {} is the status of another daemon, client id {}: {}", daemon.topic,
                        daemon.client, daemon.state),
            fmt::format("give the daemon {} an events.prefix of its own, or set reports.share if "
                        "both share the reports",
                        our_client)};
  }
  if (daemon.gone() && daemon.state != "offline") {
    return {
        check, Health::fail,
        fmt::format("its status says {}, but no process holds the intake folder", daemon.state),
        "start it: systemctl start iotcardd; the broker keeps an old status. If the daemon runs "
        "on another machine, run doctor there"};
  }
  if (daemon.state == "degraded") {
    return {check, Health::fail, fmt::format("degraded since {}: {}", daemon.since, daemon.reason),
            "it holds what it cannot store safely, and continues by itself when the cause is gone"};
  }
  if (daemon.state == "offline") {
    return {check, Health::fail, "offline",
            "start it: systemctl start iotcardd; why it ended: journalctl -u iotcardd"};
  }
  if (!daemon.online()) {
    return {check, Health::warn, fmt::format("its status says \"{}\"", daemon.state),
            "something else publishes on the status topic; see the broker's access list"};
  }
  Finding finding{check, Health::ok,
                  fmt::format("online since {}, version {}", daemon.since, daemon.version)};
  if (daemon.version != our_version) {
    finding.status = Health::warn;
    finding.finding += fmt::format("; this tool is {}", our_version);
    finding.advice = "restart the daemon after an upgrade: systemctl restart iotcardd";
  }
  return finding;
}

std::vector<Finding> judge_other_daemons(const std::vector<DaemonFacts>& others) {
  std::vector<Finding> findings;
  for (const DaemonFacts& daemon : others) {
    const std::string& name = daemon.client.empty() ? daemon.topic : daemon.client;
    Finding finding{"other daemon", Health::ok,
                    fmt::format("{}: {}{}{}", name, daemon.state,
                                daemon.since.empty() ? "" : " since " + daemon.since,
                                daemon.reason.empty() ? "" : ": " + daemon.reason)};
    if (daemon.state == "offline") {
      finding.status = Health::warn;
      finding.advice = fmt::format(
          "start it; if it is not to come back, delete its status: mosquitto_pub -r -n -t {}",
          daemon.topic);
    } else if (daemon.state != "online") {
      finding.status = Health::warn;
      finding.advice = "run doctor with its configuration";
    }
    findings.push_back(std::move(finding));
    for (Finding& warning : judge_warnings(daemon)) {
      warning.finding = fmt::format("{}: {}", name, warning.finding);
      findings.push_back(std::move(warning));
    }
  }
  return findings;
}

std::vector<Finding> judge_warnings(const DaemonFacts& daemon) {
  std::vector<Finding> findings;
  if (daemon.state == "offline") return findings;
  for (const std::string& warning : daemon.warnings) {
    // The daemon says what is wrong, and behind the last semicolon what to do.
    const std::size_t advice = warning.rfind("; ");
    findings.push_back({"daemon's connection", Health::warn, warning.substr(0, advice),
                        advice == std::string::npos ? "" : warning.substr(advice + 2)});
  }
  return findings;
}

Finding judge_platform(const PlatformFacts& facts) {
  const PlatformHealth& health = facts.row.health;
  Finding finding{fmt::format("platform {}", facts.row.id), Health::ok, ""};
  if (state_of(facts) != PlatformState::failing) {
    finding.finding = health.last_answer
                          ? fmt::format("last answered at {}", to_rfc3339(*health.last_answer))
                          : "not asked yet";
    return finding;
  }
  finding.status = Health::warn;
  if (facts.row.round.wave_since) {
    finding.finding = failure_of(facts);
    finding.advice =
        fmt::format("iotcardctl platform test {} ICCID with one of its cards shows what it answers",
                    facts.row.id);
    return finding;
  }
  finding.finding = fmt::format("fails: {}", health.failure);
  if (health.next_try) {
    finding.finding += fmt::format("; tried again from {} on", to_rfc3339(*health.next_try));
  }
  finding.advice = fmt::format("iotcardctl platform test {}", facts.row.id);
  if (health.fault == service_fault_names[ServiceFault::log_in]) {
    finding.advice += "; a new secret needs systemctl restart iotcardd";
  }
  return finding;
}

Finding judge_webhook(const WebhookFacts& facts) {
  const WebhookRow& row = facts.row;
  Finding finding{fmt::format("webhook {}", row.name), Health::ok,
                  row.health.last_answer ? fmt::format("last delivered an event at {}",
                                                       to_rfc3339(*row.health.last_answer))
                                         : "nothing was sent yet"};
  if (row.gone_at) {
    finding.status = Health::fail;
    finding.finding = fmt::format("the receiver answered 410 Gone at {}: nothing is sent to it",
                                  to_rfc3339(*row.gone_at));
    finding.advice = "remove the webhook, or correct its url; then reload the daemon";
  } else if (row.failing_since) {
    finding.status = Health::warn;
    finding.finding =
        fmt::format("fails since {}: {}", to_rfc3339(*row.failing_since), row.health.failure);
    if (row.health.next_try) {
      finding.finding += fmt::format("; tried again at {}", to_rfc3339(*row.health.next_try));
    }
    finding.advice = "look at the receiver; doctor --webhooks asks whether its url answers";
  }
  finding.finding += fmt::format("; {} events wait", facts.backlog);
  if (row.set_aside > 0) {
    finding.finding += fmt::format("; {} refused by the receiver and set aside", row.set_aside);
  }
  if (facts.lost == 0) return finding;
  finding.status = std::max(finding.status, Health::warn);
  finding.finding += fmt::format("; {} deleted by [retention] before they were sent", facts.lost);
  finding.advice += std::string{finding.advice.empty() ? "" : "; "} +
                    "raise retention.events and retention.events_age";
  return finding;
}

Finding judge_webhook_url(const std::string& name, int status, const std::string& problem) {
  const std::string check = fmt::format("webhook {} url", name);
  if (status != 0) return {check, Health::ok, fmt::format("answers a GET with {}", status)};
  return {check, Health::warn, problem,
          "is the receiver running, and are url, ca_file and the proxy's environment right?"};
}

Finding judge_clock(Instant now, std::optional<Instant> newest, std::optional<Instant> built) {
  const char* const check = "clock";
  const char* const advice = "set the clock: timedatectl; reports are dated and ordered by it";
  if (newest && *newest > now + clock_slack) {
    return {
        check, Health::warn,
        fmt::format("it has stepped back: the newest report is of {} from now", age(*newest - now)),
        advice};
  }
  if (built && *built > now + clock_slack) {
    return {check, Health::warn,
            fmt::format("it says {}, which is before this program was made", to_rfc3339(now)),
            advice};
  }
  return {check, Health::ok, to_rfc3339(now)};
}

Finding judge_synchronised(std::optional<bool> synchronised) {
  const char* const check = "clock synchronised";
  if (!synchronised) return {check, Health::skip, "the kernel does not say"};
  if (*synchronised) return {check, Health::ok, "yes"};
  return {check, Health::warn, "no time server keeps it right",
          "timedatectl set-ntp true, or install chrony or systemd-timesyncd"};
}

}  // namespace iotcard
